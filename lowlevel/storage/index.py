"""Reads the index of a checkpoint of `tf.train.Checkpoint`: what each variable is.

TensorFlow's own reader of it, `tf.train.load_checkpoint`, ends the process where an entry is not as
it should be. The index is a table of LevelDB, its values are messages of the type BundleEntryProto.
Source: https://github.com/google/leveldb/blob/main/doc/table_format.md.
"""

import struct

import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorflow.core.protobuf import tensor_bundle_pb2

from lowlevel import files
from lowlevel.files import FilePath

FOOTER, MAGIC = 48, bytes.fromhex("57fb808b247547db")
TRAILER = 5  # bytes behind a block: how it is packed, and a checksum
HEADER = ""  # the name of the entry about the checkpoint as a whole


def read(path: FilePath) -> dict[str, tuple[tf.DType, tf.TensorShape]]:
    """The dtype and the shape of each variable of a checkpoint, by its key.

    Args:
        path: the file that ends in .index.

    Raises:
        OSError: it cannot be read, or is too large.
        ValueError: it is not as TensorFlow writes it.
    """
    content = files.read_bytes(path)
    footer = content[-FOOTER:]
    if not footer.endswith(MAGIC) or len(footer) < FOOTER:
        raise ValueError("its index is not whole")
    try:
        _, position = _handle(footer, 0)  # of a block without entries
        whole, _ = _handle(footer, position)
        found = {}
        for _, handle in _entries(_block(content, whole)):
            for key, value in _entries(_block(content, _handle(handle, 0)[0])):
                found[key.decode()] = value
        del found[HEADER]
        return {key: _describe(value) for key, value in found.items()}
    except (IndexError, KeyError, struct.error, DecodeError) as error:
        raise ValueError("its index is not as it was written") from error


def _describe(value):
    entry = tensor_bundle_pb2.BundleEntryProto.FromString(value)
    shape = [dim.size for dim in entry.shape.dim]
    odd = entry.shape.unknown_rank or entry.slices or min([entry.offset, entry.size, *shape]) < 0
    if odd or entry.SerializeToString() != value:
        raise ValueError("an entry of its index is not that of a whole variable")
    try:
        return tf.dtypes.as_dtype(entry.dtype), shape
    except TypeError:
        raise ValueError(f"an entry of its index is of type {entry.dtype}") from None


def _varint(content, position):
    """A number in groups of seven bits, and the position behind it."""
    number = shift = 0
    while True:
        byte = content[position]
        number |= (byte & 127) << shift
        position, shift = position + 1, shift + 7
        if byte < 128:
            return number, position


def _handle(content, position):
    """Where a block lies, (start, size), and the position behind that."""
    start, position = _varint(content, position)
    size, position = _varint(content, position)
    return (start, size), position


def _block(content, handle):
    start, size = handle
    if start + size + TRAILER > len(content) - FOOTER or content[start + size] != 0:
        raise ValueError("a block of its index is packed, or lies outside")
    return content[start : start + size]


def _entries(block):
    """(key, value) of each entry of a block; a key begins as the one before it does."""
    (restarts,) = struct.unpack("<I", block[-4:])
    end = len(block) - 4 * (restarts + 1)
    if end < 0:
        raise ValueError("a block of its index is too short")
    position, key = 0, b""
    while position < end:
        shared, position = _varint(block, position)
        rest, position = _varint(block, position)
        size, position = _varint(block, position)
        if shared > len(key) or position + rest + size > end:
            raise ValueError("an entry of its index is too long")
        key = key[:shared] + block[position : position + rest]
        position += rest
        yield key, block[position : position + size]
        position += size
