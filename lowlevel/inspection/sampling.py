"""What is kept of a large array: some of its channels, and the statistics of the whole."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from lowlevel.inspection import spread


@dataclasses.dataclass(frozen=True)
class Kept:
    """An array, or as much of it as there is room for.

    Attributes:
        array: what is kept.
        statistics: those of the whole array.
        channels: which numbers of the last axis are kept; None for all.
        note: in words what is kept; "" if it is all.
    """

    array: np.ndarray
    statistics: spread.Spread
    channels: tuple[int, ...] | None = None
    note: str = ""

    @classmethod
    def of(cls, array: np.ndarray, max_bytes: int) -> "Kept":
        """Keeps at most `max_bytes` of an array, and at least one channel."""
        return cls(array, spread.of(array)).cut(max_bytes)

    def cut(self, max_bytes: int) -> "Kept":
        """Keeps at most that much of it, evenly spaced channels of the last axis, at least one."""
        array, channels, notes = self.array, self.channels, [self.note] if self.note else []
        if array.nbytes > max_bytes and array.ndim > 1:
            count = array.shape[-1]
            kept = max(1, max_bytes * count // array.nbytes)
            chosen = np.linspace(0, count - 1, kept).round().astype(int)
            channels = tuple(int(i if channels is None else channels[i]) for i in chosen)
            notes.append(f"{kept} of {count} channels")
            array = array[..., chosen]
        return Kept(array, self.statistics, channels, ", ".join(notes))

    def of_channels(self, channels: Sequence[int]) -> "Kept":
        """Keeps these channels of the last axis; they must be among those that it has."""
        there = range(self.array.shape[-1]) if self.channels is None else self.channels
        chosen = [there.index(channel) for channel in channels]
        return dataclasses.replace(
            self, array=self.array[..., chosen], channels=tuple(channels)
        )  # fmt: skip

    def first_examples(self, count: int) -> "Kept":
        """Keeps the first examples, along the first axis."""
        if self.array.ndim == 0 or len(self.array) <= count:
            return self
        return dataclasses.replace(self, array=self.array[:count])
