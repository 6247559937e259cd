"""The IDX format of MNIST's files, gzipped or not.

A file is: two zero bytes, a type byte (8: unsigned bytes), the number of dimensions, each
dimension as a big-endian 32-bit number, then the payload, its last dimension running fastest.
Source: the description at http://yann.lecun.com/exdb/mnist/.
"""

import gzip
import math
import os
import zlib

import numpy as np

from lowlevel.checks import DataError, reason_of
from lowlevel.files import FilePath

UNSIGNED_BYTE = 8
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
    try:
        with open(path, "rb") as file:
            gzipped = file.read(2) == b"\x1f\x8b"
        capacity = os.path.getsize(path) * (MAX_DEFLATE_RATIO if gzipped else 1)
        with gzip.open(path) if gzipped else open(path, "rb") as stream:
            return _read_stream(stream, path, num_dimensions, capacity)
    except FileNotFoundError:
        raise DataError(f"{path} does not exist.") from None
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} cannot be read: {reason_of(error)}.") from error


def _read_stream(stream, path, num_dimensions, capacity):
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
    size, announced = math.prod(shape), " x ".join(map(str, shape))
    payload = stream.read(size) if size <= capacity else b""
    if len(payload) < size:
        raise DataError(
            f"{path} is truncated: its header announces {announced} bytes, and there are fewer."
        )
    if stream.read(1):
        raise DataError(
            f"{path} is too long: its header announces {announced} bytes, and there are more."
        )
    return np.frombuffer(payload, np.uint8).reshape(shape)
