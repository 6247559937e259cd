"""Reads image files of handwritten digits for a network."""

from collections.abc import Sequence

from lowlevel.checks import DataError
from lowlevel.cli import reading
from lowlevel.files import FilePath


def read(
    paths: Sequence[FilePath], image_shape: tuple, invert: bool | None = None
) -> tuple[list, list]:
    """The files that can be read, and the image in each, float32 [height, width, 1] in [0, 1].

    The others get a line on stderr each. `invert` is that of `lowlevel.data.digit_image.to_digit`.
    """
    from lowlevel.data import digit_image, image_file  # TensorFlow is not needed for --help

    height, width = image_shape[:2]

    def read_digit(path):
        grey = image_file.read_grey(path)
        try:
            return digit_image.to_digit(grey, height, width, invert, path)
        except DataError as error:
            if invert is None:
                raise
            option = "--invert" if invert else "--no-invert"
            raise DataError(f"{error} Without {option} both are tried.") from error

    return reading.read_each(paths, read_digit)
