"""How an operation makes the areas of its output from those of its input.

The areas of a tensor are an array `[4, ...]`: for each number -top, -left, bottom and right of the
input pixels it depends on. With the minus, the union of areas is the larger number of each. A
convolution unites the areas in its window, a matrix product those in a row and a column, a sum of
branches those in the same place, and what only moves numbers moves their areas. An operation
without a rule here counts as one that works place by place or, if its output has another shape,
as one that mixes all.
"""

from typing import Any

import numpy as np
import tensorflow as tf

NOWHERE = -1e9  # the edges of an area in which nothing is
RESHAPES = ("Reshape", "EnsureShape", "Squeeze", "ExpandDims", "Identity")
REDUCTIONS = ("Mean", "Sum", "Max", "Min", "Prod", "All", "Any")


def areas_of(operation: Any, given: list[np.ndarray | None]) -> list[np.ndarray]:
    """The areas of an operation's outputs: of all of an IdentityN, of others of the first one.

    Args:
        operation: a `tf.Operation` of a graph whose shapes are known.
        given: areas of each of its inputs, `[4, ...]`; None where they depend on no pixel.
    """
    kind, shape = operation.type, operation.outputs[0].shape.as_list()
    areas = [
        np.full([4, *tensor.shape], NOWHERE, np.float32) if area is None else area
        for tensor, area in zip(operation.inputs, given, strict=True)
        if tensor.dtype not in (tf.resource, tf.variant)
    ]
    if kind == "IdentityN":
        return areas
    if kind in RESHAPES:
        return [areas[0].reshape([4, *shape])]
    if kind in REDUCTIONS:
        axes = np.ravel(tf.get_static_value(operation.inputs[1]))
        return [_unite(areas[0], axes).reshape([4, *shape])]
    if kind in RULES:
        return [np.broadcast_to(RULES[kind](operation, areas), [4, *shape])]
    return [_place_by_place(areas, shape)]


def _unite(areas, axes):
    """The unions along axes of the tensor, each of which is left with size 1."""
    rank = areas.ndim - 1
    return areas.max(axis=tuple(int(axis) % rank + 1 for axis in axes), keepdims=True)


def _place_by_place(areas, shape):
    """The unions of areas in the same place; of all there are, where places do not fit."""
    try:
        found = np.full([4, *shape], NOWHERE, np.float32)
        for area in areas:
            aligned = area.reshape([4] + [1] * (len(shape) + 1 - area.ndim) + list(area.shape[1:]))
            found = np.maximum(found, np.broadcast_to(aligned, found.shape))
        return found
    except ValueError:
        flat = [area.reshape(4, -1).max(axis=1) for area in areas]
        whole = np.max(flat, axis=0).reshape([4] + [1] * len(shape))
        return np.broadcast_to(whole, [4, *shape])


def _convolution(operation, areas):
    image = _unite(areas[0], [3])  # [4, 1, height, width, 1]: every channel out sees all in
    return _pool(operation, image, operation.inputs[1].shape[:2])


def _pooling(operation, areas):
    return _pool(operation, areas[0], operation.get_attr("ksize")[1:3])


