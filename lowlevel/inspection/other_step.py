"""One training step of another program, as arrays by our names: what a trace is compared with."""

import dataclasses
import itertools
import math
import operator
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lowlevel.arrays import to_numbers
from lowlevel.types import ArrayLike


@dataclasses.dataclass(frozen=True)
class OtherStep:
    """What another program, such as a Keras model, computed in a training step.

    Layers and variables have our names: "c1", "weights/c1", "state/bn1/mean"; arrays have our
    shapes. Only `values` is needed. The more is given, the more is compared.

    Attributes:
        values: by layer, what it gives, `[batch, ...]`. If an activation follows that is a layer
            of its own there, a pair: without it, and with it.
        inputs: by layer, what it takes; a tuple if that is more than one array.
        value_gradients: the gradients of the mean loss by `values`, in the same form.
        gradients: by variable, that of the mean loss.
        before, after: by variable, its value before the step, and after it.
        loss: the mean loss, or None.

    Raises:
        DataError: it holds something other than arrays of numbers.
    """

    values: Mapping[str, Any]
    inputs: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    value_gradients: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    gradients: Mapping[str, ArrayLike] = dataclasses.field(default_factory=dict)
    before: Mapping[str, ArrayLike] = dataclasses.field(default_factory=dict)
    after: Mapping[str, ArrayLike] = dataclasses.field(default_factory=dict)
    loss: float | None = None

    def __post_init__(self) -> None:
        for field in ("values", "inputs", "value_gradients"):
            found = {
                name: tuple(_array(name, part) for part in _as_tuple(value))
                for name, value in getattr(self, field).items()
            }
            object.__setattr__(self, field, found)
        for field in ("gradients", "before", "after"):
            arrays = {name: _array(name, value) for name, value in getattr(self, field).items()}
            object.__setattr__(self, field, arrays)


def fits(shape: Sequence[int], other: Sequence[int]) -> bool:
    """Whether arrays of two shapes can be the same: neighbouring axes of one may be joined.

    Keras's attention has `[width, heads, size]` for our `[width, heads * size]`, for example.
    """
    one, two = (list(itertools.accumulate(sizes, operator.mul)) for sizes in (shape, other))
    joined = set(one) <= set(two) or set(two) <= set(one)
    return one == two or (joined and math.prod(shape) == math.prod(other))


def in_shape(array: np.ndarray | None, shape: Sequence[int]) -> np.ndarray | None:
    """An array in another shape if it fits, else as it is."""
    return array.reshape(shape) if array is not None and fits(array.shape, shape) else array


def _as_tuple(value):
    return tuple(value) if isinstance(value, tuple | list) else (value,)


def _array(name, value):
    """An array of float64 or of whole numbers; None stays None."""
    if value is None:
        return None
    array = to_numbers(name, value)
    return array if array.dtype.kind in "bui" else np.asarray(array, np.float32)
