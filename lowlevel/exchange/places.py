"""Where each variable of ours is in a file of another program, and in what shape."""

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import tensorflow as tf

from lowlevel.checks import CheckpointError
from lowlevel.files import FilePath
from lowlevel.storage import checkpoint


@dataclasses.dataclass(frozen=True)
class Place:
    """A variable of ours in a file.

    Attributes:
        ours: our name for it, such as `weights/c1`.
        theirs: the file's.
        shape: its shape in the file.
        split: the shape that ours is first given, if its axes are to be split or joined.
        axes: the order of the axes of `split` in the file; None leaves them as they are.
    """

    ours: str
    theirs: str
    shape: tuple[int, ...]
    split: tuple[int, ...] | None = None
    axes: tuple[int, ...] | None = None

    def to_theirs(self, array: np.ndarray) -> np.ndarray:
        """Our array as the file holds it."""
        split = array.reshape(array.shape if self.split is None else self.split)
        moved = split if self.axes is None else split.transpose(self.axes)
        return np.ascontiguousarray(moved).reshape(self.shape)

    def to_ours(self, array: np.ndarray, shape: Sequence[int]) -> np.ndarray:
        """The file's array in our shape."""
        if self.axes is not None:
            split = tuple(shape) if self.split is None else self.split
            there = array.reshape([split[axis] for axis in self.axes])
            array = there.transpose(np.argsort(self.axes))
        return np.ascontiguousarray(array).reshape(tuple(shape))

    def line(self, shape: Sequence[int]) -> tuple[str, str, str, str]:
        """The row of a table: our name, our shape, the file's name, the file's shape."""
        return self.ours, str(list(shape)), self.theirs, str(list(self.shape))


def check(
    places: Iterable[Place], found: Mapping[str, tuple], path: FilePath, dtype: str = "float32"
) -> None:
    """Compares what a file holds with what is needed, before any number is read.

    Args:
        places: where the variables should be.
        found: (dtype, shape) of each array of the file by name.
        path: the file, for the message.
        dtype: what the arrays must be, as the file writes it.

    Raises:
        CheckpointError: a name is missing or left over, or a shape or a dtype differs.
    """
    expected = {place.theirs: place for place in places}
    missing, left_over = sorted(expected.keys() - found), sorted(found.keys() - expected.keys())
    if missing:
        raise CheckpointError(f"{path} lacks {_few(missing, expected)}.")
    if left_over:
        raise CheckpointError(f"{path} holds {_few(left_over)}, which nothing here uses.")
    for name, place in expected.items():
        there_dtype, there_shape = found[name]
        there = f"{there_dtype} {list(there_shape)}"
        if there != f"{dtype} {list(place.shape)}":
            raise CheckpointError(
                f"{name} in {path} is {there}, but {dtype} {list(place.shape)} is needed "
                f"for {place.ours}."
            )


def _few(names, places=None):
    """Some names for a message, with ours behind theirs."""
    shown = [f"{name} ({places[name].ours})" if places else name for name in names[:5]]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


def assign(
    places: Iterable[Place],
    arrays: Mapping[str, np.ndarray],
    variables: Mapping[str, tf.Variable],
    path: FilePath,
) -> None:
    """Gives variables the arrays of a file: all, or none if there is an error.

    Raises:
        CheckpointError: a number is not finite.
    """
    values = {
        place.ours: place.to_ours(arrays[place.theirs], variables[place.ours].shape.as_list())
        for place in places
    }
    checkpoint.check_finite(values, path)
    for name, value in values.items():
        variables[name].assign(value)


def size(places: Iterable[Place]) -> int:
    """How many bytes the variables take in float32."""
    return 4 * sum(math.prod(place.shape) for place in places)


def table(places: Iterable[Place], variables: Mapping[str, tf.Variable]) -> str:
    """Lines of text: our name and shape of each variable, and those in the file."""
    rows = [place.line(variables[place.ours].shape.as_list()) for place in places]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
    return "\n".join(lines)
