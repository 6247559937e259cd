"""Arrays whose numbers stay in a file: `np.memmap`, `np.load(path, mmap_mode="r")`, views of them.

The system reads what is touched, and keeps it in memory as long as there is room. A file that
became shorter would end the process at the first touch of what is missing, so its size is compared
before. For a file of more than half of the memory, two things more are done. The rows of a batch
are asked for all at once, and nothing around them. And what is mapped, which counts as memory of
the process, is let go of from time to time.
"""

import math
import mmap
import os
from typing import Any

import numpy as np

from lowlevel.checks import ConfigError, DataError
from lowlevel.data import room

MOST_MAPPED = 2**28  # bytes
BYTES_AROUND = 2**21  # that Linux may map for each row: what it has around a touch


def mapping_of(array: Any) -> mmap.mmap | None:
    """The file mapping that holds an array's numbers; None if they are in memory."""
    holder: Any = array if isinstance(array, np.ndarray) else None
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
        """Raises ConfigError if the array is in memory, DataError if the file is too short."""
        self.shape, self.dtype = array.shape, array.dtype.newbyteorder("=")
        self._array = array
        mapping = mapping_of(array)
        if mapping is None:
            raise ConfigError("the array is not in a file: open it by np.load(..., mmap_mode='r').")
        self._mapping = mapping
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
        if not self._is_large:
            return np.ascontiguousarray(self._array[indices], self.dtype)
        numbers = np.reshape(indices, -1)
        rows = np.empty((len(numbers), *self.shape[1:]), self.dtype)
        each = math.prod(self.shape[1:]) * self.dtype.itemsize + BYTES_AROUND
        some = max(1, MOST_MAPPED // each)
        for start in range(0, len(numbers), some):
            part = numbers[start : start + some]
            self._ask_for(part)
            rows[start : start + some] = self._array[part]
            self._let_go(len(part) * each)
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

    def _let_go(self, touched):
        """Lets go of what is mapped, once it is much; it stays in the system's cache of files.

        Not if the owner may write: of a copy, what was written would be lost.
        """
        self._touched += touched
        if self._only_read and self._touched >= MOST_MAPPED:
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
