"""Reads text from files that may hold anything."""

from pathlib import Path

from lowlevel.checks import DataError, reason_of

MAX_BYTES = 2**28


def read(path):
    """The text in a file, see `decode`.

    Raises:
        DataError: it cannot be read, is too large, or is not text.
    """
    try:
        with Path(path).open("rb") as file:
            content = file.read(MAX_BYTES + 1)  # a device may never end
    except OSError as error:
        raise DataError(f"{path} cannot be read: {reason_of(error)}.") from error
    return decode(content, path)


def decode(content, source):
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
