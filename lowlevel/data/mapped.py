"""Arrays whose numbers stay in a file: `np.memmap`, `np.load(path, mmap_mode="r")`, views of them.

The system reads what is touched, and keeps it in memory as long as there is room. Two things are
done here that it does not do. A file that became shorter would end the process at the first touch
of what is missing, so its size is compared before. And what has been read counts as memory of the
process until it is given back, so it is given back from time to time.
"""

import mmap
import os
from typing import Any

import numpy as np

from lowlevel.checks import DataError

BYTES_BEFORE_GIVING_BACK = 2**26
BYTES_AROUND = 2**16  # that the system maps around each touch, if it has them


def mapping_of(array: Any) -> mmap.mmap | None:
    """The file mapping that holds an array's numbers; None if they are in memory."""
    holder = array if isinstance(array, np.ndarray) else None
    while holder is not None and not isinstance(holder, mmap.mmap):
        holder = holder.obj if isinstance(holder, memoryview) else getattr(holder, "base", None)
    if holder is not None:
        try:
            holder.size()
        except (OSError, ValueError):  # it is memory without a file, or closed
            return None
    return holder


class MappedRows:
    """The rows of such an array; `rows[indices]` reads them.

    Attributes:
        shape: of the array, a tuple.
        dtype: of the array, in this machine's order of bytes.
        source: the file's path, for messages.
    """

    def __init__(self, array: np.ndarray) -> None:
        """Raises DataError if the file is shorter than the array."""
        self.shape, self.dtype = array.shape, array.dtype.newbyteorder("=")
        self._array = array
        self._mapping: Any = mapping_of(array)
        root = _root(array)
        self.source = str(getattr(root, "filename", None) or "the file of an array")
        self._size = self._mapping.size()
        if root is not None and root.offset + root.nbytes > self._size:
            raise DataError(f"{self.source} has become shorter than its array.")
        with memoryview(self._mapping) as view:
            self._only_read = view.readonly
        self._status = self._look()
        self._touched = 0

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, indices: np.ndarray) -> np.ndarray:
        """The rows at these indices, of any shape. Raises DataError if the file has changed."""
        self._check()
        rows = np.ascontiguousarray(self._array[indices], self.dtype)
        self._touched += rows.nbytes + np.size(indices) * BYTES_AROUND
        if self._only_read and self._touched > BYTES_BEFORE_GIVING_BACK:
            self._touched = 0
            self._mapping.madvise(mmap.MADV_DONTNEED)
        return rows

    def part(self, part: slice) -> "MappedRows":
        """Some of the rows; nothing is read."""
        return MappedRows(self._array[part])

    def _check(self):
        if self._mapping.size() != self._size:
            raise DataError(f"{self.source} has changed its size while it was being read.")
        now = self._look()
        if None not in (now, self._status) and now[0] == self._status[0] and now != self._status:
            raise DataError(f"{self.source} has been written to while it was being read.")

    def _look(self):
        """Which file is at the path, and when it was changed; None if that does not matter.

        A mapping that can be written to is its owner's to change. A new file at the path does not
        matter either: the old one stays what it was as long as it is mapped.
        """
        if not self._only_read:
            return None
        try:
            status = os.stat(self.source)
        except OSError:
            return None
        return (status.st_dev, status.st_ino), status.st_mtime_ns


def _root(array):
    """The `np.memmap` that opened the file, or None."""
    root = None
    while isinstance(array, np.ndarray):
        root = array if isinstance(array, np.memmap) else root
        array = array.base
    return root
