"""Pictures of predictions, as PNG files."""

import math

from lowlevel.evaluation import figures


def draw_predictions(path, images, prediction, labels, class_names):
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


def draw_probabilities(path, images, prediction, titles, class_names):
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
    figure = figures.make(6, 2.2 * len(images))
    grid = figure.subplots(len(images), 2, squeeze=False, width_ratios=[1, 2])
    positions = range(len(class_names))
    for (left, right), image, predicted, row, title in zip(
        grid, images, prediction.classes, prediction.probabilities, titles, strict=True
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


def _short(title, most=26):
    """A title that is not broader than the image below it: the middle of a long one is left out."""
    half = most // 2 - 1
    return title if len(title) <= most else f"{title[:half]}...{title[-half:]}"
