"""A network as a picture: its layers as boxes, from the top down, branches side by side."""

import itertools
from collections.abc import Sequence

from lowlevel.files import FilePath
from lowlevel.inspection import layered_layout, repeats, summary
from lowlevel.inspection.summary import Layer
from lowlevel.reports import figures

COLUMN, ROW = 2.3, 1.05  # inches from one box to the next
BOX = (1.9, 0.8)  # inches
INK, FAINT = "#1f2328", "#59636e"
FILL, BLOCK_FILL, EDGE = "#ddf4ff", "#f6f8fa", figures.BLUE
# What computes nothing.
PLUMBING = {
    *("Cast", "Const", "EnsureShape", "ExpandDims", "Identity", "Placeholder", "ReadVariableOp"),
    *("Reshape", "Squeeze", "StridedSlice"),
}
WORDS = {
    "BatchMatMulV2": "MatMul",
    "ConcatV2": "Concat",
    "Conv2DBackpropInput": "Conv2DTranspose",
    "FusedBatchNormV3": "BatchNorm",
    "GatherV2": "Gather",
    "ResourceGather": "Gather",
}
INPUT = "input"


def draw(
    path: FilePath, layers: list[Layer], title: str, input_shape: Sequence[int | None]
) -> None:
    """Draws what `summary.summarize` returned.

    Layers of one block, whose names begin alike, stand on a common ground. A block that repeats the
    one before it is not drawn again: the first says how often it runs.

    Args:
        path: the .png or .svg file to write.
        layers: a list of `Layer`s.
        title: what stands above.
        input_shape: shape of the network's inputs, without the batch.

    Raises:
        MissingExtraError: matplotlib is not installed.
        DataError: the file cannot be written.
    """
    layers, counts = repeats.fold(layers)
    names = [INPUT, *(layer.name for layer in layers)]
    edges = [(source or INPUT, layer.name) for layer in layers for source in layer.inputs]
    places, routes = layered_layout.place(names, edges)
    across = [x for points in routes.values() for x, _ in points] + [x for x, _ in places.values()]
    down = max(y for _, y in places.values())
    width = (max(across) - min(across)) * COLUMN + 2.8
    height = down * ROW + 1.6
    figure = figures.make(width, height)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(min(across) * COLUMN - 1.4, max(across) * COLUMN + 1.4)
    axes.set_ylim(-down * ROW - 0.7, 0.9)
    axes.axis("off")
    figure.set_layout_engine("none")
    axes.text(sum(axes.get_xlim()) / 2, 0.6, title, ha="center", size=13, color=INK)
    _draw_blocks(axes, places, routes, counts)
    for (source, target), points in routes.items():
        _draw_arrow(axes, places[source], points, places[target])
    shape = summary.describe_shape(input_shape)
    _draw_box(axes, places[INPUT], [(INPUT, "bold", INK), (shape, "normal", INK)], "white")
    for layer in layers:
        _draw_box(axes, places[layer.name], _lines(layer), FILL if layer.parameters else "white")
    figures.save(figure, path)


def _lines(layer):
    """The text of a box: pairs of words and how they look."""
    kinds = dict.fromkeys(
        WORDS.get(kind, kind) for kind in layer.operations if kind not in PLUMBING
    )
    lines = [(layer.name, "bold", INK)]
    if 0 < len(kinds) <= 3:
        lines.append((" ".join(kinds), "normal", FAINT))
    lines.append((summary.describe_shape(layer.output_shape), "normal", INK))
    if layer.parameters:
        lines.append((f"{layer.parameters:,} parameters", "normal", FAINT))
    return lines


def _draw_box(axes, place, lines, fill):
    from matplotlib.patches import FancyBboxPatch

    (x, y), (width, height) = _inches(place), BOX
    axes.add_patch(
        FancyBboxPatch(
            (x - width / 2, y - height / 2),
            width,
            height,
            boxstyle="round,pad=0,rounding_size=0.08",
            facecolor=fill,
            edgecolor=EDGE,
            linewidth=0.8,
            zorder=3,
        )
    )
    for number, (text, weight, color) in enumerate(lines):
        line_y = y + (len(lines) / 2 - number - 0.5) * 0.18
        size = 9 if len(text) < 26 else 7
        options = {"ha": "center", "va": "center", "zorder": 4, "parse_math": False}
        axes.text(x, line_y, text, size=size, weight=weight, color=color, **options)


def _draw_arrow(axes, source, points, target):
    """A curve from the foot of a box, through points, to the head of another; upright at each."""
    from matplotlib.patches import FancyArrowPatch
    from matplotlib.path import Path

    half = BOX[1] / 2
    (x, y), (end_x, end_y) = _inches(source), _inches(target)
    corners = [(x, y - half), *map(_inches, points), (end_x, end_y + half)]
    curve, codes = [corners[0]], [Path.MOVETO]
    for (x, y), (next_x, next_y) in itertools.pairwise(corners):
        middle = (y + next_y) / 2
        curve += [(x, middle), (next_x, middle), (next_x, next_y)]
        codes += [Path.CURVE4] * 3
    arrow = {"arrowstyle": "-|>", "mutation_scale": 10, "color": FAINT, "linewidth": 1}
    axes.add_patch(FancyArrowPatch(path=Path(curve, codes), zorder=2, **arrow))


def _draw_blocks(axes, places, routes, counts):
    """A ground under the layers of each block, as wide as the edges that end in it."""
    from matplotlib.patches import Rectangle

    blocks, passed = {}, {}
    for name, place in places.items():
        if "/" in name:
            blocks.setdefault(name.split("/")[0], []).append(_inches(place))
    for (_, target), points in routes.items():
        passed.setdefault(target.split("/")[0], []).extend(x for x, _ in map(_inches, points))
    for block, members in blocks.items():
        across, down = zip(*members, strict=True)
        half = BOX[0] / 2
        sides = [x - half for x in across] + [x + half for x in across] + passed.get(block, [])
        left, bottom = min(sides) - 0.12, min(down) - BOX[1] / 2 - 0.1
        right, top = max(sides) + 0.12, max(down) + BOX[1] / 2 + 0.1
        if block in counts:
            axes.text(right - 0.1, top - 0.25, f"x {counts[block]}", ha="right", size=13, color=INK)
        axes.add_patch(
            Rectangle(
                (left, bottom),
                right - left,
                top - bottom,
                facecolor=BLOCK_FILL,
                edgecolor="#d1d9e0",
            )
        )


def _inches(place):
    column, row = place
    return column * COLUMN, -row * ROW
