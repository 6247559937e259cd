"""Batches from Python: generators, and sequences such as Keras's PyDataset."""

import collections.abc
import itertools

import tensorflow as tf

from lowlevel.arrays import to_numbers
from lowlevel.checks import DataError
from lowlevel.types import Nest


def to_dataset(x: Nest, input_spec: Nest) -> Nest:
    """Batches from Python as a `tf.data.Dataset`; anything else as it is.

    Args:
        x: a batch is inputs, or a tuple (inputs, targets) or (inputs, targets, weights). Batches
            come from an iterator, such as a generator, which is read on from epoch to epoch; or
            from a sequence, an object with a length and `x[number]`, which is read again in each
            epoch, and whose `on_epoch_end`, if it has one, is called after each.
        input_spec: of the inputs; where it is a tuple, a list of inputs becomes one.

    Raises:
        DataError: there are no batches, or the first is no arrays of numbers.
    """
    if isinstance(x, collections.abc.Iterator):
        first = next(x, None)
        rest = itertools.chain([first], x)
        return _dataset(lambda: rest, first, None, input_spec)
    if _is_sequence(x):
        first = x[0] if len(x) else None
        return _dataset(lambda: _read(x), first, len(x), input_spec)
    return x


def _is_sequence(x):
    """Whether it is a sequence of batches, not a dataset, an array, a frame or several of them."""
    is_array = any(hasattr(x, name) for name in ("shape", "__array__", "element_spec"))
    is_nest = isinstance(x, dict | list | tuple | str | bytes)
    return not (is_array or is_nest) and hasattr(x, "__getitem__") and hasattr(x, "__len__")


def _read(sequence):
    for number in range(len(sequence)):
        yield sequence[number]
    if hasattr(sequence, "on_epoch_end"):
        sequence.on_epoch_end()


def _dataset(read, first, length, input_spec):
    if first is None:
        raise DataError("there are no batches.")

    def generate():
        for batch in read():
            yield _plain(batch, input_spec)

    signature = tf.nest.map_structure(
        lambda part: tf.TensorSpec([None, *part.shape[1:]], part.dtype), _plain(first, input_spec)
    )
    dataset = tf.data.Dataset.from_generator(generate, output_signature=signature)
    if length is None:
        return dataset
    return dataset.apply(tf.data.experimental.assert_cardinality(length))


def _plain(batch, input_spec):
    """A batch as arrays, in tuples and dicts as `tf.data` takes them."""
    if not isinstance(batch, tuple):
        return _arrays(batch, input_spec)
    inputs, *rest = batch
    return (_arrays(inputs, input_spec), *(_arrays(part) for part in rest))


def _arrays(nest, spec=None):
    if isinstance(nest, list):
        nest = tuple(nest) if isinstance(spec, tuple) else _array(nest)
    return tf.nest.map_structure(_array, nest)


def _array(part):
    array = to_numbers("a batch", part)
    if array.ndim == 0:
        raise DataError("a batch must be arrays of numbers: inputs, or (inputs, targets).")
    return array
