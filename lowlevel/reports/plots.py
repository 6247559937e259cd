"""Pictures of predictions, as PNG files."""

import math
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lowlevel.files import FilePath
from lowlevel.reports import figures

if TYPE_CHECKING:
    from lowlevel.prediction.predictor import Prediction


@figures.style()
def draw_predictions(
    path: FilePath,
    images: Collection[np.ndarray],
    prediction: "Prediction",
    labels: Any,
    class_names: Sequence[str],
) -> None:
    """A grid of images, each titled with its predicted class; wrong ones are framed in orange.

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
            axes.set_title(class_names[predicted], color=figures.BLUE, parse_math=False)
        else:
            title = f"{class_names[predicted]}, not {class_names[label]}"
            axes.set_title(title, color=figures.ORANGE, fontweight="bold", parse_math=False)
            for spine in axes.spines.values():
                spine.set(color=figures.ORANGE, linewidth=3)
    figures.save(figure, path)


@figures.style()
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
        colors = [figures.BLUE if index == predicted else figures.GREY for index in positions]
        right.bar(positions, row, color=colors)
        right.set_ylim(0, 1)
        right.set_ylabel("probability")
        longest = max(map(len, class_names))
        turn = {"rotation": 45, "ha": "right"} if longest > 2 else {}
        right.set_xticks(list(positions), class_names, parse_math=False, **turn)
        title = f"{class_names[predicted]}: {row[predicted]:.4f}"
        right.set_title(title, fontsize=11, parse_math=False)
    figures.save(figure, path)


def _short(title, max_length=26):
    """A title no wider than the image below it: the middle of a long one is left out."""
    half = max_length // 2 - 1
    return title if len(title) <= max_length else f"{title[:half]}...{title[-half:]}"
