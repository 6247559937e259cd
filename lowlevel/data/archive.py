"""Reads tar archives, packed with gzip, that anyone may have made."""

import contextlib
import gzip
import tarfile
import zlib
from collections.abc import Iterator
from typing import Any

from lowlevel.checks import DataError, reason_of
from lowlevel.files import FilePath

MOST_MEMBERS = 100


@contextlib.contextmanager
def opened(path: FilePath, most_bytes: int) -> Iterator[tarfile.TarFile]:
    """Opens an archive for reading: a `tarfile.TarFile`.

    Args:
        path: the archive.
        most_bytes: how many bytes it may hold once unpacked.

    Raises:
        DataError: inside, too: it is damaged or holds more bytes. Of more bytes none is unpacked.
    """
    try:
        with gzip.open(path) as stream:
            bounded: Any = _Bounded(stream, path, most_bytes)
            with tarfile.open(fileobj=bounded, mode="r:") as archive:
                yield archive
    except DataError:
        raise
    except (tarfile.TarError, OSError, EOFError, zlib.error, ValueError) as error:
        raise DataError(f"{path} is damaged: {reason_of(error)}.") from error


def members(archive: tarfile.TarFile, path: FilePath) -> Iterator[tarfile.TarInfo]:
    """The members of an open archive. Raises DataError if there are more than `MOST_MEMBERS`."""
    for number, member in enumerate(archive):
        if number == MOST_MEMBERS:
            raise DataError(f"{path} holds more than {MOST_MEMBERS} files.")
        yield member


class _Bounded:
    """What tarfile needs of a stream, up to a number of bytes: a header may claim any size."""

    def __init__(self, stream, path, most_bytes):
        self._stream, self._path, self._most_bytes = stream, path, most_bytes
        self.tell = stream.tell

    def read(self, size):
        self._check(self.tell() + size)
        return self._stream.read(size)

    def seek(self, position):
        self._check(position)
        return self._stream.seek(position)

    def _check(self, position):
        if position > self._most_bytes:
            raise DataError(f"{self._path} holds more than {self._most_bytes} bytes.")
