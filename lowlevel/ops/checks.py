"""What ops refuse: arrays that are not numbers, and shapes that do not fit one another.

Shapes are compared as far as they are known before anything is computed, so that a check costs
nothing in a compiled graph.
"""

import numpy as np
import tensorflow as tf

from lowlevel.checks import ConfigError, check_integer, reason_of
from lowlevel.types import ArrayLike, Tensor

LARGEST = 2**31 - 1  # a window or stride beyond it ends the process in TensorFlow


def to_tensor(name: str, value: ArrayLike) -> Tensor:
    """An array, list or tensor as a tensor. Raises ConfigError unless it holds real numbers."""
    if not tf.is_tensor(value):
        if isinstance(value, np.ma.MaskedArray):
            raise ConfigError(f"{name} must not be masked: fill it, or leave its rows out.")
        try:
            value = tf.convert_to_tensor(value)
        except (TypeError, ValueError) as error:
            raise ConfigError(f"{name} must be an array of numbers: {reason_of(error)}.") from error
    if not (value.dtype.is_floating or value.dtype.is_integer or value.dtype.is_bool):
        raise ConfigError(f"{name} must hold real numbers, not {value.dtype.name}.")
    return value


def to_floats(name: str, value: ArrayLike) -> Tensor:
    """An array, list or tensor as a tensor. Raises ConfigError unless it holds floats.

    Most ops would cast their weights to whole numbers for an input of whole numbers.
    """
    value = to_tensor(name, value)
    if not value.dtype.is_floating:
        raise ConfigError(f"{name} must hold floats, not {value.dtype.name}: cast it first.")
    return value


def to_images(name: str, value: ArrayLike) -> Tensor:
    """An array, list or tensor as a tensor of images. Raises ConfigError unless it has four axes.

    It must not be empty either: some of TensorFlow's ops then give a wrong shape, or NaN.
    """
    images = to_tensor(name, value)
    check_axes(**{name: (images, "batch, height, width, channels")})
    if images.shape.rank and 0 in images.shape.as_list():
        raise ConfigError(f"{name} must not be empty, not {images.shape.as_list()}.")
    return images


def check_axes(**arguments: tuple[ArrayLike, str]) -> None:
    """Refuses tensors whose shapes do not fit, as far as they are known.

    Args:
        arguments: by name, a tensor or array (or None) and its axes as in a docstring, such as
            `x=(x, "batch, inputs"), weights=(weights, "inputs, outputs")`. Axes of one name must
            have one size; a number is the size itself; "..." in front is any number of axes.

    Raises:
        ConfigError: a rank is wrong, or two sizes differ that must be the same.
    """
    seen = {}
    for name, (value, axes) in arguments.items():
        shape = _shape(name, value)
        if shape is None:
            continue
        wanted, sizes = axes.split(", "), shape
        if wanted[0] == "...":
            wanted = wanted[1:]
            sizes = shape[-len(wanted) :]
        if len(sizes) != len(wanted):
            raise ConfigError(f"{name} must be [{axes}], not {shape}.")
        for axis, size in zip(wanted, sizes, strict=True):
            if size is None:
                continue
            if axis.isdigit() and size != int(axis):
                raise ConfigError(f"{name} must be [{axes}], not {shape}.")
            known, other = seen.setdefault(axis, (size, f"{name} {shape}"))
            if size != known:
                raise ConfigError(
                    f"{other} and {name} {shape} must have the same {axis}, not {known} and {size}."
                )


def _shape(name, value):
    """The shape of a value as a list; None if it has none, or its rank is unknown."""
    if value is None:
        return None
    try:
        shape = tf.TensorShape(value.shape if hasattr(value, "shape") else np.shape(value))
    except ValueError:
        raise ConfigError(f"{name} must be an even list, all rows of one length.") from None
    return None if shape.rank is None else shape.as_list()


def check_known(name: str, x: Tensor) -> None:
    """Raises ConfigError unless all sizes of a tensor but the first are known, and above 0."""
    sizes = x.shape[1:]
    if not sizes.is_fully_defined() or 0 in sizes.as_list():
        raise ConfigError(
            f"all sizes of {name} but the first must be known and above 0, not {x.shape}."
        )


def check_count(name: str, value: int) -> int:
    """Returns a number of pixels or the like as an int. Raises ConfigError unless it is above 0."""
    return check_integer(name, value, 1, LARGEST)
