"""Batch normalization, and layer normalization."""

import math

import tensorflow as tf

from lowlevel import replicas
from lowlevel.checks import check_number
from lowlevel.ops import checks
from lowlevel.ops.norm_over_replicas import batch_norm_over_replicas
from lowlevel.types import ArrayLike, Tensor

EPSILON = 1e-3
BATCH_NORM_MOMENTUM = 0.99


def batch_norm(
    x: ArrayLike,
    scale: ArrayLike,
    offset: ArrayLike,
    mean: ArrayLike,
    variance: ArrayLike,
    epsilon: float = EPSILON,
) -> Tensor:
    """Normalizes each channel with given statistics: the form for prediction.

        y = (x - mean) / sqrt(variance + epsilon) * scale + offset

    Args:
        x: `[batch, height, width, channels]`.
        scale, offset: `[channels]`, learned; Keras's gamma and beta.
        mean, variance: `[channels]`, the moving averages from training.
        epsilon: added to the variance, above 0.

    Returns:
        A tensor like `x`. Equals Keras's `BatchNormalization` with `training=False`.

    Raises:
        ConfigError: shapes do not fit, `x` does not hold floats, or epsilon is out of range.

    Source: Ioffe and Szegedy (2015).
    """
    x = _check(x, scale, offset, mean, variance, epsilon)
    y, _, _ = _fused(x, scale, offset, mean, variance, epsilon, training=False)
    return y


def batch_norm_training(
    x: ArrayLike,
    scale: ArrayLike,
    offset: ArrayLike,
    mean: ArrayLike,
    variance: ArrayLike,
    momentum: float = BATCH_NORM_MOMENTUM,
    epsilon: float = EPSILON,
) -> tuple[Tensor, Tensor, Tensor]:
    """Normalizes each channel with its statistics in this batch: the form for training.

    The moving averages do not affect the normalized tensor. They are only updated:

        new mean = momentum * mean + (1 - momentum) * mean of the batch

    The variance is updated likewise. That of the batch is the sum of squares divided by n, not
    n - 1.

    Args:
        x: `[batch, height, width, channels]`.
        scale, offset: `[channels]`, learned.
        mean, variance: `[channels]`, the moving averages so far.
        momentum: share of the moving averages kept, in [0, 1).
        epsilon: added to the variance, above 0.

    Returns:
        A triple: a tensor like `x`, the new mean, and the new variance, both float32
        `[channels]`. The caller assigns them. Equals Keras's `BatchNormalization` with
        `training=True`. Where there is one number for each channel, it becomes the offset.

    Raises:
        ConfigError: as for `batch_norm`, or momentum is out of range.
    """
    x = _check(x, scale, offset, mean, variance, epsilon)
    check_number("momentum", momentum, 0, 1)
    mean, variance = tf.cast(mean, tf.float32), tf.cast(variance, tf.float32)
    if replicas.norms_over_all():
        y, batch_mean, batch_variance = _over_replicas(x, scale, offset, epsilon)
    else:
        y, batch_mean, batch_variance = _fused(x, scale, offset, [], [], epsilon, training=True)
        # The kernel divides the variance by n - 1.
        count = tf.cast(tf.size(x) // x.shape[-1], tf.float32)
        batch_variance *= (count - 1) / count
    new_mean = mean * momentum + batch_mean * (1 - momentum)
    new_variance = variance * momentum + batch_variance * (1 - momentum)
    return y, new_mean, new_variance


def _check(x, scale, offset, mean, variance, epsilon):
    """Returns `x` as a tensor, if all arguments of batch norm fit."""
    x = checks.to_images("x", checks.to_floats("x", x))
    checks.check_axes(
        x=(x, "batch, height, width, channels"),
        scale=(scale, "channels"),
        offset=(offset, "channels"),
        mean=(mean, "channels"),
        variance=(variance, "channels"),
    )
    check_number("epsilon", epsilon, 0, math.inf, low_included=False)
    return x


def _fused(x, scale, offset, mean, variance, epsilon, training):
    """The kernel that does what `plain_batch_norm` spells out, with statistics in float32."""
    y, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
        x=_for_kernel(x),
        scale=tf.cast(scale, tf.float32),
        offset=tf.cast(offset, tf.float32),
        mean=tf.cast(mean, tf.float32),
        variance=tf.cast(variance, tf.float32),
        epsilon=epsilon,
        is_training=training,
    )
    return tf.cast(y, x.dtype), mean, variance


