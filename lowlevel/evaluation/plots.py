"""Pictures of predictions, as PNG files."""

import math

from lowlevel.checks import DataError, import_extra, reason_of

RIGHT, WRONG = "#1a7f37", "#cf222e"


def _figure(width, height):
    import_extra("matplotlib", "plot")
    from matplotlib.figure import Figure  # no pyplot: no window, no global state

    return Figure(figsize=(width, height), layout="constrained")


def _save(figure, path):
    try:
        figure.savefig(path, dpi=120)
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be drawn: {reason_of(error)}.") from error


def _show(axes, image):
    image = image[..., 0] if image.shape[-1] == 1 else image
    axes.imshow(image, cmap="gray", vmin=0, vmax=255 if image.dtype == "uint8" else 1)
    axes.set_xticks([])
    axes.set_yticks([])


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
    columns = math.ceil(math.sqrt(len(images)))
    rows = math.ceil(len(images) / columns)
    figure = _figure(1.3 * columns, 1.5 * rows)
    grid = figure.subplots(rows, columns, squeeze=False).flatten()
    for axes in grid[len(images) :]:
        axes.axis("off")
    drawn = grid[: len(images)]
    for axes, image, predicted, label in zip(
        drawn, images, prediction.classes, labels, strict=True
    ):
        _show(axes, image)
        if predicted == label:
            axes.set_title(class_names[predicted], color=RIGHT, parse_math=False)
        else:
            title = f"{class_names[predicted]}, not {class_names[label]}"
            axes.set_title(title, color=WRONG, fontweight="bold", parse_math=False)
            for spine in axes.spines.values():
                spine.set(color=WRONG, linewidth=3)
    _save(figure, path)


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
    figure = _figure(6, 2.2 * len(images))
    grid = figure.subplots(len(images), 2, squeeze=False, width_ratios=[1, 2])
    positions = range(len(class_names))
    for (left, right), image, predicted, row, title in zip(
        grid, images, prediction.classes, prediction.probabilities, titles, strict=True
    ):
        _show(left, image)
        left.set_title(title, fontsize=9, parse_math=False)
        colors = [RIGHT if index == predicted else "#8c959f" for index in positions]
        right.bar(positions, row, color=colors)
        right.set_ylim(0, 1)
        right.set_ylabel("probability")
        right.set_xticks(list(positions), class_names)
        right.set_title(f"{class_names[predicted]}: {row[predicted]:.4f}", fontsize=9)
        right.spines[["top", "right"]].set_visible(False)
    _save(figure, path)
