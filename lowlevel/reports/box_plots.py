"""Pictures with boxes around what was found in them, as PNG files."""

from collections.abc import Collection, Sequence

import numpy as np

from lowlevel.files import FilePath
from lowlevel.reports import figures

FOUND, TRUTH = "#e69f00", "#56b4e9"  # light, to be visible on dark images
IN_A_ROW = 4
LABEL_SIZE = 8  # points


@figures.style()
def draw(
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
    columns = min(IN_A_ROW, len(images))
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
        taken: list = []
        for box, number, score in zip(*found[index], strict=True):  # the best choose first
            _add_box(axes, box, FOUND, "-")
            text = f"{class_names[number]} {score:.2f}"
            _add_label(axes, text, _place_label(text, box, (height, width), side, taken))
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


def _place_label(text, box, size, side, taken):
    """(left, top, right, bottom) of a label: above its box, or elsewhere if that is taken.

    `size` is (height, width) of the image in pixels, `side` how many inches it is drawn in.
    """
    top, left, bottom, right = map(float, box)
    pixels = max(size) / side  # in an inch
    high = 1.5 * LABEL_SIZE / 72 * pixels
    wide = (0.62 * len(text) + 0.3) * LABEL_SIZE / 72 * pixels
    corners = [(x, y) for y in (top - high, bottom, top) for x in (left, right - wide)]
    places = [(x, y, x + wide, y + high) for x, y in corners]
    inside = [place for place in places if place[1] >= 0 and place[3] <= size[0]] or places
    free = [place for place in inside if not any(_overlap(place, other) for other in taken)]
    place = (free or inside)[0]
    taken.append(place)
    return place


def _overlap(one, other):
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _add_label(axes, text, place):
    from matplotlib.patches import Rectangle

    left, top, right, bottom = place
    axes.add_patch(Rectangle((left, top), right - left, bottom - top, color=FOUND, zorder=3))
    middle = (left + right) / 2, (top + bottom) / 2
    axes.text(
        *middle,
        text,
        ha="center",
        va="center_baseline",
        color="black",
        fontsize=LABEL_SIZE,
        clip_on=True,
        parse_math=False,
        zorder=4,
    )
