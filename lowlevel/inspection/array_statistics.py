"""What is said of an array: its range, mean and deviation, and how much of it is zero."""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class ArrayStatistics:
    """Statistics of the finite numbers of an array; NaN if there are none.

    Attributes:
        shape: the array's.
        minimum, maximum, mean: of its numbers.
        deviation: their standard deviation, the sum of squares divided by n.
        zeros: the share of its numbers that are 0, in [0, 1].
        nonfinite: how many numbers are infinite or NaN.
    """

    shape: tuple[int, ...]
    minimum: float
    maximum: float
    mean: float
    deviation: float
    zeros: float
    nonfinite: int

    @classmethod
    def of(cls, array: np.ndarray) -> "ArrayStatistics":
        """The statistics of an array of any numbers or bools; those of few bits are widened."""
        numbers = np.asarray(array).astype(np.float64)
        finite = numbers[np.isfinite(numbers)]
        if finite.size:
            found = finite.min(), finite.max(), finite.mean(), finite.std()
        else:
            found = (np.nan,) * 4
        zeros = np.count_nonzero(numbers == 0) / max(1, numbers.size)
        nonfinite = numbers.size - finite.size
        low, high, mean, deviation = map(float, found)
        return cls(tuple(numbers.shape), low, high, mean, deviation, zeros, nonfinite)

    def __str__(self) -> str:
        text = (
            f"{' x '.join(map(str, self.shape)) or 'one number'}: {self.minimum:.4g} to "
            f"{self.maximum:.4g}, mean {self.mean:.4g}, deviation {self.deviation:.4g}, "
            f"{self.zeros:.0%} zeros"
        )
        return f"{text}, {self.nonfinite} not finite" if self.nonfinite else text
