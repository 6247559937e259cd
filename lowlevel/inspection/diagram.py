"""A network as a picture: its layers as boxes, from the top down, branches side by side."""

from collections.abc import Sequence

from lowlevel.files import FilePath
from lowlevel.inspection import layered_layout, summary
from lowlevel.inspection.summary import Layer
from lowlevel.reports import figures

COLUMN, ROW = 2.3, 1.05  # inches from one box to the next
BOX = (1.9, 0.8)  # inches
INK, FAINT = "#1f2328", "#59636e"
FILL, BLOCK_FILL, EDGE = "#ddf4ff", "#f6f8fa", "#0969da"
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

    Layers of one block, whose names begin alike, stand on a common ground.

    Args:
        path: the .png or .svg file to write.
        layers: a list of `Layer`s.
        title: what stands above.
        input_shape: shape of the network's inputs, without the batch.

    Raises:
        MissingExtraError: matplotlib is not installed.
        DataError: the file cannot be written.
    """
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
    _draw_blocks(axes, places)
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
        line_y = y + (len(lines) / 2 - number - 0.5) * 0.165
        size = 8 if len(text) < 26 else 6
        options = {"ha": "center", "va": "center", "zorder": 4, "parse_math": False}
        axes.text(x, line_y, text, size=size, weight=weight, color=color, **options)


def _draw_arrow(axes, source, points, target):
    """A line from the foot of a box, through points, to the head of another."""
    half = BOX[1] / 2
    (x, y), (end_x, end_y) = _inches(source), _inches(target)
    corners = [(x, y - half), *map(_inches, points), (end_x, end_y + half)]
    if points:
        axes.plot(*zip(*corners[:-1], strict=True), color=FAINT, linewidth=1, zorder=2)
    arrow = {"arrowstyle": "-|>", "color": FAINT, "shrinkA": 0, "shrinkB": 0, "linewidth": 1}
    axes.annotate("", corners[-1], corners[-2], arrowprops=arrow, zorder=2)


def _draw_blocks(axes, places):
    """A ground under the layers of each block."""
    from matplotlib.patches import Rectangle

    blocks = {}
    for name, place in places.items():
        if "/" in name:
            blocks.setdefault(name.split("/")[0], []).append(_inches(place))
    for members in blocks.values():
        across, down = zip(*members, strict=True)
        left, bottom = min(across) - BOX[0] / 2 - 0.12, min(down) - BOX[1] / 2 - 0.1
        right, top = max(across) + BOX[0] / 2 + 0.12, max(down) + BOX[1] / 2 + 0.1
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
