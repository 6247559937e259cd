"""The IDX format of MNIST's files, gzipped or not.

A file is: two zero bytes, a type byte (8: unsigned bytes), the number of dimensions, each
dimension as a big-endian 32-bit number, then the payload, its last dimension running fastest.
Source: the description at http://yann.lecun.com/exdb/mnist/.
"""

import contextlib
import gzip
import math
import os
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from lowlevel.checks import DataError, reason_of
from lowlevel.data import kept
from lowlevel.files import FilePath
from lowlevel.progress import Progress

UNSIGNED_BYTE = 8
CHUNK = 2**20
# Deflate cannot pack more bytes than this into one: a header that announces more is false.
MAX_DEFLATE_RATIO = 1032


def read(path: FilePath, num_dimensions: int) -> np.ndarray:
    """Reads one IDX file of unsigned bytes.

    Args:
        path: the file; gzipped if it starts with gzip's two magic bytes.
        num_dimensions: 3 for images, 1 for labels.

    Returns:
        uint8 array with `num_dimensions` axes. Never reads more than the header announces, nor
        allocates more than the file can hold.

    Raises:
        DataError: the file is missing, or not exactly what its header says.
    """
    with _opened(path) as stream:
        shape = _read_header(stream, path, num_dimensions)
        payload = stream.read(math.prod(shape))
        _check_end(stream, path, shape, len(payload))
    return np.frombuffer(payload, np.uint8).reshape(shape)


def size(path: FilePath, num_dimensions: int) -> int:
    """How many bytes the header announces. Raises DataError as `read` does."""
    with _opened(path) as stream:
        return math.prod(_read_header(stream, path, num_dimensions))


def map_file(path: FilePath, num_dimensions: int, quiet: bool = False) -> np.ndarray:
    """What `read` returns, but it stays in the file; a gzipped one is unpacked into the cache once.

    Args:
        path, num_dimensions: as for `read`.
        quiet: show no progress while it is unpacked.

    Raises:
        DataError: as for `read`, or the cache cannot be written.
    """
    with _opened(path) as stream:
        shape = _read_header(stream, path, num_dimensions)
        plain = not isinstance(stream, gzip.GzipFile)
    if 0 in shape:
        return read(path, num_dimensions)
    if plain:
        offset = 4 + 4 * num_dimensions
        there = os.path.getsize(path) - offset
        _check_length(path, shape, there)
        return np.memmap(path, np.uint8, "r", offset, shape)
    about = f"unpacking {os.path.basename(path)}, MiB"

    def unpack(file):
        with Progress(about, math.prod(shape) // CHUNK, quiet=quiet) as progress:
            for chunk in _chunks(path, num_dimensions):
                file.write(chunk)
                progress.advance()

    unpacked = kept.make(path, ".bytes", math.prod(shape), unpack)
    return np.memmap(unpacked, np.uint8, "r", shape=shape)


def _chunks(path, num_dimensions):
    """The bytes of the array, some at a time."""
    with _opened(path) as stream:
        shape = _read_header(stream, path, num_dimensions)
        left = math.prod(shape)
        while left and (chunk := stream.read(min(CHUNK, left))):
            left -= len(chunk)
            yield chunk
        _check_end(stream, path, shape, math.prod(shape) - left)


@contextlib.contextmanager
def _opened(path: FilePath) -> Iterator[Any]:
    """The file for reading, unpacked; what goes wrong meanwhile becomes a DataError."""
    try:
        with open(path, "rb") as file:
            gzipped = file.read(2) == b"\x1f\x8b"
        with gzip.open(path) if gzipped else open(path, "rb") as stream:
            yield stream
    except FileNotFoundError:
        raise DataError(f"{path} does not exist.") from None
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} cannot be read: {reason_of(error)}.") from error


def _read_header(stream, path, num_dimensions):
    """The shape of the array, which the file may be long enough to hold."""
    header = stream.read(4 + 4 * num_dimensions)
    if not header:
        raise DataError(f"{path} is empty.")
    if len(header) < 4 or header[:2] != b"\0\0":
        raise DataError(f"{path} is not an IDX file: it starts with {header[:4].hex()}.")
    if header[2] != UNSIGNED_BYTE:
        raise DataError(f"{path} holds numbers of type {header[2]}, not unsigned bytes (type 8).")
    if header[3] != num_dimensions:
        raise DataError(
            f"{path} holds an array of rank {header[3]}; one of rank {num_dimensions} is needed."
        )
    if len(header) < 4 + 4 * num_dimensions:
        raise DataError(f"{path} ends inside its header.")
    shape = tuple(int(size) for size in np.frombuffer(header[4:], ">u4"))
    ratio = MAX_DEFLATE_RATIO if isinstance(stream, gzip.GzipFile) else 1
    if math.prod(shape) > os.path.getsize(path) * ratio:
        _check_length(path, shape, 0)
    return shape


def _check_end(stream, path, shape, length):
    _check_length(path, shape, length + len(stream.read(1)))


def _check_length(path, shape, length):
    """Raises DataError unless there are as many bytes as the header announces."""
    announced = " x ".join(map(str, shape))
    if length < math.prod(shape):
        raise DataError(
            f"{path} is truncated: its header announces {announced} bytes, and there are fewer."
        )
    if length > math.prod(shape):
        raise DataError(
            f"{path} is too long: its header announces {announced} bytes, and there are more."
        )
