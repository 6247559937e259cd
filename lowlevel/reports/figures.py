"""Figures in one style: made without windows or global state, saved as PNG, or made into arrays."""

import contextlib
from collections.abc import Collection, Iterator
from typing import Any

import numpy as np

from lowlevel.checks import DataError, import_extra, reason_of
from lowlevel.files import FilePath

# Colours that the colour-blind can tell apart, dark enough for lines and words on white.
# Source: Okabe and Ito (2008), Color Universal Design.
BLUE, ORANGE, GREY = "#0072b2", "#d55e00", "#767676"
DOTS_PER_INCH = 120
STYLE = {
    "font.size": 11,
    "axes.titlesize": 12,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "lines.linewidth": 2,
    "svg.fonttype": "none",  # text stays text
}


@contextlib.contextmanager
def style() -> Iterator[None]:
    """While it is open, or in a function that it decorates, figures are drawn in one style.

    Raises MissingExtraError without matplotlib.
    """
    import_extra("matplotlib", "plot")
    from matplotlib import rc_context

    with rc_context(STYLE):
        yield


def make(width: float, height: float) -> Any:
    """An empty figure, sizes in inches. Raises MissingExtraError without matplotlib."""
    import_extra("matplotlib", "plot")
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def save(figure: Any, path: FilePath) -> None:
    """Writes a PNG or, by its name, an SVG file. Raises DataError if it cannot be written."""
    try:
        with style():
            figure.savefig(path, dpi=DOTS_PER_INCH)
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be drawn: {reason_of(error)}.") from error


def to_array(figure: Any) -> np.ndarray:
    """The figure's pixels: uint8 `[height, width, 3]`."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure.set_dpi(DOTS_PER_INCH)
    canvas = FigureCanvasAgg(figure)
    with style():
        canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3]


def add_legend(figure: Any, axes: Any) -> None:
    """Adds a legend above the figure, where it covers nothing, for what its axes label."""
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(labels), frameon=False)


def show_image(axes: Any, image: np.ndarray) -> None:
    """Draws an image `[height, width, channels]`, uint8 or float in [0, 1], without ticks."""
    image = image[..., 0] if image.shape[-1] == 1 else image
    axes.imshow(image, cmap="gray", vmin=0, vmax=255 if image.dtype == "uint8" else 1)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(True)


@style()
def image_grid(images: Collection[np.ndarray], columns: int) -> tuple[Any, Any]:
    """A figure with the images in rows, and the axes of each for a title or a frame."""
    rows = -(-len(images) // columns)
    figure = make(1.3 * columns, 1.5 * rows)
    grid = figure.subplots(rows, columns, squeeze=False).flatten()
    for axes in grid[len(images) :]:
        axes.axis("off")
    for axes, image in zip(grid, images, strict=False):
        show_image(axes, image)
    return figure, grid[: len(images)]
