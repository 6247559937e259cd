"""What convolution and pooling share: a window that slides over an image."""

from lowlevel.checks import ConfigError, check_choice
from lowlevel.ops import checks
from lowlevel.types import Tensor

PADDINGS = ("SAME", "VALID")


def output_size(size: int, window: int, stride: int, padding: str) -> int:
    """Height or width of the result when a window slides over `size` pixels.

    "SAME" pads the image so that windows reach every pixel: size / stride, rounded up.
    "VALID" does not pad: (size - window + 1) / stride, rounded up.

    Raises:
        ConfigError: the window does not fit, the padding is neither of the two, or a number is not
            a whole number above 0.
    """
    check_steps(window, stride, padding)
    checks.check_count("size", size)
    covered = size if padding == "SAME" else size - window + 1
    if covered < 1:
        raise ConfigError(f"a window of {window} does not fit into {size} pixels without padding.")
    return -(-covered // stride)


def transposed_output_size(size: int, window: int, stride: int, padding: str) -> int:
    """Height or width after a transposed convolution: `output_size` takes it back to `size`.

    "SAME" gives size * stride. "VALID" adds window - stride to it if the window is the larger.

    Raises:
        ConfigError: the padding is neither of the two, or a number is not a whole number above 0.
    """
    check_steps(window, stride, padding)
    checks.check_count("size", size)
    return size * stride + (0 if padding == "SAME" else max(window - stride, 0))


def check_steps(window: int, stride: int, padding: str) -> None:
    """Refuses what TensorFlow would round, or end the process for. Raises ConfigError."""
    check_choice("padding", padding, PADDINGS)
    checks.check_count("window", window)
    checks.check_count("stride", stride)


def check_window(x: Tensor, height: int, width: int, stride: int, padding: str) -> None:
    """Raises ConfigError if a window cannot slide over images `[batch, height, width, channels]`.

    Some of TensorFlow's kernels give a wrong shape where it does not fit.
    """
    for size, window in ((x.shape[1], height), (x.shape[2], width)):
        check_steps(window, stride, padding)
        if size is not None:
            output_size(size, window, stride, padding)
