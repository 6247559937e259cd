"""Fully connected layers."""

import math

import tensorflow as tf

from lowlevel.checks import ConfigError
from lowlevel.ops import checks
from lowlevel.types import ArrayLike, Tensor


def dense(x: ArrayLike, weights: ArrayLike, bias: ArrayLike = None) -> Tensor:
    """`x @ weights + bias`.

    Args:
        x: `[..., batch, inputs]`.
        weights: `[inputs, outputs]`.
        bias: `[outputs]`, or None.

    Returns:
        `[..., outputs]`, in the dtype of `x`. Equals Keras's `Dense` without activation.

    Raises:
        ConfigError: shapes do not fit, or `x` does not hold floats.
    """
    x = checks.to_floats("x", x)
    try:
        checks.check_axes(
            x=(x, "..., batch, inputs"),
            weights=(weights, "inputs, outputs"),
            bias=(bias, "outputs"),
        )
    except ConfigError as error:
        hint = "; ops.flatten makes [batch, inputs] of images" if x.shape.rank == 4 else ""
        raise ConfigError(f"{str(error).rstrip('.')}{hint}.") from None
    if len(x.shape) > 2:  # one product of all rows is faster than one per example
        inputs, outputs = weights.shape
        rows = dense(tf.reshape(x, [-1, inputs]), weights, bias)
        y = tf.reshape(rows, tf.concat([tf.shape(x)[:-1], [outputs]], axis=0))
        return tf.ensure_shape(y, [*x.shape[:-1], outputs])
    y = tf.matmul(x, tf.cast(weights, x.dtype))
    return y if bias is None else tf.nn.bias_add(y, tf.cast(bias, x.dtype))


def flatten(x: ArrayLike) -> Tensor:
    """`[batch, a, b, ...]` to `[batch, a * b * ...]`; all sizes but the batch must be known.

    Raises:
        ConfigError: one of them is not known, or 0.
    """
    x = checks.to_tensor("x", x)
    checks.check_known("x", x)
    return tf.reshape(x, [-1, math.prod(x.shape[1:])])
