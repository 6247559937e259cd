"""Fully connected layers."""

import math

import tensorflow as tf


def dense(x, weights, bias=None):
    """`x @ weights + bias`.

    Args:
        x: `[batch, inputs]`.
        weights: `[inputs, outputs]`.
        bias: `[outputs]`, or None.

    Returns:
        `[batch, outputs]`, in the dtype of `x`. Equals Keras's `Dense` without activation.
    """
    y = tf.matmul(x, tf.cast(weights, x.dtype))
    return y if bias is None else tf.nn.bias_add(y, tf.cast(bias, x.dtype))


def flatten(x):
    """`[batch, a, b, ...]` to `[batch, a * b * ...]`; all sizes but the batch must be known."""
    return tf.reshape(x, [-1, math.prod(x.shape[1:])])
