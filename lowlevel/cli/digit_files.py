"""Reads image files of handwritten digits for a network, and prints what it says."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from lowlevel.checks import DataError, printable
from lowlevel.cli import reading
from lowlevel.files import FilePath

if TYPE_CHECKING:
    from lowlevel.prediction.predictor import Prediction


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


def tell(names: Iterable[object], prediction: "Prediction", class_names: Sequence[str]) -> None:
    """Prints a line for each image: its name, its class, and how probable that is."""
    texts = [printable(name) for name in names]
    longest = max(map(len, texts))
    for name, digit, row in zip(texts, prediction.classes, prediction.probabilities, strict=True):
        print(f"{name:{longest}}  {class_names[digit]}  {row[digit]:.4f}")
