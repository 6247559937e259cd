"""Gzipped files from public mirrors, kept in the user's cache and checked each time they are read.

Mirrors may compress the same bytes in different ways, so what is checked is the SHA-256 of the
decompressed bytes, or of the file where all mirrors hold the same one. A file gets its place in
the cache only after it has passed.
"""

import dataclasses
import gzip
import hashlib
import logging
import os
import queue
import sys
import tempfile
import threading
import time
import zlib
from collections.abc import Callable
from pathlib import Path

from lowlevel.checks import DataError, import_extra, reason_of

SECONDS_TO_FIND_A_MIRROR = 8
SECONDS_WITHOUT_DATA = 10
MAX_DECOMPRESSED_BYTES = 2**30


class DownloadError(DataError):
    """A file that no mirror sends."""


@dataclasses.dataclass(frozen=True)
class Files:
    """The files of a dataset.

    Attributes:
        dataset: its name, which is also its folder's in the cache.
        mirrors: URLs of folders, with the slash at the end; each holds all files.
        sha256: by file name, the SHA-256 of the bytes, in hexadecimal.
        hashed_decompressed: whether the bytes are those after decompressing; if not, they are
            those of the file itself.
    """

    dataset: str
    mirrors: tuple
    sha256: dict
    hashed_decompressed: bool = True

    def digest(self, path: Path) -> str:
        """SHA-256 of a file, as in `sha256`. Raises DataError if it is damaged."""
        return sha256(path, gzip.open if self.hashed_decompressed else open)


def cache_directory(files: Files) -> Path:
    """The folder for these files in the user's cache, or under LOWLEVEL_CACHE if that is set.

    Raises:
        MissingExtraError: pooch, which knows where caches are, is not installed.
    """
    return cache_root() / files.dataset


def cache_root() -> Path:
    """The user's cache, or LOWLEVEL_CACHE. Raises MissingExtraError as `cache_directory` does."""
    root = os.environ.get("LOWLEVEL_CACHE") or import_extra("pooch", "data").os_cache("lowlevel")
    return Path(root)


def is_cached(files: Files) -> bool:
    """Whether all files are in the cache; `fetch` also checks what they hold."""
    return all((cache_directory(files) / name).is_file() for name in files.sha256)


def fetch(files: Files) -> Path:
    """The folder that holds all files, checked; those missing are downloaded, with progress bars.

    Raises:
        DownloadError: no mirror can be reached, or none has the right bytes.
        DataError: they cannot be stored, or a file in the cache is damaged.
        MissingExtraError: pooch is not installed.
    """
    directory = cache_directory(files)
    missing = [name for name in files.sha256 if not (directory / name).is_file()]
    if missing:
        try:
            directory.mkdir(parents=True, exist_ok=True)
            mirror = find_mirror(files)
            mirrors = sorted(files.mirrors, key=lambda candidate: candidate != mirror)
            with tempfile.TemporaryDirectory(prefix="download-", dir=directory) as temporary:
                for name in missing:
                    _download(files, name, mirrors, temporary).replace(directory / name)
        except OSError as error:
            raise DataError(
                f"the cache {directory} cannot be written: {reason_of(error)}."
            ) from error
    for name, expected in files.sha256.items():
        if files.digest(directory / name) != expected:
            raise DataError(
                f"{directory / name} does not hold the bytes of {files.dataset}; "
                f"delete it and it will be downloaded again."
            )
    return directory


def find_mirror(files: Files) -> str:
    """The first mirror that answers, asked all at once.

    Raises:
        DownloadError: none has answered within `SECONDS_TO_FIND_A_MIRROR`.
    """
    requests = import_extra("requests", "data")
    answers = queue.SimpleQueue()

    def ask(mirror):
        try:
            url = mirror + next(iter(files.sha256))
            requests.head(url, timeout=SECONDS_TO_FIND_A_MIRROR).raise_for_status()
            answers.put(mirror)
        except requests.RequestException:
            answers.put(None)

    for mirror in files.mirrors:
        threading.Thread(target=ask, args=(mirror,), daemon=True).start()
    deadline = time.monotonic() + SECONDS_TO_FIND_A_MIRROR
    for _ in files.mirrors:
        try:
            mirror = answers.get(timeout=max(0, deadline - time.monotonic()))
        except queue.Empty:
            break
        if mirror is not None:
            return mirror
    hosts = ", ".join(mirror.split("/")[2] for mirror in files.mirrors)
    raise DownloadError(f"{files.dataset} cannot be downloaded: no answer from {hosts}.")


def _download(files, name, mirrors, directory):
    pooch = import_extra("pooch", "data")
    requests = import_extra("requests", "data")
    pooch.get_logger().setLevel(logging.WARNING)
    downloader = pooch.HTTPDownloader(progressbar=sys.stderr.isatty(), timeout=SECONDS_WITHOUT_DATA)
    for mirror in mirrors:
        print(f"downloading {mirror}{name}", file=sys.stderr, flush=True)
        path = Path(directory) / name
        path.unlink(missing_ok=True)
        try:
            pooch.retrieve(mirror + name, None, name, directory, downloader=downloader)
            if files.digest(path) == files.sha256[name]:
                return path
            reason = f"{mirror} does not send the bytes of {files.dataset}"
        except requests.RequestException as error:
            reason = f"{mirror}: {type(error).__name__}"
        except DataError as error:
            reason = str(error)
    raise DownloadError(f"{name} cannot be downloaded from any mirror ({reason}).")


def sha256(path: Path, opener: Callable = gzip.open) -> str:
    """SHA-256 of what a file holds, once opened. Raises DataError if it is damaged."""
    digest, size = hashlib.sha256(), 0
    try:
        with opener(path, "rb") as stream:
            while chunk := stream.read(2**20):
                digest.update(chunk)
                size += len(chunk)
                if size > MAX_DECOMPRESSED_BYTES:
                    raise DataError(f"{path} holds more than {MAX_DECOMPRESSED_BYTES} bytes.")
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} is damaged ({reason_of(error)}); delete it.") from error
    return digest.hexdigest()
