"""How good a detector is where the truth is known: metrics and text."""

import dataclasses
import json
import math
from collections.abc import Sequence

import numpy as np

from lowlevel import files
from lowlevel.average_precision import AveragePrecision, AveragePrecisionResult
from lowlevel.checks import DataError, check_path, reason_of
from lowlevel.data.digit_scenes import Scenes
from lowlevel.files import FilePath
from lowlevel.prediction.detection import of_image


def average_precision(
    detections: dict[str, np.ndarray], scenes: Scenes, num_classes: int
) -> AveragePrecisionResult:
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
        facts: other entries of report.json, as JSON can store them.
    """

    result: AveragePrecisionResult
    counts: np.ndarray
    class_names: tuple
    facts: dict

    def text(self) -> str:
        """A table for people to read."""
        width = max(8, *map(len, self.class_names))
        lines = [f"{'':{width}}  average precision  objects"]
        rows = zip(self.class_names, self.result.by_class, self.counts, strict=True)
        lines += [f"{name:>{width}}  {_show(value):>17}  {count:>7}" for name, value, count in rows]
        total = f"{_show(self.result.mean):>17}  {self.counts.sum():>7}"
        lines += [f"{'all':>{width}}  {total}", ""]
        for name, value in (("at 0.50", self.result.ap50), ("at 0.75", self.result.ap75)):
            lines.append(f"{name:>{width}}  {_show(value):>17}")
        return "\n".join(lines) + "\n"

    def numbers(self) -> dict:
        """The same for programs; the metric of a class without objects is None."""
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

    def write(self, directory: FilePath) -> None:
        """Writes report.txt and report.json. Raises DataError if that fails."""
        directory = check_path("the directory of a report", directory)
        try:
            files.write_text(directory / "report.txt", self.text())
            numbers = json.dumps(self.numbers(), indent=1, allow_nan=False) + "\n"
            files.write_text(directory / "report.json", numbers)
        except OSError as error:
            raise DataError(
                f"the report in {directory} cannot be written: {reason_of(error)}."
            ) from error


def report(
    detections: dict[str, np.ndarray], scenes: Scenes, class_names: Sequence[str], **facts: object
) -> Report:
    """A `Report` on detections in `Scenes`."""
    result = average_precision(detections, scenes, len(class_names))
    counts = np.bincount(scenes.classes[scenes.classes >= 0], minlength=len(class_names))
    return Report(result, counts, tuple(class_names), {"scenes": len(scenes), **facts})


def _finite(value):
    return float(value) if math.isfinite(value) else None


def _show(value):
    return f"{value:.4f}" if math.isfinite(value) else "-"
