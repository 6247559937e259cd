"""Arrays on disk among the tensors of `Arrays`: a batch reads its own rows, and no others."""

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from lowlevel.data import read_calls
from lowlevel.data.mapped import MappedRows, mapping_of
from lowlevel.types import Tensor

BLOCK_BYTES = 2**22  # read at once where all rows are needed one after another


class OnDisk:
    """An array on disk, in the place of a tensor.

    Attributes:
        shape: `tf.TensorShape`.
        dtype: `tf.DType` of the rows, once converted.
    """

    def __init__(
        self, source: Any, dtype: tf.DType = None, convert: Callable = tf.identity
    ) -> None:
        """Takes rows on disk, and what makes rows of the given dtype of them.

        Args:
            source: an array that `mapping_of` knows, or an object that gives rows for indices and
                has a `shape`, a `dtype` and `part`, such as an `ImageSource`.
            dtype: None for that of the source.
            convert: function of a tensor of rows, eager or in a graph.
        """
        self._source = MappedRows(source) if isinstance(source, np.ndarray) else source
        self._convert = convert
        self.shape = tf.TensorShape(self._source.shape)
        self.dtype = dtype or tf.as_dtype(self._source.dtype)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, part: slice) -> "OnDisk":
        """Some of the rows; nothing is read."""
        return OnDisk(self._source.part(part), self.dtype, self._convert)

    def rows(self, indices: Tensor) -> Tensor:
        """The rows at these indices, whose shape comes first in the result's."""
        stored = tf.as_dtype(self._source.dtype)
        rows = read_calls.read(lambda numbers: self._source[numbers], indices, stored)
        return self._convert(tf.ensure_shape(rows, [*indices.shape, *self.shape[1:]]))

    def numpy(self) -> np.ndarray:
        """All rows. For a few of them, take a part first."""
        return self._convert(tf.constant(self._source[np.arange(len(self))])).numpy()

    def blocks(self) -> Iterator[np.ndarray]:
        """All rows in order, some at a time."""
        each = max(1, self.shape[1:].num_elements() * self.dtype.size)
        some = max(1, BLOCK_BYTES // each)
        for start in range(0, len(self), some):
            yield self[start : start + some].numpy()


def is_on_disk(array: Any) -> bool:
    """Whether an array is to stay on disk: rows of many numbers in a file.

    A number for each example, such as a label, is read into memory.
    """
    return isinstance(array, np.ndarray) and array.ndim > 1 and mapping_of(array) is not None


def take(leaf: Any, indices: Tensor) -> Tensor:
    """Rows of a tensor, or of what is in its place."""
    return leaf.rows(indices) if isinstance(leaf, OnDisk) else tf.gather(leaf, indices)


def update(digest: "hashlib._Hash", leaf: Any) -> None:
    """Adds the bytes of a tensor, or of what is in its place, to a digest."""
    for block in leaf.blocks() if isinstance(leaf, OnDisk) else [leaf.numpy()]:
        digest.update(np.ascontiguousarray(block))
