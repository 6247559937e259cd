"""What a detector finds in images, and how good that is where the truth is known."""

import dataclasses
import json
import math

import numpy as np
import tensorflow as tf

from lowlevel import files
from lowlevel.average_precision import AveragePrecision, AveragePrecisionResult
from lowlevel.checks import DataError, reason_of
from lowlevel.nets import grid_detector

BATCH_SIZE = 50
LEAST_SCORE = 0.3  # from which on a box is shown


def detect(config, variables, images, dtype=tf.float32):
    """What a grid detector finds, computed eagerly.

    Args:
        config: a `grid_detector.Config`.
        variables: its `VariableStore`.
        images: uint8 `[images, height, width, channels]`.
        dtype: what the network computes in.

    Returns:
        A dict of arrays, see `grid_detector.detections`.
    """
    chunks = []
    for start in range(0, len(images), BATCH_SIZE):
        chunk = tf.cast(images[start : start + BATCH_SIZE], tf.float32) / 255
        outputs = grid_detector.forward(config, variables, tf.cast(chunk, dtype))
        chunks.append(grid_detector.detections(config, outputs))
    return {name: np.concatenate([chunk[name] for chunk in chunks]) for name in chunks[0]}


def of_image(detections, index, least_score=0.0):
    """Boxes, classes and scores of one image: `[found, 4]`, `[found]`, `[found]`, the best first.

    Args:
        detections: a dict of arrays, see `grid_detector.detections`.
        index: which image.
        least_score: what is less certain is left out.
    """
    count = detections["count"][index]
    boxes, classes, scores = (
        detections[name][index][:count] for name in ("boxes", "classes", "scores")
    )
    chosen = scores >= least_score
    return boxes[chosen], classes[chosen], scores[chosen]


def average_precision(detections, scenes, num_classes):
    """An `AveragePrecisionResult` for all `Scenes`, from a dict of detections in them."""
    metric = AveragePrecision(num_classes)
    for index in range(len(scenes)):
        metric.update(*scenes.objects(index), *of_image(detections, index))
    return metric.result()


@dataclasses.dataclass(frozen=True)
class Report:
    """How good a detector is.

    Attributes:
        result: an `AveragePrecisionResult`.
        counts: how many objects of each class there are to find, `[classes]`.
        class_names: a name for each class.
        facts: what else belongs into report.json, as JSON can keep it.
    """

    result: AveragePrecisionResult
    counts: np.ndarray
    class_names: tuple
    facts: dict

    def text(self):
        """A table for people."""
        width = max(8, *map(len, self.class_names))
        lines = [f"{'':{width}}  average precision  objects"]
        rows = zip(self.class_names, self.result.by_class, self.counts, strict=True)
        lines += [f"{name:>{width}}  {_show(value):>17}  {count:>7}" for name, value, count in rows]
        total = f"{_show(self.result.mean):>17}  {self.counts.sum():>7}"
        lines += [f"{'all':>{width}}  {total}", ""]
        for name, value in (("at 0.50", self.result.ap50), ("at 0.75", self.result.ap75)):
            lines.append(f"{name:>{width}}  {_show(value):>17}")
        return "\n".join(lines) + "\n"

    def numbers(self):
        """The same for programs; the figure of a class that never shows is None."""
        by_class = {
            name: {"average_precision": _finite(value), "objects": int(count)}
            for name, value, count in zip(
                self.class_names, self.result.by_class, self.counts, strict=True
            )
        }
        means = {
            "average_precision": _finite(self.result.mean),
            "ap50": _finite(self.result.ap50),
            "ap75": _finite(self.result.ap75),
        }
        return means | self.facts | {"classes": by_class}

    def write(self, directory):
        """Writes report.txt and report.json. Raises DataError if that fails."""
        try:
            files.write_text(directory / "report.txt", self.text())
            numbers = json.dumps(self.numbers(), indent=1, allow_nan=False) + "\n"
            files.write_text(directory / "report.json", numbers)
        except OSError as error:
            raise DataError(
                f"the report in {directory} cannot be written: {reason_of(error)}."
            ) from error


def report(detections, scenes, class_names, **facts):
    """A `Report` on detections in `Scenes`."""
    result = average_precision(detections, scenes, len(class_names))
    counts = np.bincount(scenes.classes[scenes.classes >= 0], minlength=len(class_names))
    return Report(result, counts, tuple(class_names), {"scenes": len(scenes), **facts})


def _finite(value):
    return float(value) if math.isfinite(value) else None


def _show(value):
    return f"{value:.4f}" if math.isfinite(value) else "-"
