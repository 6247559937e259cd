"""Convolution over images."""

import tensorflow as tf

from lowlevel.checks import check_choice
from lowlevel.ops.window import PADDINGS


def conv2d(x, weights, bias=None, stride=1, padding="SAME"):
    """Convolution of images with a bank of filters, plus a bias for each filter.

    Args:
        x: `[batch, height, width, input channels]`.
        weights: `[window height, window width, input channels, output channels]`.
        bias: `[output channels]`, or None.
        stride: pixels from one window to the next, in both directions.
        padding: "SAME" or "VALID", see `output_size`.

    Returns:
        `[batch, output height, output width, output channels]`, in the dtype of `x`.

    Equals Keras's `Conv2D` (a cross-correlation: the filters are not flipped).
    """
    check_choice("padding", padding, PADDINGS)
    y = tf.nn.conv2d(x, tf.cast(weights, x.dtype), strides=stride, padding=padding)
    return y if bias is None else tf.nn.bias_add(y, tf.cast(bias, x.dtype))
