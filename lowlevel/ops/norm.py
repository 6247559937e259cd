"""Batch normalization, and layer normalization."""

import tensorflow as tf

EPSILON = 1e-3
BATCH_NORM_MOMENTUM = 0.99


def batch_norm(x, scale, offset, mean, variance, epsilon=EPSILON):
    """Normalizes each channel with given statistics: the form for prediction.

        y = (x - mean) / sqrt(variance + epsilon) * scale + offset

    Args:
        x: `[batch, height, width, channels]`.
        scale, offset: `[channels]`, learned; Keras's gamma and beta.
        mean, variance: `[channels]`, the moving averages from training.
        epsilon: added to the variance, above 0.

    Returns:
        A tensor like `x`. Equals Keras's `BatchNormalization` with `training=False`.

    Source: Ioffe and Szegedy (2015).
    """
    return _fused(x, scale, offset, mean, variance, epsilon, training=False)[0]


def batch_norm_training(
    x, scale, offset, mean, variance, momentum=BATCH_NORM_MOMENTUM, epsilon=EPSILON
):
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
        `training=True`.
    """
    y, batch_mean, batch_variance = _fused(x, scale, offset, [], [], epsilon, training=True)
    # The kernel divides the variance by n - 1.
    count = tf.cast(tf.size(x) // x.shape[-1], tf.float32)
    batch_variance *= (count - 1) / count
    new_mean = mean * momentum + batch_mean * (1 - momentum)
    new_variance = variance * momentum + batch_variance * (1 - momentum)
    return y, new_mean, new_variance


def _fused(x, scale, offset, mean, variance, epsilon, training):
    """The kernel that does what `plain_batch_norm` spells out, with statistics in float32."""
    return tf.raw_ops.FusedBatchNormV3(
        x=x,
        scale=scale,
        offset=offset,
        mean=mean,
        variance=variance,
        epsilon=epsilon,
        is_training=training,
    )[:3]


def plain_batch_norm(x, scale, offset, epsilon=EPSILON):
    """The definition of what `batch_norm_training` computes in one kernel.

    Returns:
        A triple: the normalized tensor, and the mean and variance of the batch, `[channels]`.
    """
    mean = tf.reduce_mean(x, axis=[0, 1, 2])
    variance = tf.reduce_mean(tf.square(x - mean), axis=[0, 1, 2])
    return (x - mean) / tf.sqrt(variance + epsilon) * scale + offset, mean, variance


def layer_norm(x, scale, offset, epsilon=EPSILON):
    """Normalizes each example's last axis with its own mean and variance.

        y = (x - mean) / sqrt(variance + epsilon) * scale + offset

    Args:
        x: `[..., channels]`.
        scale, offset: `[channels]`, learned; Keras's gamma and beta.
        epsilon: added to the variance, above 0.

    Returns:
        A tensor like `x`; mean and variance are computed in float32. Equals Keras's
        `LayerNormalization`.

    Source: Ba et al. (2016).
    """
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


def plain_layer_norm(x, scale, offset, epsilon=EPSILON):
    """The definition of `layer_norm`, whose gradient TensorFlow derives."""
    wide = tf.cast(x, tf.float32)
    variance = _mean(tf.square(wide - _mean(wide)))
    return tf.cast((wide - _mean(wide)) / tf.sqrt(variance + epsilon) * scale + offset, x.dtype)
