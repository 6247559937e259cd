"""What convolution and pooling share: a window that slides over an image."""

from lowlevel.checks import ConfigError, check_choice

PADDINGS = ("SAME", "VALID")


def output_size(size, window, stride, padding):
    """Height or width of the result when a window slides over `size` pixels.

    "SAME" pads the image so that windows reach every pixel: size / stride, rounded up.
    "VALID" does not pad: (size - window + 1) / stride, rounded up.

    Raises:
        ConfigError: the window does not fit, or the padding is neither of the two.
    """
    check_choice("padding", padding, PADDINGS)
    covered = size if padding == "SAME" else size - window + 1
    if covered < 1:
        raise ConfigError(f"a window of {window} does not fit into {size} pixels without padding.")
    return -(-covered // stride)


def transposed_output_size(size, window, stride, padding):
    """Height or width after a transposed convolution: `output_size` takes it back to `size`.

    "SAME" gives size * stride. "VALID" adds window - stride to it if the window is the larger.

    Raises:
        ConfigError: the padding is neither of the two.
    """
    check_choice("padding", padding, PADDINGS)
    return size * stride + (0 if padding == "SAME" else max(window - stride, 0))
