"""What several networks are made of: a part's variables, and the part applied to a tensor.

A network whose layers keep state collects the new values of a training step in a dict, `new_state`,
which it makes itself and returns; `None` means that it is not training. Each part runs in a scope
of its layer's name, its activation included.
"""

import tensorflow as tf

from lowlevel import initializers, ops
from lowlevel.ops import norm


def _as_it_is(x):
    return x


def add_conv(variables, layer, window, channels, filters, bias=True):
    """Makes weights `[window, window, channels, filters]`, and biases unless told not to."""
    variables.add_weights(layer, (window, window, channels, filters))
    if bias:
        variables.add_biases(layer, filters)


def conv(variables, layer, x, stride=1, padding="SAME", activation=_as_it_is):
    """Convolution by the variables of a layer; its biases may be absent."""
    with tf.name_scope(layer):
        weights, bias = variables.weights[layer], variables.biases.get(layer)
        return activation(ops.conv2d(x, weights, bias, stride, padding))


def add_conv_transpose(variables, layer, window, channels, filters):
    """Makes weights `[window, window, filters, channels]` and biases."""
    variables.add_weights(layer, (window, window, filters, channels))
    variables.add_biases(layer, filters)


def conv_transpose(variables, layer, x, stride=1, padding="SAME", activation=_as_it_is):
    """Transposed convolution by the variables of a layer."""
    with tf.name_scope(layer):
        weights, bias = variables.weights[layer], variables.biases[layer]
        return activation(ops.conv2d_transpose(x, weights, bias, stride, padding))


def add_dense(variables, layer, inputs, outputs):
    """Makes weights `[inputs, outputs]` and biases."""
    variables.add_weights(layer, (inputs, outputs))
    variables.add_biases(layer, outputs)


def dense(variables, layer, x, activation=_as_it_is):
    """Full connection by the variables of a layer."""
    with tf.name_scope(layer):
        return activation(ops.dense(x, variables.weights[layer], variables.biases[layer]))


def add_batch_norm(variables, layer, channels):
    """Makes scale (a weight), offset (a bias), and moving mean and variance (state)."""
    variables.add_weights(layer, (channels,), initializers.ones)
    variables.add_biases(layer, channels)
    variables.add_state(f"{layer}/mean", (channels,))
    variables.add_state(f"{layer}/variance", (channels,), initializers.ones)


def batch_norm(
    variables, layer, x, new_state, momentum=norm.BATCH_NORM_MOMENTUM, activation=_as_it_is
):
    """Batch norm by the variables of a layer; by its moving averages if it is frozen.

    Args:
        variables: the network's `VariableStore`.
        layer: the name that `add_batch_norm` got.
        x: `[batch, height, width, channels]`.
        new_state: the dict that takes the new moving averages; None normalizes with the old ones.
        momentum: share of the moving averages kept, in [0, 1).
        activation: function of the normalized tensor.
    """
    learned = variables.weights[layer], variables.biases[layer]
    averages = variables.state[f"{layer}/mean"], variables.state[f"{layer}/variance"]
    with tf.name_scope(layer):
        if new_state is None or variables.is_frozen(layer):
            return activation(ops.batch_norm(x, *learned, *averages))
        if f"{layer}/mean" in new_state:  # a layer that is used twice goes on from its first use
            averages = new_state[f"{layer}/mean"], new_state[f"{layer}/variance"]
        x, mean, variance = ops.batch_norm_training(x, *learned, *averages, momentum)
        new_state[f"{layer}/mean"] = mean
        new_state[f"{layer}/variance"] = variance
        return activation(x)


def add_layer_norm(variables, layer, channels):
    """Makes scale (a weight) and offset (a bias)."""
    variables.add_weights(layer, (channels,), initializers.ones)
    variables.add_biases(layer, channels)


def layer_norm(variables, layer, x):
    """Layer norm of `[..., channels]` by the variables of a layer."""
    with tf.name_scope(layer):
        return ops.layer_norm(x, variables.weights[layer], variables.biases[layer])
