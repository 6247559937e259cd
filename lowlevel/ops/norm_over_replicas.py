"""Batch norm of a batch whose parts are in several processes: mean and variance are the whole's.

Two exchanges in a step, one forward and one back, whatever the size of the images. The passes over
them are those of TensorFlow's kernels.
"""

import tensorflow as tf

from lowlevel import replicas
from lowlevel.types import Tensor


def batch_norm_over_replicas(
    x: Tensor, scale: Tensor, offset: Tensor, epsilon: float
) -> tuple[Tensor, Tensor, Tensor]:
    """What `plain_batch_norm` would make of this part of the batch, if it were given the whole.

    Args:
        x: this process's part, `[examples, height, width, channels]`, float32 or bfloat16.
        scale, offset: float32 `[channels]`. Their gradients are those of this part.
        epsilon: added to the variance.

    Returns:
        A triple: the normalized part, and the mean and variance of the whole batch, float32
        `[channels]`. No gradient goes through these two.
    """

    @tf.custom_gradient
    def normalize(x, scale, offset):
        mean, variance, count = _moments(x, scale, offset)

        def kernel(x, scale, offset):  # (x - mean) / sqrt(variance + epsilon) * scale + offset
            return tf.raw_ops.FusedBatchNormV3(
                x=x, scale=scale, offset=offset, mean=mean, variance=variance,
                epsilon=epsilon, is_training=False,
            )[0]  # fmt: skip

        def gradient(upstream, *_):
            of_x, of_scale, of_offset, *_ = tf.raw_ops.FusedBatchNormGradV3(
                y_backprop=upstream, x=x, scale=scale,
                reserve_space_1=mean, reserve_space_2=variance, reserve_space_3=[],
                epsilon=epsilon, is_training=False,
            )  # fmt: skip
            # So far as if mean and variance were constants. That x moves them takes back:
            of_all = replicas.sum_over_all(tf.stack([of_scale, of_offset])) / count
            of_all *= scale * tf.math.rsqrt(variance + epsilon)
            return of_x - kernel(x, of_all[0], of_all[1]), of_scale, of_offset

        return (kernel(x, scale, offset), mean, variance), gradient

    return normalize(x, scale, offset)


def _moments(x, scale, offset):
    """Mean and variance over all processes, and how many numbers each channel has there."""
    _, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
        x=x, scale=scale, offset=offset, mean=[], variance=[], is_training=True
    )
    # In float64: a variance is the difference of two numbers here, which may be large.
    mean, variance = tf.cast(mean, tf.float64), tf.cast(variance, tf.float64)
    count = tf.cast(tf.size(x) // x.shape[-1], tf.float64)
    variance *= (count - 1) / count  # the kernel divides by one less
    sums = [count * mean, count * (variance + tf.square(mean)), tf.fill(mean.shape, count)]
    sums, squares, count = tf.unstack(replicas.sum_over_all(tf.stack(sums)))
    mean = sums / count
    variance = squares / count - tf.square(mean)
    return tuple(tf.cast(part, tf.float32) for part in (mean, variance, count))