def _pool(operation, image, window):
    """The unions in windows of areas `[4, 1, height, width, channels]`."""
    strides, steps = operation.get_attr("strides")[1:3], (1, 1)
    if operation.type == "Conv2D":
        steps = operation.get_attr("dilations")[1:3]
    sizes = operation.outputs[0].shape[1:3]
    ends = [(size - 1) * stride + 1 for size, stride in zip(sizes, strides, strict=True)]
    spans = [end + (k - 1) * step for end, k, step in zip(ends, window, steps, strict=True)]
    missing = [max(span - n, 0) for span, n in zip(spans, image.shape[2:4], strict=True)]
    around = [(0, 0), (0, 0), *((total // 2, total - total // 2) for total in missing), (0, 0)]
    padded = np.pad(image, around, constant_values=NOWHERE)
    found = np.full([4, 1, *sizes, image.shape[-1]], NOWHERE, np.float32)
    for i, j in np.ndindex(*window):
        top, left = i * steps[0], j * steps[1]
        rows = slice(top, top + ends[0], strides[0])
        columns = slice(left, left + ends[1], strides[1])
        found = np.maximum(found, padded[:, :, rows, columns])
    return found


def _transposed_convolution(operation, areas):
    image = _unite(areas[2], [3])[:, 0]  # [4, height, width, 1]
    window = operation.inputs[1].shape[:2]
    strides = operation.get_attr("strides")[1:3]
    sizes = operation.outputs[0].shape[1:3]
    full = [
        max((n - 1) * stride + k, size)
        for n, stride, k, size in zip(image.shape[1:3], strides, window, sizes, strict=True)
    ]
    canvas = np.full([4, *full, 1], NOWHERE, np.float32)
    ends = [(n - 1) * stride + 1 for n, stride in zip(image.shape[1:3], strides, strict=True)]
    for i, j in np.ndindex(*window):
        rows = slice(i, i + ends[0], strides[0])
        columns = slice(j, j + ends[1], strides[1])
        canvas[:, rows, columns] = np.maximum(canvas[:, rows, columns], image)
    top, left = [(there - size) // 2 for there, size in zip(full, sizes, strict=True)]
    if operation.get_attr("padding") == b"VALID":
        top, left = 0, 0
    return canvas[:, np.newaxis, top : top + sizes[0], left : left + sizes[1]]


def _matrix_product(operation, areas):
    """Each number sees a row of the first matrix and a column of the second."""
    names = ("transpose_a", "transpose_b") if operation.type == "MatMul" else ("adj_x", "adj_y")
    first, second = (
        area.swapaxes(-1, -2) if operation.get_attr(name) else area
        for area, name in zip(areas, names, strict=True)
    )
    return np.maximum(_unite(first, [-1]), _unite(second, [-2]))


def _softmax(_, areas):
    return _unite(areas[0], [-1])


def _first(_, areas):
    """As the first input: batch norm, whose statistics of the batch are left out."""
    return areas[0]


def _lookup(operation, areas):
    """A row of a table, by an index: all of it is seen by that index."""
    shape = operation.outputs[0].shape
    return areas[0].reshape([*areas[0].shape, *[1] * (len(shape) + 1 - areas[0].ndim)])


def _transpose(operation, areas):
    order = tf.get_static_value(operation.inputs[1])
    return areas[0].transpose([0, *(order + 1)])


def _concat(operation, areas):
    axis = int(tf.get_static_value(operation.inputs[-1]))
    rank = areas[0].ndim - 1
    return np.concatenate(areas[:-1], axis=axis % rank + 1)


def _tile(operation, areas):
    return np.tile(areas[0], [1, *tf.get_static_value(operation.inputs[1])])


def _slice(operation, areas):
    begin, end, strides = (tf.get_static_value(tensor) for tensor in operation.inputs[1:])
    masks = {
        name: operation.get_attr(name)
        for name in (
            "begin_mask",
            "end_mask",
            "ellipsis_mask",
            "new_axis_mask",
            "shrink_axis_mask",
        )
    }
    return np.stack([tf.strided_slice(edge, begin, end, strides, **masks) for edge in areas[0]])


RULES = {
    "Conv2D": _convolution,
    "MaxPool": _pooling,
    "AvgPool": _pooling,
    "Conv2DBackpropInput": _transposed_convolution,
    "MatMul": _matrix_product,
    "BatchMatMulV2": _matrix_product,
    "Softmax": _softmax,
    "FusedBatchNormV3": _first,
    "ResourceGather": _lookup,
    "Transpose": _transpose,
    "ConcatV2": _concat,
    "Tile": _tile,
    "StridedSlice": _slice,
}
