"""Pictures of predictions, as PNG files."""

import math
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lowlevel.files import FilePath
from lowlevel.reports import figures

if TYPE_CHECKING:
    from lowlevel.prediction.predictor import Prediction

FOUND, TRUTH = "#ffb000", "#4cc9f0"  # light, to be visible on dark images
BOXES_IN_A_ROW = 4


def draw_predictions(
    path: FilePath,
    images: Collection[np.ndarray],
    prediction: "Prediction",
    labels: Any,
    class_names: Sequence[str],
) -> None:
    """A grid of images, each titled with its predicted class; wrong ones are framed in red.

    Args:
        path: the file to write.
        images: `[examples, height, width, channels]`, uint8 or float in [0, 1].
        prediction: a `Prediction` for them.
        labels: the true classes `[examples]`.
        class_names: a name for each class.

    Raises:
        MissingExtraError: matplotlib is not installed.
        DataError: the file cannot be written.
    """
    figure, grid = figures.image_grid(images, columns=math.ceil(math.sqrt(len(images))))
    for axes, predicted, label in zip(grid, prediction.classes, labels, strict=True):
        if predicted == label:
            axes.set_title(class_names[predicted], color=figures.RIGHT, parse_math=False)
        else:
            title = f"{class_names[predicted]}, not {class_names[label]}"
            axes.set_title(title, color=figures.WRONG, fontweight="bold", parse_math=False)
            for spine in axes.spines.values():
                spine.set(color=figures.WRONG, linewidth=3)
    figures.save(figure, path)


def draw_probabilities(
    path: FilePath,
    images: Collection[np.ndarray],
    prediction: "Prediction",
    titles: Sequence[str],
    class_names: Sequence[str],
) -> None:
    """Each image beside a bar chart of its probabilities.

    Args:
        path: the file to write.
        images: `[examples, height, width, channels]`, uint8 or float in [0, 1].
        prediction: a `Prediction` for them.
        titles: a line of text for each image.
        class_names: a name for each class.

    Raises:
        MissingExtraError: matplotlib is not installed.
        DataError: the file cannot be written.
    """
    columns = min(4, -(-len(images) // 8))
    rows = -(-len(images) // columns)
    figure = figures.make(6 * columns, 2.2 * rows)
    grid = figure.subplots(rows, 2 * columns, squeeze=False, width_ratios=[1, 2] * columns)
    grid = grid.reshape(-1, 2)
    for axes in grid[len(images) :].flatten():
        axes.axis("off")
    positions = range(len(class_names))
    for (left, right), image, predicted, row, title in zip(
        grid, images, prediction.classes, prediction.probabilities, titles, strict=False
    ):
        figures.show_image(left, image)
        left.set_title(_short(title), fontsize=9, parse_math=False)
        colors = [figures.RIGHT if index == predicted else figures.NEUTRAL for index in positions]
        right.bar(positions, row, color=colors)
        right.set_ylim(0, 1)
        right.set_ylabel("probability")
        longest = max(map(len, class_names))
        turn = {"rotation": 45, "ha": "right"} if longest > 2 else {}
        right.set_xticks(list(positions), class_names, parse_math=False, **turn)
        title = f"{class_names[predicted]}: {row[predicted]:.4f}"
        right.set_title(title, fontsize=9, parse_math=False)
        right.spines[["top", "right"]].set_visible(False)
    figures.save(figure, path)


def draw_boxes(
    path: FilePath,
    images: Collection[np.ndarray],
    found: Sequence[tuple],
    class_names: Sequence[str],
    truth: Sequence[np.ndarray] | None = None,
    titles: Sequence[str] | None = None,
    sizes: Sequence[tuple] | None = None,
) -> None:
    """Images with the boxes found in them, each with its class and score.

    Args:
        path: the file to write.
        images: arrays `[height, width, channels]`, uint8 or float in [0, 1].
        found: for each image, boxes `[found, 4]` (top, left, bottom, right, in pixels), classes
            and scores `[found]`.
        class_names: a name for each class.
        truth: for each image the true boxes, which are drawn in another colour; or None.
        titles: a line of text for each image, or None.
        sizes: (height, width) of each image in the pixels of its boxes; None if they are its own.

    Raises:
        MissingExtraError: matplotlib is not installed.
        DataError: the file cannot be written.
    """
    columns = min(BOXES_IN_A_ROW, len(images))
    rows = -(-len(images) // columns)
    side = max(3, 6 / columns)
    figure = figures.make(side * columns, side * rows + 0.3)
    from matplotlib.lines import Line2D  # imported only now, known to be installed

    grid = figure.subplots(rows, columns, squeeze=False).flatten()
    for axes in grid[len(images) :]:
        axes.axis("off")
    for index, (axes, image) in enumerate(zip(grid, images, strict=False)):
        height, width = sizes[index] if sizes else image.shape[:2]
        figures.show_image(axes, image)
        axes.images[0].set_extent((0, width, height, 0))
        for box, number, score in reversed(list(zip(*found[index], strict=True))):  # best on top
            _add_box(axes, box, FOUND, "-")
            _add_label(axes, box, f"{class_names[number]} {score:.2f}", height)
        for box in truth[index] if truth else ():  # dashed, so that both are seen
            _add_box(axes, box, TRUTH, "--")
        if titles:
            axes.set_title(titles[index], fontsize=9, parse_math=False)
    kinds = {"found": (FOUND, "-")} if any(len(boxes) for boxes, _, _ in found) else {}
    if any(map(len, truth or ())):
        kinds["truth" if kinds else "truth; nothing found"] = (TRUTH, "--")
    lines = [
        Line2D([], [], color=color, linestyle=style, label=name)
        for name, (color, style) in kinds.items()
    ]
    place = {"loc": "outside upper center", "ncols": 2}
    if kinds:
        figure.legend(handles=lines, facecolor="black", labelcolor="white", **place)
    else:
        figure.suptitle("nothing found", fontsize=11)
    figures.save(figure, path)


def _add_box(axes, box, color, style):
    top, left, bottom, right = box
    across, down = [left, right, right, left, left], [top, top, bottom, bottom, top]
    axes.plot(across, down, style, color=color, linewidth=1.5, scalex=False, scaley=False)


def _add_label(axes, box, text, height):
    """Writes above a box, or below one at the upper rim."""
    top, left, bottom, _ = box
    is_at_rim = top < 0.08 * height
    axes.text(
        left,
        bottom if is_at_rim else top,
        text,
        va="top" if is_at_rim else "bottom",
        color="black",
        fontsize=8,
        bbox={"facecolor": FOUND, "edgecolor": "none", "pad": 1},
        clip_on=True,
        parse_math=False,
    )


def _short(title, max_length=26):
    """A title no wider than the image below it: the middle of a long one is left out."""
    half = max_length // 2 - 1
    return title if len(title) <= max_length else f"{title[:half]}...{title[-half:]}"
