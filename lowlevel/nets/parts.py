"""What several networks share: layers, each with a function that makes its variables, and inputs.

A layer runs in a name scope of its own name, its activation included. A network that keeps state
passes the dict `new_state` to its layers, which put their new values into it, and returns it; None
means that the network is not training.
"""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from lowlevel import initializers, ops
from lowlevel.ops import norm
from lowlevel.types import Tensor
from lowlevel.variables import VariableStore


def image_spec(config: Any) -> tf.TensorSpec:
    """Images float32 `[batch, height, width, channels]`, in [0, 1], of `config.image_shape`."""
    return tf.TensorSpec([None, *config.image_shape], tf.float32, name="images")


def _identity(x):
    return x


def add_conv(
    variables: VariableStore,
    layer: str,
    window: int,
    channels: int,
    filters: int,
    bias: bool = True,
) -> None:
    """Makes weights `[window, window, channels, filters]` and, if `bias`, biases `[filters]`."""
    variables.add_weights(layer, (window, window, channels, filters))
    if bias:
        variables.add_biases(layer, filters)


def conv(
    variables: VariableStore,
    layer: str,
    x: Tensor,
    stride: int = 1,
    padding: str = "SAME",
    activation: Callable = _identity,
) -> Tensor:
    """Convolution of `[batch, height, width, channels]`, with biases if the layer has them."""
    with tf.name_scope(layer):
        weights, bias = variables.weights[layer], variables.biases.get(layer)
        return activation(ops.conv2d(x, weights, bias, stride, padding))


def add_conv_transpose(
    variables: VariableStore, layer: str, window: int, channels: int, filters: int
) -> None:
    """Makes weights `[window, window, filters, channels]` and biases `[filters]`."""
    variables.add_weights(layer, (window, window, filters, channels))
    variables.add_biases(layer, filters)


def conv_transpose(
    variables: VariableStore,
    layer: str,
    x: Tensor,
    stride: int = 1,
    padding: str = "SAME",
    activation: Callable = _identity,
) -> Tensor:
    """Transposed convolution of `[batch, height, width, channels]`."""
    with tf.name_scope(layer):
        weights, bias = variables.weights[layer], variables.biases[layer]
        return activation(ops.conv2d_transpose(x, weights, bias, stride, padding))


def add_dense(variables: VariableStore, layer: str, inputs: int, outputs: int) -> None:
    """Makes weights `[inputs, outputs]` and biases `[outputs]`."""
    variables.add_weights(layer, (inputs, outputs))
    variables.add_biases(layer, outputs)


def dense(
    variables: VariableStore, layer: str, x: Tensor, activation: Callable = _identity
) -> Tensor:
    """Dense layer on `[..., inputs]`."""
    with tf.name_scope(layer):
        return activation(ops.dense(x, variables.weights[layer], variables.biases[layer]))


def add_batch_norm(variables: VariableStore, layer: str, channels: int) -> None:
    """Makes scale (weights), offset (biases), and moving mean and variance (state)."""
    variables.add_weights(layer, (channels,), initializers.ones)
    variables.add_biases(layer, channels)
    variables.add_state(f"{layer}/mean", (channels,))
    variables.add_state(f"{layer}/variance", (channels,), initializers.ones)


def batch_norm(
    variables: VariableStore,
    layer: str,
    x: Tensor,
    new_state: dict | None,
    momentum: float = norm.BATCH_NORM_MOMENTUM,
    activation: Callable = _identity,
) -> Tensor:
    """Batch norm, and an activation. A frozen layer normalizes with its moving averages.

    Args:
        variables: the network's `VariableStore`.
        layer: the name that `add_batch_norm` was given.
        x: `[batch, height, width, channels]`.
        new_state: the dict that collects the new moving averages; None if not training.
        momentum: share of the moving averages kept, in [0, 1).
        activation: function applied to the normalized tensor.
    """
    learned = variables.weights[layer], variables.biases[layer]
    averages = variables.state[f"{layer}/mean"], variables.state[f"{layer}/variance"]
    with tf.name_scope(layer):
        if new_state is None or variables.is_frozen(layer):
            return activation(ops.batch_norm(x, *learned, *averages))
        if f"{layer}/mean" in new_state:  # a second use goes on from the first
            averages = new_state[f"{layer}/mean"], new_state[f"{layer}/variance"]
        x, mean, variance = ops.batch_norm_training(x, *learned, *averages, momentum)
        new_state[f"{layer}/mean"] = mean
        new_state[f"{layer}/variance"] = variance
        return activation(x)


def add_layer_norm(variables: VariableStore, layer: str, channels: int) -> None:
    """Makes scale (weights) and offset (biases)."""
    variables.add_weights(layer, (channels,), initializers.ones)
    variables.add_biases(layer, channels)


def layer_norm(variables: VariableStore, layer: str, x: Tensor) -> Tensor:
    """Layer norm of `[..., channels]`."""
    with tf.name_scope(layer):
        return ops.layer_norm(x, variables.weights[layer], variables.biases[layer])
