"""How the numbers of an array are spread: what can be said of them in one line."""

import dataclasses
import math

import numpy as np

from lowlevel.types import ArrayLike


@dataclasses.dataclass(frozen=True)
class Spread:
    """Figures of the finite numbers of an array, nan if it has none; complex ones are unknown.

    Attributes:
        shape: the array's.
        dtype: the name of its dtype.
        minimum: the smallest number.
        maximum: the largest.
        mean: their mean.
        deviation: their standard deviation, which divides by n.
        zeros: the share of all numbers that are 0, in [0, 1].
        nonfinite: how many numbers are infinite or not numbers.
    """

    shape: tuple[int, ...]
    dtype: str
    minimum: float = math.nan
    maximum: float = math.nan
    mean: float = math.nan
    deviation: float = math.nan
    zeros: float = math.nan
    nonfinite: int = 0

    def __str__(self) -> str:
        shape = " x ".join(map(str, self.shape)) or "one number"
        words = [f"{self.dtype} {shape}"]
        if not math.isnan(self.minimum):
            words += [
                f"{self.minimum:.4g} to {self.maximum:.4g}",
                f"mean {self.mean:.4g}",
                f"deviation {self.deviation:.4g}",
                f"zeros {self.zeros:.1%}",
            ]
        if self.nonfinite:
            words.append(f"not finite: {self.nonfinite:,}")
        return ", ".join(words)


def of(array: ArrayLike) -> Spread:
    """The `Spread` of an array, a tensor or a variable; of texts and the like, shape and dtype."""
    array = np.asarray(array)
    dtype = array.dtype.name
    if dtype == "bfloat16":  # which numpy does not count among its floats
        array = array.astype(np.float32)
    if array.dtype.kind not in "biuf" or not array.size:
        return Spread(array.shape, dtype)
    finite = array[np.isfinite(array)]
    zeros, nonfinite = float(np.mean(array == 0)), array.size - finite.size
    if not finite.size:
        return Spread(array.shape, dtype, zeros=zeros, nonfinite=nonfinite)
    wide = finite.astype(np.float64)
    low, high, mean, deviation = (float(f(wide)) for f in (np.min, np.max, np.mean, np.std))
    return Spread(array.shape, dtype, low, high, mean, deviation, zeros, nonfinite)
