"""What convolution and pooling share: a window that slides over an image."""

from lowlevel.checks import ConfigError, check_choice

PADDINGS = ("SAME", "VALID")


def output_size(size, window, stride, padding):
    """Height or width after a window has slid over `size` pixels.

    `SAME` pads the image with zeros so that every stride counts: size / stride, rounded up.
    `VALID` pads nothing: (size - window + 1) / stride, rounded up.

    Raises:
        ConfigError: nothing would be left, or the padding is neither of the two.
    """
    check_choice("padding", padding, PADDINGS)
    covered = size if padding == "SAME" else size - window + 1
    if covered < 1:
        raise ConfigError(f"a window of {window} does not fit into {size} pixels without padding.")
    return -(-covered // stride)


def transposed_output_size(size, window, stride, padding):
    """Height or width after a transposed convolution: the largest that `output_size` undoes.

    `SAME` gives size * stride; `VALID` adds what of a window is beyond its stride.

    Raises:
        ConfigError: the padding is neither of the two.
    """
    check_choice("padding", padding, PADDINGS)
    return size * stride + (0 if padding == "SAME" else max(window - stride, 0))
