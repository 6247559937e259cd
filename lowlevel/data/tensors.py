"""Checks arrays of any numeric type and converts them to the tensors that steps take."""

import numpy as np
import tensorflow as tf

from lowlevel.checks import DataError

WEIGHTS = tf.TensorSpec([None], tf.float32, name="sample weights")


def to_tensors(nest, spec=None):
    """Arrays as tensors: int32 or float32, or what the `spec` says.

    Raises:
        DataError: structure or shapes differ from the spec, or a number is not finite or does not
            fit int32.
    """
    try:
        if isinstance(nest, list):  # of several inputs, or an array
            nest = tuple(nest) if isinstance(spec, tuple) else np.asarray(nest)
        if spec is None:
            return tf.nest.map_structure(_to_tensor, nest)
        if _describe(spec) != _describe(nest):
            raise ValueError(f"they must be {_describe(spec)}, not {_describe(nest)}")
        return tf.nest.map_structure(_to_tensor, nest, spec)
    except (TypeError, ValueError, tf.errors.OpError) as error:
        reason = str(error).splitlines()[0].rstrip(".:")
        raise DataError(f"the arrays do not fit the model: {reason}.") from error


def _describe(nest):
    """The structure of inputs, in words."""
    if isinstance(nest, dict):
        return f"a dict of {', '.join(f'{name!r}' for name in sorted(nest))}"
    return f"a tuple of {len(nest)}" if isinstance(nest, tuple) else "an array"


def _to_tensor(array, spec=None):
    tensor = array if tf.is_tensor(array) else tf.convert_to_tensor(np.asarray(array))
    name = "targets" if spec is None else spec.name or "inputs"
    can_be_seen = tensor.dtype.is_floating and tf.executing_eagerly()
    if can_be_seen and not tf.reduce_all(tf.math.is_finite(tensor)):
        raise ValueError(f"{name} hold a number that is not finite")
    if spec is None:
        if tensor.dtype.is_integer:
            return _to_int32(tensor)
        return tf.cast(tensor, tf.float32) if tensor.dtype.is_floating else tensor
    if not spec.shape.is_compatible_with(tensor.shape):
        raise ValueError(f"{name} must be {spec.shape}, not {tensor.shape}")
    if spec.dtype == tf.int32 and tensor.dtype.is_integer:
        return _to_int32(tensor)
    return tf.cast(tensor, spec.dtype)


def _to_int32(tensor):
    if tensor.dtype.size >= 4 and tensor.dtype != tf.int32 and tf.executing_eagerly():
        numbers = tensor.numpy()
        if numbers.size and (numbers.min() < tf.int32.min or numbers.max() > tf.int32.max):
            raise ValueError("a whole number does not fit into 32 bits; pass targets as floats")
    return tf.cast(tensor, tf.int32)
