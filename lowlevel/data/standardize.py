"""Scales images to [0, 1] by the statistics of a training set.

An image is standardized, (x - mean) / std, and the result scaled so that the darkest and the
brightest pixel of the training set become 0 and 1.
"""

import math
from typing import Any

import numpy as np
import tensorflow as tf

from lowlevel.arrays import to_numbers
from lowlevel.checks import ConfigError, DataError, check_number
from lowlevel.ops.checks import to_floats
from lowlevel.types import Tensor

IMAGES_AT_A_TIME = 64
STATISTICS = ("mean", "std", "low", "high")


def statistics_of(images: Any) -> dict[str, float]:
    """The statistics of a training set, read a piece at a time.

    Args:
        images: uint8 images that give `[some, height, width, channels]` for a slice.

    Returns:
        A dict: `mean` and `std` of all pixels, in [0, 1]; `low` and `high`, the smallest and
        the largest pixel after standardizing.

    Raises:
        DataError: there are no images, all pixels are equal, or one is not in 0 to 255.
    """
    counts = np.zeros(256, np.int64)
    for start in range(0, len(images), IMAGES_AT_A_TIME):
        some = to_numbers("images", images[start : start + IMAGES_AT_A_TIME])
        if some.dtype.kind not in "ui" or some.min(initial=0) < 0 or some.max(initial=0) > 255:
            raise DataError(f"images must be whole numbers from 0 to 255, not {some.dtype}.")
        counts += np.bincount(some.reshape(-1), minlength=256)
    if not counts.any():
        raise DataError("there are no training images.")
    levels = np.arange(256) / 255
    mean = float(np.average(levels, weights=counts))
    std = math.sqrt(np.average((levels - mean) ** 2, weights=counts))
    seen = np.flatnonzero(counts)
    if len(seen) < 2:
        raise DataError("all pixels of the training images are alike: there is nothing to learn.")
    low, high = (float((levels[index] - mean) / std) for index in (seen[0], seen[-1]))
    return {"mean": mean, "std": std, "low": low, "high": high}


def check_statistics(statistics: Any) -> dict[str, float]:
    """Returns the statistics as floats. Raises ConfigError if they cannot work."""
    if not isinstance(statistics, dict):
        raise ConfigError(f"statistics must be a dict of {', '.join(STATISTICS)}.")
    checked = {
        name: check_number(name, statistics.get(name), -math.inf, math.inf, low_included=False)
        for name in STATISTICS
    }
    check_number("std", checked["std"], 0, 1, low_included=False)
    check_number("high", checked["high"], checked["low"], math.inf, low_included=False)
    return checked


def apply(images: Tensor, statistics: Any) -> Tensor:
    """Standardizes and scales images.

    Args:
        images: float32 tensor `[batch, height, width, channels]` in [0, 1].
        statistics: what `statistics_of` returned.

    Returns:
        float32 of the same shape, clipped to [0, 1], the range of the training set's pixels.

    Raises:
        ConfigError: the images are whole numbers.
    """
    images = to_floats("images", images)
    standardized = (images - statistics["mean"]) / statistics["std"]
    scaled = (standardized - statistics["low"]) / (statistics["high"] - statistics["low"])
    return tf.clip_by_value(scaled, 0.0, 1.0)
