"""Average precision of detected boxes, as the COCO challenge measures it."""

import dataclasses
from typing import Any

import numpy as np

from lowlevel.arrays import to_numbers
from lowlevel.checks import DataError, check_integer

OVERLAPS = np.linspace(0.5, 0.95, 10)  # intersections over union at which a box counts as found
RECALLS = np.linspace(0, 1, 101)  # where precision is read off
MAX_DETECTIONS = 100  # per class and image: only the best ones count


@dataclasses.dataclass(frozen=True)
class AveragePrecisionResult:
    """The result of `AveragePrecision`; a class without objects is NaN, and not in the means.

    Attributes:
        mean: mean over classes and over the overlaps 0.50, 0.55, ... 0.95, in [0, 1].
        ap50, ap75: means over classes at an overlap of 0.50 and 0.75.
        by_class: `[classes]`, means over the overlaps.
    """

    mean: float
    ap50: float
    ap75: float
    by_class: np.ndarray


class AveragePrecision:
    """Average precision over all images since the last reset; updated image by image.

    A detection, the best first, finds the object of its class that it overlaps most, if that is
    enough and no better detection has found it. Precision is the share of detections that find
    one, recall the share of objects found; as detections of falling score are let in, recall rises,
    and average precision is the mean over 101 recalls of the best precision from there on.

    Equals pycocotools' `COCOeval` for boxes of any area.
    """

    def __init__(self, num_classes: int) -> None:
        self.num_classes = check_integer("num_classes", num_classes, 1)
        self.reset()

    def reset(self) -> None:
        """Forgets all images."""
        self._scores = [[] for _ in range(self.num_classes)]
        self._found = [[] for _ in range(self.num_classes)]
        self._objects = np.zeros(self.num_classes, np.int64)

    def update(
        self,
        boxes: Any,
        classes: Any,
        detected_boxes: Any,
        detected_classes: Any,
        scores: Any,
    ) -> None:
        """Adds an image.

        Args:
            boxes: `[objects, 4]`: top, left, bottom, right of the true objects, in any unit.
            classes: whole numbers `[objects]`, in [0, num_classes).
            detected_boxes: `[detections, 4]`.
            detected_classes: whole numbers `[detections]`.
            scores: `[detections]`; detections of equal score keep their order.

        Raises:
            DataError: shapes do not fit, a class is unknown, a box ends before it begins, or a
                number is not finite.
        """
        boxes, classes = self._check("objects", boxes, classes)
        detected_boxes, detected_classes = self._check(
            "detections", detected_boxes, detected_classes
        )
        scores = _numbers("scores", scores)
        if scores.shape != detected_classes.shape:
            raise DataError(
                f"detections need one score for each: {len(detected_classes)}, "
                f"not {list(scores.shape)}."
            )
        self._objects += np.bincount(classes, minlength=self.num_classes)
        for number in np.unique(detected_classes):
            chosen = np.flatnonzero(detected_classes == number)
            chosen = chosen[np.argsort(-scores[chosen], kind="stable")][:MAX_DETECTIONS]
            overlaps = overlap_matrix(detected_boxes[chosen], boxes[classes == number])
            self._scores[number].append(scores[chosen])
            self._found[number].append(match(overlaps, OVERLAPS))

    def result(self) -> AveragePrecisionResult:
        """An `AveragePrecisionResult`; all NaN if no object has been seen."""
        by_class = np.full((self.num_classes, len(OVERLAPS)), np.nan)
        for number in np.flatnonzero(self._objects):
            if not self._scores[number]:
                by_class[number] = 0.0
                continue
            order = np.argsort(-np.concatenate(self._scores[number]), kind="stable")
            found = np.concatenate(self._found[number], axis=1)[:, order]
            by_class[number] = [average_precision(row, self._objects[number]) for row in found]
        seen = by_class[self._objects > 0]
        means = seen.mean(axis=0) if len(seen) else np.full(len(OVERLAPS), np.nan)
        at_75 = np.argmin(np.abs(OVERLAPS - 0.75))
        return AveragePrecisionResult(
            float(means.mean()), float(means[0]), float(means[at_75]), by_class.mean(axis=1)
        )

    def _check(self, name, boxes, classes):
        """Boxes and classes as arrays, if they are what `update` takes."""
        boxes = _numbers(f"boxes of {name}", boxes)
        classes = _numbers(f"classes of {name}", classes)
        if boxes.shape == (0,):  # an empty list has no second axis
            boxes = boxes.reshape(0, 4)
        if boxes.shape[1:] != (4,) or classes.shape != boxes.shape[:1]:
            raise DataError(
                f"{name} need boxes [number, 4] and a class for each, "
                f"not {list(boxes.shape)} and {list(classes.shape)}."
            )
        if (boxes[:, 2:] < boxes[:, :2]).any():
            raise DataError(f"a box of the {name} ends before it begins.")
        if not np.isin(classes, np.arange(self.num_classes)).all():
            raise DataError(f"classes of {name} must be whole numbers below {self.num_classes}.")
        return boxes, classes.astype(np.int64)


def _numbers(name, values):
    """A float64 array, if all of it is finite."""
    array = to_numbers(f"the {name}", values).astype(np.float64)
    if not np.isfinite(array).all():
        raise DataError(f"the {name} must be finite numbers.")
    return array


def overlap_matrix(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Intersection over union of each pair: `[boxes, others]`, in [0, 1]."""
    top_left = np.maximum(boxes[:, np.newaxis, :2], others[np.newaxis, :, :2])
    bottom_right = np.minimum(boxes[:, np.newaxis, 2:], others[np.newaxis, :, 2:])
    shared = np.prod(np.maximum(bottom_right - top_left, 0), axis=-1)
    areas, other_areas = (np.prod(b[:, 2:] - b[:, :2], axis=1) for b in (boxes, others))
    covered = areas[:, np.newaxis] + other_areas - shared
    return np.divide(shared, covered, out=np.zeros_like(shared), where=shared > 0)


def match(overlaps: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """Which detections find an object.

    Args:
        overlaps: `[detections, objects]`, the best detection first.
        thresholds: overlaps that it may take, `[thresholds]`; each is a matching of its own.

    Returns:
        bool `[thresholds, detections]`. A detection takes, of the objects that are not found yet,
        the one it overlaps most; the last one of several.
    """
    detections, objects = overlaps.shape
    found = np.zeros((len(thresholds), detections), bool)
    if objects == 0:
        return found
    free = np.ones((len(thresholds), objects), bool)
    for detection, row in enumerate(overlaps):
        candidates = np.where(free, row, -1.0)  # [thresholds, objects]
        best = objects - 1 - candidates[:, ::-1].argmax(axis=1)
        is_found = candidates.max(axis=1) >= thresholds
        free[is_found, best[is_found]] = False
        found[:, detection] = is_found
    return found


def average_precision(found: np.ndarray, objects: int) -> float:
    """Mean precision over `RECALLS`.

    Args:
        found: bool `[detections]`, the best score first.
        objects: how many there are to find.
    """
    hits = np.cumsum(found)
    precision = hits / np.arange(1, len(found) + 1)
    best_from_here = np.maximum.accumulate(precision[::-1])[::-1]
    where = np.searchsorted(hits / objects, RECALLS, side="left")
    reached = where < len(found)
    return np.sum(best_from_here[where[reached]]) / len(RECALLS)
