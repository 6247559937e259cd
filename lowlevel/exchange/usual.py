"""The usual layers of our networks, added to a graph with the settings that they have here.

Each function returns the layer's output; those that are not said here are as in `Graph.add`.
"""

from typing import Any

from lowlevel.exchange.graph import Graph, Output
from lowlevel.ops import norm


def conv(
    graph: Graph, name: str, filters: int, window: int, activation: str = "linear",
    stride: int = 1, padding: str = "same", bias: bool = True,
) -> Output:  # fmt: skip
    """A convolution, see `lowlevel.ops.conv2d`."""
    return graph.add(
        "Conv2D", name, filters=filters, kernel_size=[window] * 2, strides=[stride] * 2,
        padding=padding, activation=activation, use_bias=bias,
    )  # fmt: skip


def conv_transpose(
    graph: Graph, name: str, filters: int, window: int, activation: str, stride: int = 1
) -> Output:
    """A transposed convolution without padding."""
    return graph.add(
        "Conv2DTranspose", name, filters=filters, kernel_size=[window] * 2, strides=[stride] * 2,
        padding="valid", activation=activation, use_bias=True,
    )  # fmt: skip


def dense(
    graph: Graph, name: str, units: int, activation: str = "linear", pixels: tuple = (None, None)
) -> Output:
    """A dense layer."""
    settings: dict[str, Any] = {"units": units, "activation": activation, "use_bias": True}
    return graph.add("Dense", name, pixels=pixels, **settings)


def batch_norm(graph: Graph, name: str, momentum: float = norm.BATCH_NORM_MOMENTUM) -> Output:
    """Batch norm over the last axis."""
    settings: dict[str, Any] = {"axis": -1, "epsilon": norm.EPSILON, "center": True, "scale": True}
    return graph.add("BatchNormalization", name, momentum=momentum, **settings)


def layer_norm(graph: Graph, name: str, *after: Output) -> Output:
    """Layer norm over the last axis."""
    settings: dict[str, Any] = {
        "axis": [-1],
        "epsilon": norm.EPSILON,
        "center": True,
        "scale": True,
    }
    return graph.add("LayerNormalization", name, *after, **settings)


def max_pool(
    graph: Graph, window: int = 2, stride: int | None = None, padding: str = "same",
    after: tuple = (),
) -> Output:  # fmt: skip
    """Max pooling."""
    sizes: dict[str, Any] = {"pool_size": [window] * 2, "strides": [stride or window] * 2}
    return graph.add("MaxPooling2D", None, *after, padding=padding, **sizes)


def learned(graph: Graph, name: str, axes: list[int]) -> Output:
    """A learned tensor, the same for each example, in the shape of what came before.

    Keras has no layer for it. Of zeros, a layer norm without a scale gives what it adds: the
    tensor. (An embedding would do, but Keras's Adam squares the gradients of a row that is looked
    up several times before it adds them up.)

    Args:
        graph, name: see `Graph.add`.
        axes: those that the tensor has, counted with the batch.
    """
    graph.add("Rescaling", scale=0.0, offset=0.0)
    settings: dict[str, Any] = {"axis": axes, "epsilon": norm.EPSILON}
    return graph.add("LayerNormalization", name, **settings, center=True, scale=False)
