"""Arrays whose numbers stay in a file: `np.memmap`, `np.load(path, mmap_mode="r")`, views of them.

The system reads what is touched, and keeps it in memory as long as there is room. Three things are
done here that it does not do. A file that became shorter would end the process at the first touch
of what is missing, so its size is compared before. What has been read counts as memory of the
process until it is given back, so it is given back from time to time. And of a file that memory
cannot hold, the rows of a batch are asked for all at once, and nothing around them.
"""

import math
import mmap
import os
from typing import Any

import numpy as np

from lowlevel.checks import DataError
from lowlevel.data import room

BYTES_BEFORE_GIVING_BACK = 2**28
BYTES_AROUND = 2**21  # that Linux may count for each row: it maps what it has around a touch


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
        self._is_large = self._size > room.memory() // 2
        with memoryview(self._mapping) as view:
            self._only_read = view.readonly
            self._start = array.ctypes.data - np.frombuffer(view, np.uint8).ctypes.data
        self._status = self._look()
        self._touched = 0

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, indices: np.ndarray) -> np.ndarray:
        """The rows at these indices, of any shape. Raises DataError if the file has changed."""
        self._check()
        numbers = np.reshape(indices, -1)
        rows = np.empty((len(numbers), *self.shape[1:]), self.dtype)
        each = math.prod(self.shape[1:]) * self.dtype.itemsize + BYTES_AROUND
        some = max(1, BYTES_BEFORE_GIVING_BACK // each)
        for start in range(0, len(numbers), some):
            part = numbers[start : start + some]
            if self._is_large:
                self._ask_for(part)
            rows[start : start + some] = self._array[part]
            self._give_back(len(part) * each)
        return rows.reshape(*np.shape(indices), *self.shape[1:])

    def _ask_for(self, numbers):
        """Lets the system begin to read some rows."""
        sizes, steps = self.shape[1:], self._array.strides[1:]
        ways = [(size - 1) * step for size, step in zip(sizes, steps, strict=True)]
        first = self._start + sum(way for way in ways if way < 0)
        length = sum(map(abs, ways)) + self.dtype.itemsize
        for number in numbers.tolist():
            place = first + number * self._array.strides[0]
            page = place - place % mmap.PAGESIZE
            self._mapping.madvise(mmap.MADV_WILLNEED, page, place + length - page)

    def _give_back(self, touched):
        """Lets go of what is mapped, once it is much; it stays in the system's cache of files."""
        self._touched += touched
        if self._only_read and self._touched >= BYTES_BEFORE_GIVING_BACK:
            self._touched = 0
            self._mapping.madvise(mmap.MADV_DONTNEED)

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
