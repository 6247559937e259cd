"""A figure of a network's estimates against the truth."""

import numpy as np

from lowlevel.files import FilePath
from lowlevel.reports import figures


@figures.style()
def draw(path: FilePath, truth: np.ndarray, estimates: np.ndarray, unit: str) -> None:
    """Draws a point for each example, and the line on which estimates equal the truth.

    Args:
        path: the PNG file to write.
        truth, estimates: `[examples]`.
        unit: their unit, for the axes.

    Raises:
        MissingExtraError: matplotlib is not installed.
        DataError: the file cannot be written.
    """
    figure = figures.make(5, 5)
    axes = figure.subplots()
    both = np.concatenate([truth, estimates])
    margin = 0.05 * (np.ptp(both) or 1)
    ends = [both.min() - margin, both.max() + margin]
    axes.plot(ends, ends, color=figures.GREY, linestyle="--", label="exact")
    axes.plot(truth, estimates, "o", color=figures.BLUE, alpha=0.6, label="a test example")
    axes.set(xlim=ends, ylim=ends, aspect="equal", xlabel=f"truth ({unit})")
    axes.set_ylabel(f"estimate ({unit})")
    error = np.abs(np.asarray(truth) - estimates).mean()
    axes.set_title(f"{len(truth)} test examples, mean absolute error {error:.2f}")
    figures.add_legend(figure, axes)
    figures.save(figure, path)