def _over_replicas(x, scale, offset, epsilon):
    y, mean, variance = batch_norm_over_replicas(
        _for_kernel(x),
        tf.cast(scale, tf.float32),
        tf.cast(offset, tf.float32),
        epsilon,
    )
    return tf.cast(y, x.dtype), mean, variance


def _for_kernel(x):
    return tf.cast(x, tf.float32) if x.dtype == tf.float64 else x  # it does not take float64


def plain_batch_norm(
    x: Tensor, scale: Tensor, offset: Tensor, epsilon: float = EPSILON
) -> tuple[Tensor, Tensor, Tensor]:
    """The definition of what `batch_norm_training` computes in one kernel.

    Returns:
        A triple: the normalized tensor, and the mean and variance of the batch, `[channels]`.
    """
    mean = tf.reduce_mean(x, axis=[0, 1, 2])
    variance = tf.reduce_mean(tf.square(x - mean), axis=[0, 1, 2])
    return (x - mean) / tf.sqrt(variance + epsilon) * scale + offset, mean, variance


def layer_norm(
    x: ArrayLike, scale: ArrayLike, offset: ArrayLike, epsilon: float = EPSILON
) -> Tensor:
    """Normalizes each example's last axis with its own mean and variance.

        y = (x - mean) / sqrt(variance + epsilon) * scale + offset

    Args:
        x: `[..., channels]`.
        scale, offset: `[channels]`, learned; Keras's gamma and beta.
        epsilon: added to the variance, above 0.

    Returns:
        A tensor like `x`; mean and variance are computed in float32. Equals Keras's
        `LayerNormalization`.

    Raises:
        ConfigError: shapes do not fit, `x` does not hold floats, or epsilon is out of range.

    Source: Ba et al. (2016).
    """
    x = checks.to_floats("x", x)
    checks.check_axes(
        x=(x, "..., channels"), scale=(scale, "channels"), offset=(offset, "channels")
    )
    check_number("epsilon", epsilon, 0, math.inf, low_included=False)
    scale, offset = tf.cast(scale, tf.float32), tf.cast(offset, tf.float32)
    normalized = _normalize(tf.cast(x, tf.float32), epsilon)
    return tf.cast(normalized * scale + offset, x.dtype)


def _normalize(x, epsilon):
    """`plain_layer_norm` without scale and offset, and with a gradient of fewer passes.

    With y for the normalized vector and g for the gradient of the loss by it, that by x is

        (g - mean(g) - y * mean(g * y)) / sqrt(variance + epsilon)
    """

    @tf.custom_gradient
    def normalize(x):
        centered = x - _mean(x)
        inverse = tf.math.rsqrt(_mean(tf.square(centered)) + epsilon)
        y = centered * inverse
        return y, lambda g: inverse * (g - _mean(g) - y * _mean(g * y))

    return normalize(x)


def _mean(x):
    """The mean of each last axis, `[..., 1]`."""
    return tf.reduce_mean(x, axis=-1, keepdims=True)


def plain_layer_norm(x: Tensor, scale: Tensor, offset: Tensor, epsilon: float = EPSILON) -> Tensor:
    """The definition of `layer_norm`, whose gradient TensorFlow derives."""
    wide = tf.cast(x, tf.float32)
    variance = _mean(tf.square(wide - _mean(wide)))
    return tf.cast((wide - _mean(wide)) / tf.sqrt(variance + epsilon) * scale + offset, x.dtype)
