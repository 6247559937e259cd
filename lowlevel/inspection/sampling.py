"""What is kept of a large array: its first examples, and some of its channels."""

import dataclasses

import numpy as np

from lowlevel.inspection.array_statistics import ArrayStatistics


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
    statistics: ArrayStatistics
    channels: tuple[int, ...] | None = None
    note: str = ""

    @classmethod
    def of(cls, array: np.ndarray, max_bytes: int) -> "Kept":
        """Keeps at most `max_bytes` of an array, or one number of each axis but the last.

        The first axis is that of examples where there is one; weights, whose first axis is
        something else, lose channels alone.
        """
        statistics, notes, channels = ArrayStatistics.of(array), [], None
        if array.nbytes > max_bytes and array.ndim:
            per_example = array.nbytes // len(array)
            examples = max(1, max_bytes // max(1, per_example))
            if examples < len(array):
                notes.append(f"the first {examples} of {len(array)} along the first axis")
                array = array[:examples]
        if array.nbytes > max_bytes and array.ndim:
            count = array.shape[-1]
            kept = max(1, max_bytes * count // array.nbytes)
            channels = tuple(int(i) for i in np.linspace(0, count - 1, kept).round())
            notes.append(f"{kept} of {count} channels")
            array = array[..., channels]
        return cls(array, statistics, channels, ", ".join(notes))
