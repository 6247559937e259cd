"""What part of the input one number of a layer's output depends on: its receptive field.

Each number in the graph has an area of input pixels, and each operation makes the areas of its
output from those of its input, see `receptive_rules`. Areas end at the edge of the image, and the
largest one of a layer is told: what a number in the middle sees. So the sizes are exact, for
strides and padding too.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np

from lowlevel.inspection import receptive_rules
from lowlevel.types import Tensor

NOTHING = (0,)
ALL = ()


def of_graph(inputs: Tensor, operations: Iterable[Any]) -> dict[str, tuple[int, ...]]:
    """The receptive fields of operations.

    Args:
        inputs: the tensor of inputs, `[1, height, width, channels]` or `[1, positions]`.
        operations: `tf.Operation`s in the order of the graph.

    Returns:
        By name of each operation that depends on the inputs, height and width of the largest area
        that a number of its output depends on, or for a sequence its length; `ALL` for all of the
        input.
    """
    shape = inputs.shape.as_list()
    axes = 2 if len(shape) > 2 else 1
    whole = tuple(shape[1 : 1 + axes])
    found = {}
    for name, areas in areas_of_graph(inputs, operations).items():
        sizes = _largest(areas)[:axes]
        found[name] = ALL if sizes == whole else sizes
    return found


def areas_of_graph(inputs: Tensor, operations: Iterable[Any]) -> dict[str, np.ndarray]:
    """For each operation that depends on the inputs, the areas of its first output, `[4, ...]`.

    They are -top, -left, bottom and right of the pixels that each number depends on; see `of_graph`
    for the arguments.
    """
    areas = {inputs.name: _pixels(inputs.shape.as_list())}
    found = {}
    for operation in operations:
        given = [areas.get(tensor.name) for tensor in operation.inputs]
        if all(area is None for area in given):
            continue
        made = receptive_rules.areas_of(operation, given)
        areas |= {tensor.name: area for tensor, area in zip(operation.outputs, made, strict=False)}
        found[operation.name] = made[0]
    return found


def larger(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    """The larger of two receptive fields."""
    if ALL in (one, other):
        return ALL
    return max(one, other, key=lambda sizes: np.prod(sizes))


def _pixels(shape):
    """The areas of the inputs: each pixel sees itself."""
    down = np.arange(shape[1]).reshape([-1] + [1] * (len(shape) - 2))
    across = np.zeros(1) if len(shape) == 2 else np.arange(shape[2])
    across = across.reshape([-1] + [1] * (len(shape) - 3)) if len(shape) > 2 else across
    edges = [np.broadcast_to(edge, shape) for edge in (-down, -across, down, across)]
    return np.stack(edges).astype(np.float32)


def _largest(areas):
    """Height and width of the largest area."""
    top, left, bottom, right = areas
    heights, widths = np.maximum(bottom + top + 1, 0), np.maximum(right + left + 1, 0)
    largest = np.argmax(heights * widths)
    return int(heights.flat[largest]), int(widths.flat[largest])
