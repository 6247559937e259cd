"""Predicting an image from several views of it: mirrored, and moved by a pixel."""

from typing import Any

import numpy as np

from lowlevel.arrays import to_numbers
from lowlevel.checks import DataError
from lowlevel.prediction.predictor import Prediction, Predictor
from lowlevel.progress import Progress
from lowlevel.types import ArrayLike

PLACES = ((0, 0), (-1, -1), (-1, 1), (1, -1), (1, 1))  # pixels down and across


def predict(predictor: Predictor, images: ArrayLike, quiet: bool = True) -> Prediction:
    """Means of the probabilities of ten views of each image.

    The views are the image and its mirror image, each unmoved and moved by one pixel along both
    diagonals; pixels from outside the image mirror its border.

    Args:
        predictor: a `Predictor` of a network that classifies.
        images: as `Predictor.predict` takes them, with the batch axis.
        quiet: show no progress.

    Returns:
        A `Prediction`.

    Raises:
        DataError: they are no batch of images.

    Source: the ten crops of Krizhevsky et al. (2012), with smaller moves.
    """
    images = to_numbers("images", images)
    if images.ndim != 4:
        raise DataError(
            f"images must be [batch, height, width, channels], not {list(images.shape)}."
        )
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="reflect")
    height, width = images.shape[1:3]
    views = [(place, mirrored) for place in PLACES for mirrored in (False, True)]
    total: Any = 0
    with Progress("predicting ten views", len(views), quiet=quiet) as progress:
        for (down, across), mirrored in views:
            view = padded[:, 1 + down : 1 + down + height, 1 + across : 1 + across + width]
            view = view[:, :, ::-1] if mirrored else view
            total = total + predictor.predict(view).probabilities
            progress.advance()
    probabilities = total / len(views)
    return Prediction(probabilities.argmax(axis=1), probabilities)
