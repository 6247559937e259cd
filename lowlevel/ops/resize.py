"""Changing the size of images."""

import tensorflow as tf


def resize_bilinear(images, height, width):
    """Images in another size, each pixel a weighted mean of its nearest neighbours.

    Args:
        images: `[batch, height, width, channels]`, any number dtype.
        height, width: the new size in pixels.

    Returns:
        float32 `[batch, height, width, channels]`. When an image shrinks, the mean is taken over
        all the pixels that a new one covers, so that none is lost.
    """
    return tf.image.resize(images, [height, width], method="bilinear", antialias=True)


def upsample_nearest(images, times):
    """Each pixel repeated `times` down and across.

    Args:
        images: `[batch, height, width, channels]`; all but the batch must be known.
        times: a whole number above 0.

    Returns:
        `[batch, height * times, width * times, channels]`. Equals Keras's `UpSampling2D`.
    """
    _, height, width, channels = images.shape
    x = tf.reshape(images, [-1, height, 1, width, 1, channels])
    x = tf.tile(x, [1, 1, times, 1, times, 1])
    return tf.reshape(x, [-1, height * times, width * times, channels])
