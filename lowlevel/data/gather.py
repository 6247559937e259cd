"""What `fit`, `evaluate` and `predict` are given as examples."""

from collections.abc import Iterable
from typing import Any

import tensorflow as tf

from lowlevel.checks import ConfigError, check_integer
from lowlevel.data import pipeline, python_batches
from lowlevel.data.examples import Arrays
from lowlevel.data.stream import Stream
from lowlevel.data.tensors import WEIGHTS, to_tensors
from lowlevel.types import ArrayLike, Nest


def gather(x: Nest, y: Nest, input_spec: Nest, sample_weight: ArrayLike = None) -> Any:
    """Inputs and targets, and weights if there are any, as `Arrays` or `Stream`.

    Args:
        x: inputs, with the structure and shapes of `input_spec`; they are converted to its dtypes.
            Or batches (x, y) or (x, y, weights), without y and sample_weight: a `tf.data.Dataset`,
            a generator, or a sequence of batches, see `lowlevel.data.python_batches`.
        y: targets: whole numbers become int32, floats float32.
        input_spec: `tf.TensorSpec` of a batch of inputs, or a dict or tuple of them.
        sample_weight: None, or a number for each example.

    Raises:
        ConfigError: targets are missing, or given together with batches.
        DataError: arrays do not fit the spec or one another.
    """
    x = python_batches.to_dataset(x, input_spec)
    if isinstance(x, tf.data.Dataset):
        if y is not None or sample_weight is not None:
            raise ConfigError("a dataset brings its own targets and weights.")
        return Stream(x, input_spec)
    if y is None:
        raise ConfigError("targets are missing: pass y, or batches (x, y) in place of x.")
    nests = [to_tensors(x, input_spec), to_tensors(y)]
    if sample_weight is not None:
        nests.append(to_tensors(sample_weight, WEIGHTS))
    return Arrays(*nests)


def gather_held_out(validation_data: Nest, input_spec: Nest) -> Any:
    """Examples to evaluate, `Arrays` or `Stream`, from (x, y), (x, y, weights) or a dataset.

    Raises:
        ConfigError: it is a tuple of another length, or a dataset that never ends.
        DataError: arrays do not fit the spec or one another.
    """
    is_nest = isinstance(validation_data, tuple | list)
    parts = validation_data if is_nest else (validation_data,)
    if is_nest and len(parts) not in (2, 3):
        raise ConfigError(
            f"validation_data must be (x, y), (x, y, weights) or a dataset, not {len(parts)} parts."
        )
    x, y, weights = (*parts, None, None)[:3]
    held_out = gather(x, y, input_spec, weights)
    if isinstance(held_out, Stream):
        pipeline.length(held_out.dataset)  # an endless one is refused at once
    return held_out


def gather_inputs(x: Nest, input_spec: Nest, batch_size: int) -> tuple[Iterable, int | None]:
    """Batches of inputs alone, from what `gather` takes, and how many there are or None.

    Arrays are cut up without a `tf.data.Dataset`, which for one batch takes longer than a network.

    Raises:
        ConfigError: a dataset never ends.
        DataError: they do not fit the spec.
    """
    x = python_batches.to_dataset(x, input_spec)
    if isinstance(x, tf.data.Dataset):
        # A tuple holds targets, too; they do not matter.
        batches = pipeline.map_batches(x, lambda inputs, *_: to_tensors(inputs, input_spec))
        return batches, pipeline.length(batches)
    check_integer("batch_size", batch_size, 1)
    arrays = Arrays(to_tensors(x, input_spec))
    (inputs,) = arrays.tensors
    starts = range(0, arrays.count, batch_size)

    def part(start):
        return tf.nest.map_structure(lambda tensor: tensor[start : start + batch_size], inputs)

    if arrays.reads_disk:
        ranges = tf.data.Dataset.range(arrays.count).batch(batch_size)
        batches = pipeline.map_batches(ranges, lambda some: arrays.load(some)[0], True)
        return pipeline.prefetch(batches), len(starts)
    return [inputs] if len(starts) == 1 else map(part, starts), len(starts)
