"""Convolution over images, and its transpose."""

import tensorflow as tf

from lowlevel.ops import checks
from lowlevel.ops.window import check_window, transposed_output_size
from lowlevel.types import ArrayLike, Tensor


def conv2d(
    x: ArrayLike, weights: ArrayLike, bias: ArrayLike = None, stride: int = 1, padding: str = "SAME"
) -> Tensor:
    """Convolution of images with filters, plus a bias for each filter.

    Args:
        x: `[batch, height, width, input channels]`.
        weights: `[window height, window width, input channels, output channels]`.
        bias: `[output channels]`, or None.
        stride: pixels from one window to the next, in both directions.
        padding: "SAME" or "VALID", see `output_size`.

    Returns:
        `[batch, output height, output width, output channels]`, in the dtype of `x`.

    Raises:
        ConfigError: shapes do not fit, the input does not hold floats, or is too small.

    Equals Keras's `Conv2D` (a cross-correlation: the filters are not flipped).
    """
    x = checks.to_images("x", checks.to_floats("x", x))
    checks.check_axes(
        x=(x, "batch, height, width, input channels"),
        weights=(weights, "window height, window width, input channels, output channels"),
        bias=(bias, "output channels"),
    )
    window_height, window_width = weights.shape[:2]
    check_window(x, window_height, window_width, stride, padding)
    y = tf.nn.conv2d(x, tf.cast(weights, x.dtype), strides=stride, padding=padding)
    return y if bias is None else tf.nn.bias_add(y, tf.cast(bias, x.dtype))


def conv2d_transpose(
    x: ArrayLike, weights: ArrayLike, bias: ArrayLike = None, stride: int = 1, padding: str = "SAME"
) -> Tensor:
    """Spreads each pixel over a window, `stride` pixels apart, and adds up where windows overlap.

    It is the gradient of `conv2d` with respect to its input, so it enlarges what `conv2d` shrinks:
    a stride of 2 doubles height and width.

    Args:
        x: `[batch, height, width, input channels]`; all sizes but the batch must be known.
        weights: `[window height, window width, output channels, input channels]`.
        bias: `[output channels]`, or None.
        stride: pixels from one window to the next, in both directions.
        padding: "SAME" or "VALID", see `transposed_output_size`.

    Returns:
        `[batch, output height, output width, output channels]`, in the dtype of `x`.

    Raises:
        ConfigError: shapes do not fit, or the input does not hold floats.

    Equals Keras's `Conv2DTranspose`. Images of one pixel take a faster way, `_spread_one_pixel`.
    """
    x = checks.to_images("x", checks.to_floats("x", x))
    checks.check_axes(
        x=(x, "batch, height, width, input channels"),
        weights=(weights, "window height, window width, output channels, input channels"),
        bias=(bias, "output channels"),
    )
    checks.check_known("x", x)
    window_height, window_width, channels, _ = weights.shape
    height = transposed_output_size(x.shape[1], window_height, stride, padding)
    width = transposed_output_size(x.shape[2], window_width, stride, padding)
    weights = tf.cast(weights, x.dtype)
    if x.shape[1:3] == [1, 1] and (height, width) == (window_height, window_width):
        y = _spread_one_pixel(x, weights)
    else:
        y = tf.nn.conv2d_transpose(
            x,
            weights,
            output_shape=[tf.shape(x)[0], height, width, channels],
            strides=stride,
            padding=padding,
        )
        y = tf.ensure_shape(y, [None, height, width, channels])
    return y if bias is None else tf.nn.bias_add(y, tf.cast(bias, x.dtype))


def _spread_one_pixel(x, weights):
    """What `conv2d_transpose` does to one pixel, whose window is the whole output: `x w^T`.

    A matrix product, forward and in its gradients, takes a third of the time of a convolution.
    """
    window_height, window_width, channels, inputs = weights.shape
    rows = tf.reshape(weights, [window_height * window_width * channels, inputs])
    y = tf.matmul(tf.reshape(x, [-1, inputs]), rows, transpose_b=True)
    return tf.reshape(y, [-1, window_height, window_width, channels])
