"""CIFAR-10 in its official binary form: a directory of records, or the archive of it.

A record is one byte for the class and 3,072 for the image: 32 rows of 32 red numbers, then green,
then blue. Source: Krizhevsky (2009), https://www.cs.toronto.edu/~kriz/cifar.html.
"""

import functools
from pathlib import Path
from typing import Any

import numpy as np

from lowlevel.checks import DataError, reason_of
from lowlevel.data import archive, download, kept, room
from lowlevel.data.labelled_images import ImageDataset, LabelledImages
from lowlevel.files import FilePath
from lowlevel.progress import Progress

CLASS_NAMES = (
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"
)  # fmt: skip
DIRECTORY = "cifar-10-batches-bin"
ARCHIVE = "cifar-10-binary.tar.gz"
TRAIN_FILES = tuple(f"data_batch_{number}.bin" for number in range(1, 6))
TEST_FILES = ("test_batch.bin",)
SIDE, CHANNELS = 32, 3
RECORD_BYTES = 1 + SIDE * SIDE * CHANNELS
RECORDS_IN_A_FILE = 10_000  # at least: those of a directory may hold more
RECORDS_AT_A_TIME = 1_000
MOST_BYTES = 2**28  # in the archive; CIFAR-10 has 0.7 times as many

FILES = download.Files(
    dataset="cifar10",
    mirrors=(
        "https://www.cs.toronto.edu/~kriz/",
        "https://mindspore-website.obs.cn-north-4.myhuaweicloud.com/notebook/datasets/",
    ),
    sha256={ARCHIVE: "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"},
    hashed_decompressed=False,
)


def load(from_disk: bool | None = False, quiet: bool = False) -> ImageDataset:
    """CIFAR-10's 50,000 and 10,000 images: from the user's cache, downloaded if necessary.

    The arguments are those of `read`.

    Raises:
        DataError: the archive cannot be downloaded, or the cached one is not the official one.
        MissingExtraError: pooch is not installed.
    """
    return read(download.fetch(FILES) / ARCHIVE, from_disk, quiet)


def read(path: FilePath, from_disk: bool | None = False, quiet: bool = False) -> ImageDataset:
    """Reads CIFAR-10 from disk.

    Args:
        path: the directory `cifar-10-batches-bin`, the archive `cifar-10-binary.tar.gz`, or a
            directory that contains one of them.
        from_disk: whether images stay on disk, to be read when they are needed, from one file in
            the user's cache that is made of all of them once; None for those that are too large
            for memory, see `room`.
        quiet: show no progress.

    Returns:
        An `ImageDataset` of images `[examples, 32, 32, 3]`.

    Raises:
        DataError: none of these exists, or the data is damaged.
    """
    source = _find(Path(path))
    is_archive = source.is_file()
    sizes = {} if is_archive else _sizes(source)
    if from_disk is None:
        from_disk = room.is_too_large(sum(sizes.values()))
    contents = functools.cache(lambda: _read_archive(source))
    in_archive = RECORDS_IN_A_FILE * RECORD_BYTES

    def records(names):
        for name in names:
            if is_archive:
                yield contents()[name]
            else:
                yield from _read_some(source / name, sizes[name])

    def part(names):
        if not from_disk:
            return _decode(source, records(names))
        size = sum(sizes.get(name, in_archive) for name in names)
        return _keep(source, names[0], size, lambda: records(names), quiet)

    train, test = part(TRAIN_FILES), part(TEST_FILES)
    return ImageDataset("cifar10", train, test, CLASS_NAMES)


def _find(path):
    """The archive, or the directory of the files."""
    if path.is_file() or (path / TEST_FILES[0]).is_file():
        return path
    for inside, is_there in ((path / DIRECTORY, Path.is_dir), (path / ARCHIVE, Path.is_file)):
        if is_there(inside):
            return inside
    raise DataError(f"{path} contains neither {DIRECTORY} nor {ARCHIVE} nor {TEST_FILES[0]}.")


