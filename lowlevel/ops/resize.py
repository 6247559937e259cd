"""Changing the size of images."""

import tensorflow as tf

from lowlevel.ops import checks
from lowlevel.types import ArrayLike, Tensor


def resize_bilinear(images: ArrayLike, height: int, width: int) -> Tensor:
    """Resizes images; each new pixel is a weighted mean of the nearest old ones.

    Args:
        images: `[batch, height, width, channels]`, of any numeric dtype.
        height, width: the new size in pixels.

    Returns:
        float32 `[batch, height, width, channels]`. When an image shrinks, the mean covers all the
        old pixels under a new one, so that none is ignored.

    Raises:
        ConfigError: they are not images, or a size is not a whole number above 0.
    """
    images = checks.to_images("images", images)
    checks.check_count("height", height)
    checks.check_count("width", width)
    return tf.image.resize(images, [height, width], method="bilinear", antialias=True)


def upsample_nearest(images: ArrayLike, times: int) -> Tensor:
    """Enlarges images by repeating each pixel `times` down and across.

    Args:
        images: `[batch, height, width, channels]`; all sizes but the batch must be known.
        times: a positive integer.

    Returns:
        `[batch, height * times, width * times, channels]`. Equals Keras's `UpSampling2D`.

    Raises:
        ConfigError: they are not images of known size, or `times` is not a whole number above 0.
    """
    images = checks.to_images("images", images)
    checks.check_known("images", images)
    checks.check_count("times", times)
    _, height, width, channels = images.shape
    x = tf.reshape(images, [-1, height, 1, width, 1, channels])
    x = tf.tile(x, [1, 1, times, 1, times, 1])
    return tf.reshape(x, [-1, height * times, width * times, channels])
