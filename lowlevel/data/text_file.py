"""Reads text from files that may hold anything."""

from pathlib import Path
from typing import Any

from lowlevel.checks import DataError, reason_of
from lowlevel.files import FilePath

MAX_BYTES = 2**28
PIECE = 2**20  # bytes that are read at a time


def read(path: FilePath) -> str:
    """The text in a file, see `decode`.

    Raises:
        DataError: it cannot be read, is too large, or is not text.
    """
    try:
        with Path(path).open("rb") as file:
            return read_stream(file, path)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {reason_of(error)}.") from error


def read_stream(stream: Any, source: object) -> str:
    """The text in a stream of bytes, see `decode`; it may never end."""
    content = bytearray()
    while len(content) <= MAX_BYTES and (piece := stream.read(PIECE)):  # memory as there are bytes
        content += piece
    return decode(content, source)


def decode(content: bytes | bytearray, source: object) -> str:
    """The text that bytes stand for: in UTF-8, or, if they are not that, in Latin-1.

    Args:
        content: bytes.
        source: where they come from, for messages.

    Raises:
        DataError: there are more than `MAX_BYTES`, or one is zero, which does not occur in text.
    """
    if len(content) > MAX_BYTES:
        raise DataError(f"{source} holds more than {MAX_BYTES} bytes.")
    if b"\0" in content:
        raise DataError(f"{source} is not text: there is a zero byte in it.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")