def _sizes(directory):
    """Bytes of the files, by name."""
    sizes = {}
    for name in TRAIN_FILES + TEST_FILES:
        try:
            sizes[name] = (directory / name).stat().st_size
        except OSError as error:
            raise DataError(f"{directory / name} cannot be read: {reason_of(error)}.") from error
        if sizes[name] < RECORDS_IN_A_FILE * RECORD_BYTES or sizes[name] % RECORD_BYTES:
            _check_size(directory / name, sizes[name])
    return sizes


def _read_some(path, size):
    """The bytes of a file, some records at a time."""
    try:
        with path.open("rb") as file:
            while size:
                content = file.read(min(size, RECORDS_AT_A_TIME * RECORD_BYTES))
                if not content or len(content) % RECORD_BYTES:
                    raise DataError(f"{path} has become shorter while it was read.")
                size -= len(content)
                yield content
    except OSError as error:
        raise DataError(f"{path} cannot be read: {reason_of(error)}.") from error


def _read_archive(path):
    """Bytes of the files, by name; nothing is written anywhere."""
    contents = {}
    with archive.opened(path, MOST_BYTES) as opened:
        for member in archive.members(opened, path):
            name = _name_inside(path, member)
            if name in TRAIN_FILES + TEST_FILES:
                _check_size(f"{member.name} in {path}", member.size)
                file: Any = opened.extractfile(member)  # not None: the member is a file
                contents[name] = file.read()
    missing = [name for name in TRAIN_FILES + TEST_FILES if name not in contents]
    if missing:
        raise DataError(f"{path} contains no {DIRECTORY}/{missing[0]}.")
    return contents


def _name_inside(path, member):
    """A member's name in the directory, or None for the directory itself."""
    folder, slash, name = member.name.removeprefix("./").partition("/")
    if folder != DIRECTORY or "/" in name or name in (".", ".."):
        raise DataError(f"{path} holds {member.name!r}, which lies outside {DIRECTORY}.")
    if not (member.isfile() or (member.isdir() and not name)):
        raise DataError(f"{path} holds {member.name!r}, which is neither a file nor {DIRECTORY}.")
    return name if slash else None


def _check_size(file, size):
    expected = RECORDS_IN_A_FILE * RECORD_BYTES
    if size != expected:
        raise DataError(
            f"{file} has {size} bytes instead of {expected} "
            f"({RECORDS_IN_A_FILE} records of {RECORD_BYTES})."
        )


def _decode(source, contents):
    """`LabelledImages` of the records in some contents of files, in memory."""
    images, labels = _split(b"".join(contents), source)
    return LabelledImages(images, labels, str(source))


def _keep(source, name, size, read, quiet):
    """The same, but the images stay in a file in the cache: images, then a byte for each class."""
    count = size // RECORD_BYTES

    def write(file):
        classes = []
        with Progress("decoding images", count, quiet=quiet) as progress:
            for content in read():
                images, labels = _split(content, source)
                file.write(images)
                classes.append(labels.astype(np.uint8))
                progress.advance(count=len(labels))
        file.write(np.concatenate(classes))

    path = kept.make(source, f"-{name}.images", size, write)
    images = np.memmap(path, np.uint8, "r", shape=(count, SIDE, SIDE, CHANNELS))
    labels = np.fromfile(path, np.uint8, offset=images.nbytes)
    return LabelledImages(images, labels.astype(np.int32), str(source))


def _split(content, source):
    """Images `[records, 32, 32, 3]` and labels in the bytes of some records."""
    records = np.frombuffer(content, np.uint8).reshape(-1, RECORD_BYTES)
    labels = records[:, 0].astype(np.int32)
    if labels.max() >= len(CLASS_NAMES):
        raise DataError(f"{source} holds a class {labels.max()}; there are {len(CLASS_NAMES)}.")
    planes = records[:, 1:].reshape(-1, CHANNELS, SIDE, SIDE)
    images = np.ascontiguousarray(planes.transpose(0, 2, 3, 1))  # [examples, 32, 32, 3]
    return images, labels
