"""Pooling over images."""

import tensorflow as tf

from lowlevel.checks import check_choice
from lowlevel.ops.window import PADDINGS


def max_pool2d(x, window=2, stride=None, padding="SAME"):
    """The largest value of each channel in each window.

    Args:
        x: `[batch, height, width, channels]`.
        window: height and width of the window.
        stride: pixels from one window to the next; None makes it the size of the window.
        padding: "SAME" (a size of 7 becomes 4) or "VALID" (7 becomes 3), see `output_size`.

    Returns:
        `[batch, output height, output width, channels]`.

    Equals Keras's `MaxPooling2D`, whose default is VALID.
    """
    check_choice("padding", padding, PADDINGS)
    stride = window if stride is None else stride
    return tf.nn.max_pool2d(x, ksize=window, strides=stride, padding=padding)


def avg_pool2d(x, window=2, stride=None, padding="SAME"):
    """The mean of each channel in each window; padding is not counted.

    Arguments and result are those of `max_pool2d`. Equals Keras's `AveragePooling2D`, whose
    default is VALID.
    """
    check_choice("padding", padding, PADDINGS)
    stride = window if stride is None else stride
    return tf.nn.avg_pool2d(x, ksize=window, strides=stride, padding=padding)


def global_max_pool2d(x):
    """The largest value of each channel: `[batch, height, width, channels]` to `[batch, channels]`.

    Equals Keras's `GlobalMaxPooling2D`.
    """
    return tf.reduce_max(x, axis=[1, 2])


def global_avg_pool2d(x):
    """The mean of each channel: `[batch, height, width, channels]` to `[batch, channels]`.

    Equals Keras's `GlobalAveragePooling2D`.
    """
    return tf.reduce_mean(x, axis=[1, 2])
