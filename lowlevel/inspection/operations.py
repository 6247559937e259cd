"""What can be told of an operation by itself: the layer it runs in, and its multiply-adds."""

import math
from collections.abc import Container
from typing import Any

BACKWARD = "gradient_tape/"  # where TensorFlow puts the operations of gradients
GRADIENTS = "gradients/"  # where the training step names their results


def scope_of(name: str, operations: Container[str]) -> str:
    """The scope in which an operation runs, which is the name of a layer; "" for none.

    Args:
        name: the operation's.
        operations: the names of all.
    """
    scope = name.rpartition("/")[0]
    while scope in operations:  # an operation's helpers are named below it
        scope = scope.rpartition("/")[0]
    return scope


def fold(scope: str, depth: int | None) -> str:
    """The first `depth` parts of a layer's name; None keeps all."""
    return "/".join(scope.split("/")[:depth])


def multiply_adds(operation: Any) -> int:
    """Multiplications with an addition, in a graph for one example.

    Those of convolutions and matrix products, which are nearly all: as many as the weights have
    numbers, for each position of a window or each row. 0 for other operations.
    """
    if operation.type in ("MatMul", "BatchMatMulV2"):
        flipped = operation.get_attr("transpose_a" if operation.type == "MatMul" else "adj_x")
        shared = operation.inputs[0].shape[-2 if flipped else -1]  # of attention, rows of a head
        result = operation.outputs[0].shape.num_elements()
        return result * shared if result else 0
    if operation.type == "Conv2D":
        weights, image = operation.inputs[1], operation.outputs[0]
    elif operation.type == "Conv2DBackpropInput":  # transposed, or a gradient by the input
        _, weights, image = operation.inputs
    elif operation.type == "Conv2DBackpropFilter":
        weights, image = operation.outputs[0], operation.inputs[2]
    else:
        return 0
    return math.prod(image.shape[1:3]) * weights.shape.num_elements()
