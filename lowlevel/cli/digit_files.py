"""Reads image files of handwritten digits for a network, and prints what it says."""

from lowlevel.checks import DataError, printable
from lowlevel.cli import reading


def read(paths, image_shape, invert=None):
    """The files that can be read, and the image in each, float32 [height, width, 1] in [0, 1].

    The others get a line on stderr each. `invert` is that of `lowlevel.data.digit_image.to_digit`.
    """
    from lowlevel.data import digit_image, image_file  # TensorFlow is not needed for --help

    def read_digit(path):
        grey = image_file.read_grey(path)
        try:
            return digit_image.to_digit(grey, *image_shape[:2], invert, path)
        except DataError as error:
            if invert is None:
                raise
            option = "--invert" if invert else "--no-invert"
            raise DataError(f"{error} Without {option} both are tried.") from error

    return reading.read_each(paths, read_digit)


def tell(names, prediction, class_names):
    """Prints a line for each image: its name, its class, and how probable that is."""
    names = [printable(name) for name in names]
    longest = max(map(len, names))
    for name, digit, row in zip(names, prediction.classes, prediction.probabilities, strict=True):
        print(f"{name:{longest}}  {class_names[digit]}  {row[digit]:.4f}")
