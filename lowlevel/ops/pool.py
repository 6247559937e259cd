"""Pooling over images."""

import tensorflow as tf

from lowlevel.ops import checks
from lowlevel.ops.window import check_window
from lowlevel.types import ArrayLike, Tensor


def max_pool2d(
    x: ArrayLike, window: int = 2, stride: int | None = None, padding: str = "SAME"
) -> Tensor:
    """The largest value of each channel in each window.

    Args:
        x: `[batch, height, width, channels]`.
        window: height and width of the window.
        stride: pixels from one window to the next; None makes it the size of the window.
        padding: "SAME" (a size of 7 becomes 4) or "VALID" (7 becomes 3), see `output_size`.

    Returns:
        `[batch, output height, output width, channels]`.

    Raises:
        ConfigError: `x` is not images, or the window does not fit.

    Equals Keras's `MaxPooling2D`, whose default is VALID.
    """
    x = checks.to_images("x", x)
    stride = window if stride is None else stride
    check_window(x, window, window, stride, padding)
    return tf.nn.max_pool2d(x, ksize=window, strides=stride, padding=padding)


def avg_pool2d(
    x: ArrayLike, window: int = 2, stride: int | None = None, padding: str = "SAME"
) -> Tensor:
    """The mean of each channel in each window; padding is not counted.

    Arguments, result and errors are those of `max_pool2d`; `x` holds floats. Equals Keras's
    `AveragePooling2D`, whose default is VALID.
    """
    x = checks.to_images("x", checks.to_floats("x", x))
    stride = window if stride is None else stride
    check_window(x, window, window, stride, padding)
    return tf.nn.avg_pool2d(x, ksize=window, strides=stride, padding=padding)


def global_max_pool2d(x: ArrayLike) -> Tensor:
    """The largest value of each channel: `[batch, height, width, channels]` to `[batch, channels]`.

    Equals Keras's `GlobalMaxPooling2D`. Raises ConfigError if `x` is not images.
    """
    return tf.reduce_max(checks.to_images("x", x), axis=[1, 2])


def global_avg_pool2d(x: ArrayLike) -> Tensor:
    """The mean of each channel: `[batch, height, width, channels]` to `[batch, channels]`.

    Equals Keras's `GlobalAveragePooling2D`. Raises ConfigError if `x` is not images of floats.
    """
    return tf.reduce_mean(checks.to_images("x", checks.to_floats("x", x)), axis=[1, 2])
