"""Several processes that train one network: the part of a batch that is here, and sums over all.

A process alone needs none of this: each function then returns what it is given, and draws what it
always drew. In a cluster a training step runs inside `tf.distribute.Strategy.run`, whose replica
context says how many replicas there are and adds up over them; nothing here replaces that engine.
"""

import contextlib
import dataclasses
import threading
from collections.abc import Iterator
from typing import Any

import tensorflow as tf

from lowlevel.types import ArrayLike, Nest, Tensor

_here = threading.local()


@dataclasses.dataclass(frozen=True)
class Share:
    """The part of a batch that one process computes.

    Attributes:
        start: the place of its first example in the whole batch, a number or a scalar tensor.
        size: how many examples it has.
        whole: how many the whole batch has.
    """

    start: ArrayLike
    size: ArrayLike
    whole: ArrayLike

    @classmethod
    def of(cls, whole: ArrayLike, index: ArrayLike, count: ArrayLike) -> "Share":
        """The share of the process with this index among `count`; shares differ by at most one."""
        start, end = whole * index // count, whole * (index + 1) // count
        return cls(start, end - start, whole)


def context() -> Any:
    """The replica context of a step that runs in a cluster; None for a process alone."""
    found = tf.distribute.get_replica_context()
    return None if found is None or found.num_replicas_in_sync == 1 else found


def sum_over_all(tensors: Nest) -> Nest:
    """The sums of tensors over all replicas; gradients pass through."""
    replica = context()
    if replica is None:
        return tensors
    # The engine reduces to the device of a tensor, and one from outside a loop names none. The
    # gradient of an embedding is of some rows, of other ones in each replica: here of all rows.
    tensors = tf.nest.map_structure(lambda x: tf.identity(tf.convert_to_tensor(x)), tensors)
    return replica.all_reduce(tf.distribute.ReduceOp.SUM, tensors)


def share_of_step(inputs: Nest) -> Share | None:
    """Which part of the whole batch the inputs of this replica's step are; None alone."""
    replica = context()
    if replica is None:
        return None
    size = tf.shape(tf.nest.flatten(inputs)[0])[0]
    whole = sum_over_all(size)
    index = tf.cast(replica.replica_id_in_sync_group, tf.int32)
    return Share.of(whole, index, replica.num_replicas_in_sync)


def mean_over_all(tensors: Nest) -> Nest:
    """The means of float tensors over all replicas, each of which counts as much."""
    replica = context()
    if replica is None:
        return tensors
    sums = sum_over_all(tensors)
    return tf.nest.map_structure(lambda x: x / replica.num_replicas_in_sync, sums)


@contextlib.contextmanager
def sharing(share: Share | None, batch_norm_of_whole: bool = True) -> Iterator[None]:
    """While it is open, `draw_uniform` draws for this part of a batch, by each example's place.

    And batch norm takes its moments over the whole batch, or over this part.
    """
    before = _shared()
    _here.shared = share, batch_norm_of_whole
    try:
        yield
    finally:
        _here.shared = before


def _shared():
    """What `sharing` was given."""
    return getattr(_here, "shared", (None, True))


def norms_over_all() -> bool:
    """Whether batch norm is to take its moments over all replicas, not over this one's part."""
    return context() is not None and _shared()[1]


def draw_uniform(
    shape: ArrayLike, seed: Tensor, low: float = 0, high: float | None = None,
    dtype: tf.DType = tf.float32, axis: int = 0,
) -> Tensor:  # fmt: skip
    """`tf.random.stateless_uniform` for a part of a batch: what the whole batch would draw there.

    Args:
        shape: of what is drawn here; along `axis` a multiple of the examples that are here.
        seed: int64 tensor `[2]`, see `lowlevel.seeds`.
        low, high, dtype: `minval`, `maxval` and `dtype`.
        axis: the axis of examples.
    """
    high = 1 if high is None else high
    share, _ = _shared()
    if share is None:
        return tf.random.stateless_uniform(shape, seed, low, high, dtype)
    sizes = tf.unstack(tf.convert_to_tensor(shape, tf.int32))
    # An example may be several rows: the positions of a sentence, one after another.
    rows = sizes[axis] // tf.maximum(share.size, 1)
    whole, start = [*sizes], rows * share.start
    whole[axis] = rows * share.whole
    drawn = tf.random.stateless_uniform(tf.stack(whole), seed, low, high, dtype)
    return tf.gather(drawn, start + tf.range(sizes[axis]), axis=axis)
