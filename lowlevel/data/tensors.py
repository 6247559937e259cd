"""Checks arrays of any numeric type and converts them to the tensors that steps take."""

import numpy as np
import tensorflow as tf

from lowlevel.checks import DataError
from lowlevel.data.on_disk import OnDisk, is_on_disk
from lowlevel.types import Nest, Tensor

WEIGHTS = tf.TensorSpec([None], tf.float32, name="sample weights")


def to_tensors(nest: Nest, spec: Nest = None) -> Nest:
    """Arrays as tensors: int32 or float32, or what the `spec` says.

    An array of several numbers for each example that is mapped from a file becomes an `OnDisk`: it
    is converted, and its numbers checked, as its rows are read.

    Raises:
        DataError: structure or shapes differ from the spec, or a number is not finite or does not
            fit int32.
    """
    try:
        if isinstance(nest, list):  # of several inputs, or an array
            nest = tuple(nest) if isinstance(spec, tuple) else _plain(nest)
        if spec is None:
            return tf.nest.map_structure(_to_tensor, nest)
        if _describe(spec) != _describe(nest):
            raise ValueError(f"they must be {_describe(spec)}, not {_describe(nest)}")
        return tf.nest.map_structure(_to_tensor, nest, spec)
    except (TypeError, ValueError, tf.errors.OpError) as error:
        reason = str(error).splitlines()[0].rstrip(".:")
        raise DataError(f"the arrays do not fit the model: {reason}.") from error


def check_inputs(name: str, spec: tf.TensorSpec, tensor: Tensor | tf.TensorSpec) -> None:
    """Refuses a tensor of another shape than its spec, and bytes in place of images.

    Bytes from 0 to 255, cast to floats as they are, would train all the same, and badly.

    Raises:
        DataError: the shape differs; or the spec is of floats with four axes, `[batch, height,
            width, channels]`, and the tensor of whole numbers.
    """
    if not spec.shape.is_compatible_with(tensor.shape):
        hint = ""
        if spec.shape.rank and spec.shape[1:].is_compatible_with(tensor.shape):
            one = "add a batch axis to a single one: x[None]"
            hint = f"; {one if tf.executing_eagerly() else 'batch a dataset: .batch(32)'}"
        elif spec.shape.rank == 4 and spec.shape.is_compatible_with([*tensor.shape, 1]):
            hint = "; add the axis of channels: x[..., None]"
        raise DataError(f"{name} must be {spec.shape}, not {tensor.shape}{hint}.")
    if spec.shape.rank == 4 and spec.dtype.is_floating and tensor.dtype.is_integer:
        raise DataError(
            f"{name} must be floats in [0, 1], not {tensor.dtype.name}: divide bytes by 255 (a "
            f"network that does so itself has an input_spec of that dtype)."
        )


def _describe(nest):
    """The structure of inputs, in words."""
    if isinstance(nest, dict):
        return f"a dict of {', '.join(f'{name!r}' for name in sorted(nest))}"
    return f"a tuple of {len(nest)}" if isinstance(nest, tuple) else "an array"


def _to_tensor(array, spec=None):
    if isinstance(array, OnDisk):
        return array
    if is_on_disk(array):
        form = tf.TensorSpec(array.shape, tf.as_dtype(_plain(array).dtype.newbyteorder("=")))
        dtype = _dtype_for(form, spec)
        return OnDisk(array, dtype, lambda rows: _convert(rows, spec, dtype))
    tensor = array if tf.is_tensor(array) else tf.convert_to_tensor(_plain(array))
    return _convert(tensor, spec, _dtype_for(tensor, spec))


def _dtype_for(tensor, spec):
    """What a tensor is to be converted to. Raises ValueError if its dtype or shape does not fit."""
    name = _name(spec)
    if tensor.dtype.is_complex or tensor.dtype == tf.string:
        raise ValueError(f"{name} must be real numbers, not {tensor.dtype.name}")
    dtype = spec.dtype if spec is not None else _dtype_of_targets(tensor.dtype)
    if spec is not None:
        check_inputs(name, spec, tensor)
    if dtype.is_integer and tensor.dtype.is_floating:
        raise ValueError(f"{name} must be whole numbers, not {tensor.dtype.name}")
    return dtype


def _name(spec):
    return "targets" if spec is None else spec.name or "inputs"


def _convert(tensor, spec, dtype):
    name = _name(spec)
    if dtype == tf.int32 and tensor.dtype.is_integer:
        return _to_int32(tensor)
    tensor = tf.cast(tensor, dtype)
    if spec is WEIGHTS:
        tensor = _check(tensor, tensor >= 0, f"{name} must be at least 0")
    if dtype.is_floating:
        message = f"{name} hold a number that is not finite"
        tensor = _check(tensor, tf.math.is_finite(tensor), message)
    return tensor


def _plain(array):
    if isinstance(array, np.ma.MaskedArray):
        raise ValueError("a masked array's mask would be lost; fill it or leave its rows out")
    try:
        plain = np.asarray(array)
    except ValueError:
        raise ValueError("lists must be even, all rows of one length") from None
    if plain.dtype == object:
        is_sequence = isinstance(array, np.ndarray | list | tuple)
        what = "objects" if is_sequence else type(array).__name__
        raise ValueError(f"they must be numbers, not {what}")
    return plain


def _dtype_of_targets(dtype):
    if dtype.is_integer:
        return tf.int32
    return tf.float32 if dtype.is_floating else dtype


def _check(tensor, fits, message):
    """Returns the tensor if it fits everywhere; in a graph that is seen with the first batch."""
    if not tf.executing_eagerly():
        with tf.control_dependencies([tf.debugging.Assert(tf.reduce_all(fits), [message])]):
            return tf.identity(tensor)
    if not tf.reduce_all(fits):
        raise ValueError(message)
    return tensor


def _to_int32(tensor):
    if tensor.dtype.size < 4 or tensor.dtype == tf.int32:
        return tf.cast(tensor, tf.int32)
    whole = tf.cast(tensor, tf.int32)
    fits = tf.cast(whole, tensor.dtype) == tensor
    if tensor.dtype.is_unsigned:
        fits &= whole >= 0
    return _check(whole, fits, "a whole number does not fit into 32 bits; pass targets as floats")
