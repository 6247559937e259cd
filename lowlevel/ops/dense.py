"""Fully connected layers."""

import math

import tensorflow as tf


def dense(x, weights, bias=None):
    """`x @ weights + bias`.

    Args:
        x: `[..., inputs]`.
        weights: `[inputs, outputs]`.
        bias: `[outputs]`, or None.

    Returns:
        `[..., outputs]`, in the dtype of `x`. Equals Keras's `Dense` without activation.
    """
    inputs, outputs = weights.shape
    rows = tf.reshape(x, [-1, inputs]) if x.shape.rank > 2 else x  # one product, not one for each
    y = tf.matmul(rows, tf.cast(weights, x.dtype))
    if bias is not None:
        y = tf.nn.bias_add(y, tf.cast(bias, x.dtype))
    if x.shape.rank == 2:
        return y
    y = tf.reshape(y, tf.concat([tf.shape(x)[:-1], [outputs]], axis=0))
    return tf.ensure_shape(y, [*x.shape[:-1], outputs])


def flatten(x):
    """`[batch, a, b, ...]` to `[batch, a * b * ...]`; all sizes but the batch must be known."""
    return tf.reshape(x, [-1, math.prod(x.shape[1:])])
