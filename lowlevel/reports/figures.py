"""Figures: made without windows or global state, saved as PNG, or turned into arrays."""

from collections.abc import Collection
from typing import Any

import numpy as np

from lowlevel.checks import DataError, import_extra, reason_of
from lowlevel.files import FilePath

RIGHT, WRONG, NEUTRAL = "#1a7f37", "#cf222e", "#8c959f"
DOTS_PER_INCH = 120


def make(width: float, height: float) -> Any:
    """An empty figure, sizes in inches. Raises MissingExtraError without matplotlib."""
    import_extra("matplotlib", "plot")
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def save(figure: Any, path: FilePath) -> None:
    """Writes a PNG or, by its name, an SVG file. Raises DataError if it cannot be written."""
    import matplotlib

    try:
        with matplotlib.rc_context({"svg.fonttype": "none"}):  # text stays text
            figure.savefig(path, dpi=DOTS_PER_INCH)
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be drawn: {reason_of(error)}.") from error


def to_array(figure: Any) -> np.ndarray:
    """The figure's pixels: uint8 `[height, width, 3]`."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure.set_dpi(DOTS_PER_INCH)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3]


def show_image(axes: Any, image: np.ndarray) -> None:
    """Draws an image `[height, width, channels]`, uint8 or float in [0, 1], without ticks."""
    image = image[..., 0] if image.shape[-1] == 1 else image
    axes.imshow(image, cmap="gray", vmin=0, vmax=255 if image.dtype == "uint8" else 1)
    axes.set_xticks([])
    axes.set_yticks([])


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
