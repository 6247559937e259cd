"""Writing files so that a crash leaves either the old file or the new one, whole."""

import hashlib
import json
import os
import secrets
import shutil
from pathlib import Path
from typing import Any, TypeAlias

FilePath: TypeAlias = str | os.PathLike
TEMPORARY = ".tmp-"  # prefix of the names of unfinished files
MAX_SMALL = 2**26  # bytes of a file that is read in one piece
MAX_DEPTH = 50  # lists and dicts in one another in JSON


def temporary_beside(path: Path) -> Path:
    """A new name in the same directory for an unfinished file or directory: a path.

    No two are alike, so that what a killed process has left never stands in the way.
    """
    path = Path(path)
    return path.with_name(f"{TEMPORARY}{path.name}-{secrets.token_hex(4)}")


def sync(path: Path) -> None:
    """Waits until a file or a directory is on disk, as far as the system can tell."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError:
        # Some file systems cannot sync a directory; there is nothing better to do on those.
        if not Path(path).is_dir():
            raise
    finally:
        os.close(descriptor)


def read_text(path: FilePath) -> str:
    """The text of a small file, such as a config.

    Raises:
        OSError: it cannot be read, is no regular file, or is larger than `MAX_SMALL`.
        ValueError: it is not UTF-8.
    """
    return read_bytes(path).decode("utf-8")


def read_bytes(path: FilePath) -> bytes:
    """The bytes of a small file. Raises OSError as `read_text` does."""
    path = Path(path)
    if path.exists() and not path.is_file():  # a pipe or a device may never end
        raise OSError(f"{path.name} is not a regular file")
    if path.stat().st_size > MAX_SMALL:
        raise OSError(f"{path.name} is larger than {MAX_SMALL // 2**20} MiB")
    return path.read_bytes()


def read_json(path: FilePath) -> Any:
    """The value in a small JSON file. Raises OSError as `read_text` does, or else ValueError."""
    return parse_json(read_text(path))


def parse_json(text: str) -> Any:
    """The value that JSON stands for. Raises ValueError if it is damaged, or `MAX_DEPTH` deep."""
    too_deep = ValueError(f"there are more than {MAX_DEPTH} lists or objects in one another")
    try:
        value = json.loads(text)
    except RecursionError:
        raise too_deep from None
    layer = [value]
    for _ in range(MAX_DEPTH + 1):
        layer = [inner for outer in layer for inner in _values_in(outer)]
        if not layer:
            return value
    raise too_deep


def _values_in(value):
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def write_text(path: Path, text: str) -> None:
    """Replaces the file at `path` in one instant, see `write_bytes`."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, content: bytes) -> None:
    """Replaces the file at `path` in one instant: writes beside it, flushes, renames."""
    path = Path(path)
    temporary = temporary_beside(path)
    try:
        temporary.write_bytes(content)
        sync(temporary)
        temporary.replace(path)
        sync(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def delete(path: Path) -> None:
    """Deletes a file, a link, or a directory with all that is in it, if it is there."""
    path = Path(path)
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def fingerprint(file: Path) -> dict[str, int | str]:
    """The size and the SHA-256 of a file, as a manifest holds them."""
    content = Path(file).read_bytes()
    return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def matches(file: Path, expected: object) -> bool:
    """Whether a file has the size and the digest of an entry in a manifest, whatever is there."""
    size = expected.get("bytes") if isinstance(expected, dict) else None
    if not file.is_file() or file.stat().st_size != size:
        return False  # without reading it: it may be a pipe or have no end
    return fingerprint(file) == expected
