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
    if len(x.shape) > 2:  # one product of all rows is faster than one per example
        inputs, outputs = weights.shape
        rows = dense(tf.reshape(x, [-1, inputs]), weights, bias)
        y = tf.reshape(rows, tf.concat([tf.shape(x)[:-1], [outputs]], axis=0))
        return tf.ensure_shape(y, [*x.shape[:-1], outputs])
    y = tf.matmul(x, tf.cast(weights, x.dtype))
    return y if bias is None else tf.nn.bias_add(y, tf.cast(bias, x.dtype))


def flatten(x):
    """`[batch, a, b, ...]` to `[batch, a * b * ...]`; all sizes but the batch must be known."""
    return tf.reshape(x, [-1, math.prod(x.shape[1:])])
