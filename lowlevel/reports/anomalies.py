"""How well a detector finds anomalies: metrics and figures."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np

from lowlevel import files
from lowlevel.arrays import to_numbers
from lowlevel.checks import ConfigError, DataError, import_extra, reason_of
from lowlevel.files import FilePath
from lowlevel.prediction.anomaly import Detector
from lowlevel.reports import figures


@dataclasses.dataclass(frozen=True)
class Report:
    """A detector's verdicts compared with the truth.

    Attributes:
        numbers: `roc_auc`; `sensitivity`, the share of anomalies found; `specificity`, the share of
            normal images left alone; `accuracy`; `threshold`; `normal_images`,
            `anomalous_images`.
        scores: log-likelihoods `[images]`.
        points: the first two principal components of the latents, `[images, 2]`.
        is_anomaly: the truth, bool `[images]`.
    """

    numbers: dict
    scores: np.ndarray
    points: np.ndarray
    is_anomaly: np.ndarray

    def text(self) -> str:
        """A line for each metric."""
        return "\n".join(
            f"{name.replace('_', ' '):16}  {value:.4f}"
            if isinstance(value, float)
            else f"{name.replace('_', ' '):16}  {value}"
            for name, value in self.numbers.items()
        )

    def write(self, directory: FilePath) -> None:
        """Writes report.json, latents.png and scores.png to a directory, made if need be.

        Raises:
            DataError: something cannot be written.
            MissingExtraError: matplotlib is not installed.
        """
        directory = make_directory(directory)
        try:
            files.write_text(directory / "report.json", json.dumps(self.numbers, indent=1) + "\n")
        except OSError as error:
            raise DataError(f"{directory} cannot be written: {reason_of(error)}.") from error
        figures.save(self._latents_figure(), directory / "latents.png")
        figures.save(self._scores_figure(), directory / "scores.png")

    def _parts(self):
        return (
            ("normal", figures.BLUE, ~self.is_anomaly),
            ("anomaly", figures.ORANGE, self.is_anomaly),
        )

    @figures.style()
    def _latents_figure(self):
        figure = figures.make(6, 5)
        axes = figure.subplots()
        for name, color, chosen in self._parts():
            axes.scatter(*self.points[chosen].T, s=14, color=color, alpha=0.6, label=name)
        axes.set_xlabel("first principal component of the latents")
        axes.set_ylabel("second principal component")
        figures.add_legend(figure, axes)
        return figure

    @figures.style()
    def _scores_figure(self):
        figure = figures.make(6, 4)
        axes = figure.subplots()
        low, high = np.quantile(self.scores, [0.01, 1])  # a few far outliers must not hide the rest
        low = min(low, self.numbers["threshold"])
        margin = 0.03 * (high - low)
        bins = np.linspace(low - margin, high + margin, 26)
        names, colors, chosen = zip(*self._parts(), strict=True)
        shown = [np.clip(self.scores[part], bins[0], bins[-1]) for part in chosen]
        axes.hist(shown, bins, color=colors, label=names)
        axes.axvline(self.numbers["threshold"], color="black", linestyle="--", label="threshold")
        axes.set_xlabel("log-likelihood (the leftmost bar holds all that is lower, too)")
        axes.set_ylabel("images")
        axes.yaxis.get_major_locator().set_params(integer=True)
        axes.set_title(f"ROC AUC {self.numbers['roc_auc']:.4f}")
        figures.add_legend(figure, axes)
        return figure


def make_directory(path: FilePath) -> Path:
    """Makes a directory for a report, unless it is there. Raises DataError if it cannot be made."""
    path = Path(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"{path} cannot be written: {reason_of(error)}.") from error
    return path


def make(detector: Detector, latents: Any, is_anomaly: Any) -> Report:
    """Scores images and compares the verdicts with the truth.

    Args:
        detector: a `Detector`.
        latents: `[images, latent]`.
        is_anomaly: `[images]`, True or 1 for anomalies.

    Raises:
        ConfigError: all images are normal, or none is.
        DataError: there is not exactly one truth for each image, or latents do not fit.
        MissingExtraError: scikit-learn is not installed.
    """
    latents, is_anomaly = to_numbers("latents", latents), to_numbers("is_anomaly", is_anomaly)
    if is_anomaly.shape != latents.shape[:1] or not np.isin(is_anomaly, [0, 1]).all():
        raise DataError("is_anomaly must hold True or False for each image.")
    is_anomaly = is_anomaly.astype(bool)
    if is_anomaly.all() or not is_anomaly.any():
        raise ConfigError("a report needs normal images and anomalies.")
    metrics = import_extra("sklearn.metrics", "report")
    scores = detector.score(latents)
    found = scores < detector.threshold
    numbers = {
        "roc_auc": float(metrics.roc_auc_score(is_anomaly, -scores)),
        "sensitivity": float(found[is_anomaly].mean()),
        "specificity": float((~found[~is_anomaly]).mean()),
        "accuracy": float((found == is_anomaly).mean()),
        "threshold": float(detector.threshold),
        "normal_images": int((~is_anomaly).sum()),
        "anomalous_images": int(is_anomaly.sum()),
    }
    points = np.zeros((len(scores), 2))
    projected = detector.project(latents)[:, :2]
    points[:, : projected.shape[1]] = projected
    return Report(numbers, scores, points, is_anomaly)
