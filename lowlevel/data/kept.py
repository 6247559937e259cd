"""Files made of others once, such as an unpacked one, and kept in the user's cache."""

import contextlib
import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from lowlevel import cluster, files
from lowlevel.checks import DataError, reason_of
from lowlevel.data import download
from lowlevel.files import FilePath

FOLDER = "from-disk"
SECONDS_LEFT_OVER = 24 * 3600  # after which an unfinished file is that of a process that was killed


def make(source: FilePath, kind: str, size: int, write: Callable[[BinaryIO], None]) -> Path:
    """The file of this kind made of a file or a folder of files; made anew when one has changed.

    It gets its name only when it is whole. An older one of the same source is deleted. In a
    cluster the chief comes first, so that workers of one machine do not write it all at once.

    Args:
        source: what it is made of.
        kind: an ending for its name.
        size: how many bytes it has; one of another size is damaged, and made anew.
        write: function that writes it to an open file.

    Raises:
        DataError: the source cannot be read, or the cache cannot be written.
        MissingExtraError: pooch, which knows where caches are, is not installed.
    """
    return cluster.current().after_chief(lambda: _make(source, kind, size, write))


def _make(source, kind, size, write):
    folder = download.cache_root() / FOLDER
    try:
        place, contents = _identity(Path(source))
    except OSError as error:
        raise DataError(f"{source} cannot be read: {reason_of(error)}.") from error
    path = folder / f"{place}-{contents}{kind}"
    if path.is_file() and path.stat().st_size == size:
        return path
    temporary = files.temporary_beside(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _delete_left_over(folder)
        try:
            with temporary.open("wb") as file:
                write(file)
            files.sync(temporary)
            for older in folder.glob(f"{place}-*{kind}"):
                older.unlink(missing_ok=True)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise DataError(f"the cache {folder} cannot be written: {reason_of(error)}.") from error
    return path


def _identity(source):
    """Digests of where a source is, and of the names, sizes and times of its files."""
    paths = sorted(source.iterdir()) if source.is_dir() else [source]
    parts = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in paths]
    return [
        hashlib.sha256(os.fsencode(text)).hexdigest()[:16]
        for text in (str(source.resolve()), repr(parts))
    ]


def _delete_left_over(folder):
    for path in folder.glob(f"{files.TEMPORARY}*"):
        with contextlib.suppress(OSError):
            if path.stat().st_mtime < time.time() - SECONDS_LEFT_OVER:
                path.unlink()
