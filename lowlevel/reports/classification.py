"""How well a classifier does, class by class: metrics, text and figures."""

import dataclasses
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lowlevel import files
from lowlevel.arrays import to_numbers
from lowlevel.checks import DataError, check_path, import_extra, reason_of
from lowlevel.files import FilePath
from lowlevel.reports import figures

if TYPE_CHECKING:
    from lowlevel.prediction.predictor import Prediction


@dataclasses.dataclass(frozen=True)
class Report:
    """The metrics of a classifier on a set of examples.

    Attributes:
        numbers: as JSON can keep it: `accuracy`, `classes` (by name: precision, recall, f1-score,
            support, roc_auc), `macro avg` and `weighted avg` of them. A class's `roc_auc` is None
            where all examples are of that class or none is, and left out of the mean.
        confusion: how many examples of each class (row) were taken for each class (column),
            `[classes, classes]`.
        class_names: a name for each class.
    """

    numbers: dict
    confusion: np.ndarray
    class_names: tuple

    def text(self) -> str:
        """A table for people to read."""
        width = max(12, *map(len, self.class_names))
        columns = ("precision", "recall", "f1-score", "roc_auc", "support")
        lines = [" " * width + "".join(f"{column:>11}" for column in columns), ""]
        rows = dict(self.numbers["classes"])
        for name in (*rows, "macro avg", "weighted avg"):
            if name == "macro avg":
                lines.append("")
            row = rows[name] if name in rows else self.numbers[name]
            shares = "".join(_format(row.get(column)) for column in columns[:-1])
            lines.append(f"{name:>{width}}{shares}{int(row['support']):>11}")
        accuracy = self.numbers["accuracy"]
        lines += ["", f"{'accuracy':>{width}}{_format(accuracy)}", ""]
        return "\n".join(lines)

    def write(self, directory: FilePath) -> None:
        """Writes report.txt and report.json. Raises DataError if that fails."""
        directory = check_path("the directory of a report", directory)
        try:
            files.write_text(directory / "report.txt", self.text())
            files.write_text(directory / "report.json", json.dumps(self.numbers, indent=1) + "\n")
        except OSError as error:
            raise DataError(
                f"the report in {directory} cannot be written: {reason_of(error)}."
            ) from error


def _format(share):
    return f"{'-' if share is None else format(share, '.4f'):>11}"


def make(labels: Any, prediction: "Prediction", class_names: Sequence[str]) -> Report:
    """Compares predictions with the truth.

    Args:
        labels: the true classes `[examples]`.
        prediction: a `Prediction` for the same examples.
        class_names: a name for each class.

    Returns:
        A `Report`; its ROC AUCs are one class against the rest, by probability.

    Raises:
        DataError: labels or predicted classes are not a whole number for each example, or have no
            name; or two names are alike.
        MissingExtraError: scikit-learn is not installed.
    """
    class_names = tuple(map(str, class_names))
    if len(set(class_names)) < len(class_names):
        raise DataError(f"two of the class_names are alike: {', '.join(class_names)}.")
    labels = _check_classes("labels", labels, class_names)
    classes = _check_classes("predicted classes", prediction.classes, class_names)
    if len(labels) != len(classes):
        raise DataError(f"there are {len(labels)} labels, but {len(classes)} predictions.")
    metrics = import_extra("sklearn.metrics", "report")
    indices = list(range(len(class_names)))
    table = metrics.classification_report(
        labels,
        prediction.classes,
        labels=indices,
        target_names=[str(index) for index in indices],
        output_dict=True,
        zero_division=0,
    )
    classes = {}
    for index, name in enumerate(class_names):
        is_class = np.asarray(labels) == index
        roc_auc = None
        if 0 < is_class.sum() < len(is_class):
            roc_auc = float(metrics.roc_auc_score(is_class, prediction.probabilities[:, index]))
        classes[name] = table[str(index)] | {"roc_auc": roc_auc}
    known = [row for row in classes.values() if row["roc_auc"] is not None]
    weights = [row["support"] for row in known]
    aucs = [row["roc_auc"] for row in known]
    numbers = {
        "accuracy": float(np.mean(prediction.classes == np.asarray(labels))),
        "macro avg": table["macro avg"] | {"roc_auc": float(np.mean(aucs)) if aucs else None},
        "weighted avg": table["weighted avg"]
        | {"roc_auc": float(np.average(aucs, weights=weights)) if aucs else None},
        "classes": classes,
    }
    confusion = metrics.confusion_matrix(labels, prediction.classes, labels=indices)
    return Report(numbers, confusion, tuple(class_names))


def _check_classes(what, classes, class_names):
    """Classes as an array, if each is the number of a name."""
    classes = to_numbers(what, classes)
    if classes.ndim != 1 or classes.size == 0 or classes.dtype.kind not in "ui":
        raise DataError(
            f"{what} must be a whole number for each example, not {classes.dtype} "
            f"{list(classes.shape)}."
        )
    if classes.min() < 0 or classes.max() >= len(class_names):
        raise DataError(
            f"{what} must lie in [0, {len(class_names)}), as many as there are class names."
        )
    return classes


@figures.style()
def confusion_figure(report: Report) -> Any:
    """The confusion matrix as a figure: rows are true classes, shades are shares of a row."""
    count = len(report.class_names)
    size = 2.5 + 0.5 * count
    figure = figures.make(size, size * 0.9)
    axes = figure.subplots()
    totals = report.confusion.sum(axis=1, keepdims=True)
    shares = report.confusion / np.maximum(totals, 1)
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    figure.colorbar(image, ax=axes, label="share of the true class", shrink=0.8)
    axes.set_xticks(range(count), report.class_names, rotation=45, ha="right", parse_math=False)
    axes.set_yticks(range(count), report.class_names, parse_math=False)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    axes.set_title(f"accuracy {report.numbers['accuracy']:.4f}")
    for row in range(count):
        for column in range(count):
            number = report.confusion[row, column]
            color = "white" if shares[row, column] > 0.5 else "black"
            axes.text(column, row, number, ha="center", va="center", fontsize=9, color=color)
    return figure
