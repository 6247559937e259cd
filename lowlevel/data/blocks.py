"""Many batches in one tensor, for a loop that XLA compiles: it can take nothing from a dataset."""

import math

import tensorflow as tf

from lowlevel.data.examples import Arrays
from lowlevel.types import Nest, Tensor

BATCHES = 100  # so many that the time of a call from Python does not show
BYTES = 2**25


class Blocks:
    """Batches in a given order, in blocks of one shape, `[batches, batch_size, ...]`.

    The last block is filled up with batches that are not taken; a short last batch is a block of
    its own.
    """

    def __init__(self, arrays: Arrays, batch_size: int, order: Tensor) -> None:
        """Takes `Arrays` and indices of their examples, int32 `[number wanted]`."""
        self._load, self._batch_size, self._order = arrays.load, batch_size, order
        self._size = batches_in_block(arrays, batch_size)
        self._block: Nest = None
        self._start, self._count = 0, 0

    def take(self, most: int) -> tuple[Nest, int, int]:
        """Batches that were not taken before: at most `most`, all from one block.

        Returns:
            The block, the position of the first of them in it, and how many they are.
        """
        if self._count == 0:
            self._load_block()
        start, count = self._start, min(most, self._count)
        self._start, self._count = start + count, self._count - count
        return self._block, start, count

    def _load_block(self):
        size, batch_size = self._size, self._batch_size
        whole = self._order.shape[0] // batch_size
        if whole == 0:
            size, batch_size = 1, self._order.shape[0]
        count = min(size, max(whole, 1))
        indices, self._order = tf.split(self._order, [count * batch_size, -1])
        indices = tf.pad(indices, [[0, (size - count) * batch_size]])
        self._block = self._load(tf.reshape(indices, [size, batch_size]))
        self._start, self._count = 0, count


def batches_in_block(arrays: Arrays, batch_size: int) -> int:
    """How many batches a block holds: as many in all blocks of a run."""
    example = sum(
        math.prod(spec.shape[1:]) * spec.dtype.size for spec in tf.nest.flatten(arrays.element_spec)
    )
    most = min(BATCHES, BYTES // (example * batch_size), arrays.count // batch_size)
    return max(1, most)
