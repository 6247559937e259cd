"""A folder of image files of any size, resized to one size and stored in one file.

The images are decoded once, in parallel, and written one after another, so only a few are in
memory at a time. Batches are read from the file.
"""

import concurrent.futures
import functools
import json
import math
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from lowlevel import files
from lowlevel.checks import DataError, reason_of
from lowlevel.data import image_file
from lowlevel.data.image_sources import StoredImages
from lowlevel.data.standardize import IMAGES_AT_A_TIME
from lowlevel.files import FilePath
from lowlevel.progress import Progress


def find(directory: FilePath) -> list[Path]:
    """Paths of the image files of a directory, in the order of their names.

    Raises:
        DataError: the path is not a directory, or contains no images.
    """
    return [Path(directory, name) for name in names(directory)]


def names(directory: FilePath) -> list[str]:
    """Names of the image files of a directory, in order. Raises DataError as `find` does."""
    try:
        with os.scandir(os.fspath(directory)) as entries:
            found = sorted(
                entry.name
                for entry in entries
                if os.path.splitext(entry.name)[1].lower() in image_file.SUFFIXES
                and not (entry.name.startswith(".") or entry.is_dir())
            )
    except OSError as error:
        raise DataError(f"{directory} cannot be read: {reason_of(error)}.") from error
    if not found:
        raise DataError(f"{directory} contains no image files: {image_file.KINDS}.")
    return found


def find_all(paths: Iterable[FilePath]) -> list[Path]:
    """Paths of image files: those given, and those in the directories given.

    Raises:
        DataError: a directory contains no images.
    """
    found = []
    for path in map(Path, paths):
        found += find(path) if path.is_dir() else [path]
    return found


def store(
    paths: Sequence[Path],
    image_shape: tuple[int, int, int],
    cache_path: Path,
    source: object,
    quiet: bool = False,
) -> StoredImages:
    """Decodes image files into a cache file, or reuses the existing one if it still fits.

    Args:
        paths: the image files.
        image_shape: (height, width, channels) to resize them to.
        cache_path: the file to write; a .json beside it lists what it was made of.
        source: what errors call the images.
        quiet: show no progress.

    Returns:
        `StoredImages`, in the order of `paths`.

    Raises:
        DataError: an image cannot be read, or the cache cannot be written.
        MissingExtraError: Pillow is not installed.
    """
    cache_path = Path(cache_path)
    list_path = cache_path.with_suffix(".json")
    resolve = functools.cache(lambda folder: str(folder.resolve()))  # once a folder
    contents = {
        "image_shape": list(image_shape),
        "files": [_identity(path, resolve) for path in map(Path, paths)],
    }
    try:
        if not _is_there(cache_path, list_path, contents):
            cache_path.parent.mkdir(parents=True, exist_ok=True)
            list_path.unlink(missing_ok=True)
            for left_over in cache_path.parent.glob(f"{files.TEMPORARY}{cache_path.name}-*"):
                left_over.unlink()  # of a run that was killed
            _decode_all(paths, image_shape, cache_path, quiet)
            files.write_text(list_path, json.dumps(contents))
    except OSError as error:
        raise DataError(
            f"the images of {source} cannot be kept in {cache_path}: {reason_of(error)}."
        ) from error
    return StoredImages(cache_path, [path.name for path in paths], image_shape, str(source))


def _identity(path, resolve):
    try:
        status = os.stat(path)
        whole = str(path.resolve()) if path.is_symlink() else f"{resolve(path.parent)}/{path.name}"
    except OSError as error:  # for example a broken link
        raise DataError(f"{path} cannot be read: {reason_of(error)}.") from error
    return [whole, status.st_size, status.st_mtime_ns]


def _is_there(cache_path, list_path, contents):
    try:
        size = len(contents["files"]) * math.prod(contents["image_shape"])
        there = files.parse_json(list_path.read_text(encoding="utf-8"))
        return there == contents and cache_path.stat().st_size == size
    except (OSError, ValueError):
        return False


def _read_or_error(path, image_shape):
    try:
        return image_file.read_resized(path, image_shape)
    except DataError as error:
        return error


def _decode_all(paths, image_shape, cache_path, quiet):
    temporary = files.temporary_beside(cache_path)
    errors = []
    try:
        with (
            temporary.open("wb") as file,
            concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool,
            Progress("reading images", len(paths), quiet=quiet) as progress,
        ):
            for start in range(0, len(paths), IMAGES_AT_A_TIME):
                some = paths[start : start + IMAGES_AT_A_TIME]
                for image in pool.map(lambda p: _read_or_error(p, image_shape), some):
                    if isinstance(image, DataError):
                        errors.append(image)
                    else:
                        file.write(image)
                    progress.advance()
        if len(errors) > 1:
            raise DataError(f"{errors[0]} Of {len(paths)} images, {len(errors)} cannot be read.")
        if errors:
            raise errors[0]
        files.sync(temporary)
        temporary.replace(cache_path)
    finally:
        temporary.unlink(missing_ok=True)
