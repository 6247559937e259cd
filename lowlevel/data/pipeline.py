"""From examples to batches, in an order that a seed and an epoch determine."""

import contextlib
from collections.abc import Callable, Iterator

import tensorflow as tf

from lowlevel import cluster, replicas, seeds
from lowlevel.checks import COUNTED_FROM_0, ConfigError, DataError, reason_in_graph
from lowlevel.types import Tensor


def epoch_order(examples: int, run_seed: int, epoch: int, rollbacks: int = 0) -> Tensor:
    """A random order of the examples: int32 tensor `[examples]`, each index once.

    It depends only on the arguments, so the step alone determines the position in the data.
    """
    purpose = f"order/{rollbacks}" if rollbacks else "order"
    seed = seeds.derive(run_seed, purpose, epoch)
    keys = tf.random.stateless_uniform([examples], seed, minval=None, maxval=None, dtype=tf.int64)
    return tf.argsort(keys, stable=True)


def steps_per_epoch(examples: int, batch_size: int) -> int:
    """The number of batches, including the short last one."""
    return -(-examples // batch_size)


def length(dataset: tf.data.Dataset) -> int | None:
    """How many batches a `tf.data.Dataset` holds; None if it does not know.

    Raises:
        ConfigError: the dataset never ends.
    """
    cardinality = int(dataset.cardinality())
    if cardinality == tf.data.INFINITE_CARDINALITY:
        raise ConfigError("a dataset that never ends cannot be used here; take() a part of it.")
    return None if cardinality == tf.data.UNKNOWN_CARDINALITY else cardinality


def batches(
    load: Callable,
    order: Tensor,
    batch_size: int,
    augment: Callable | None = None,
    in_parallel: bool = False,
) -> tf.data.Dataset:
    """Batches of examples in a given order, loaded a batch at a time.

    In a cluster, each worker loads its share of each batch.

    Args:
        load: function of indices `[batch]` that returns a tuple: inputs, and what belongs to them,
            such as targets and weights.
        order: indices of the examples, `[number wanted]`.
        batch_size: examples in each batch; the last one may hold fewer.
        augment: None, or a function of (inputs, position of the batch) that returns inputs.
        in_parallel: whether several batches are loaded at a time; they come in the same order.

    Returns:
        A `tf.data.Dataset` of tuples.
    """
    order = tf.convert_to_tensor(order)

    here = cluster.current()

    def load_batch(position):
        indices = order[position * batch_size : (position + 1) * batch_size]
        share = here.share(tf.size(indices))
        if share is not None:
            indices = indices[share.start : share.start + share.size]
        inputs, *rest = load(indices)
        if augment is not None:
            with replicas.sharing(share):
                inputs = augment(inputs, position)
        return (inputs, *rest)

    positions = tf.data.Dataset.range(steps_per_epoch(order.shape[0], batch_size))
    return prefetch(map_batches(positions, load_batch, in_parallel))


def prefetch(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """The same dataset, computed two elements ahead, by a pipeline that is not tuned as it runs."""
    options = tf.data.Options()
    options.autotune.enabled = False  # its thread may end seconds after the last element
    return dataset.prefetch(2).with_options(options)


@contextlib.contextmanager
def blame_batch() -> Iterator[None]:
    """Turns TensorFlow's error in a batch into a DataError that gives the reason."""
    try:
        yield
    except tf.errors.InvalidArgumentError as error:
        reason = reason_in_graph(error)
        cause = None if reason.endswith(COUNTED_FROM_0) else error  # the reason says all there is
        raise DataError(f"a batch cannot be computed: {reason}.") from cause


def map_batches(
    dataset: tf.data.Dataset, function: Callable, in_parallel: bool = False
) -> tf.data.Dataset:
    """A `tf.data.Dataset` of what a function gives for each element, its Python taken as it is.

    With `in_parallel`, several elements at a time, in the same order.
    """
    function = tf.autograph.experimental.do_not_convert(function)
    calls = tf.data.AUTOTUNE if in_parallel else None
    return dataset.map(function, calls, deterministic=True if in_parallel else None)
