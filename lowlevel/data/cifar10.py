"""CIFAR-10 in its official binary form: a directory of records, or the archive of it.

A record is one byte for the class and 3,072 for the image: 32 rows of 32 red numbers, then green,
then blue. Source: Krizhevsky (2009), https://www.cs.toronto.edu/~kriz/cifar.html.
"""

from pathlib import Path
from typing import Any

import numpy as np

from lowlevel.checks import DataError, reason_of
from lowlevel.data import archive, download
from lowlevel.data.labelled_images import ImageDataset, LabelledImages
from lowlevel.files import FilePath

CLASS_NAMES = (
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"
)  # fmt: skip
DIRECTORY = "cifar-10-batches-bin"
ARCHIVE = "cifar-10-binary.tar.gz"
TRAIN_FILES = tuple(f"data_batch_{number}.bin" for number in range(1, 6))
TEST_FILES = ("test_batch.bin",)
SIDE, CHANNELS = 32, 3
RECORD_BYTES = 1 + SIDE * SIDE * CHANNELS
RECORDS_IN_A_FILE = 10_000
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


def load() -> ImageDataset:
    """CIFAR-10's 50,000 and 10,000 images: from the user's cache, downloaded if necessary.

    Raises:
        DataError: the archive cannot be downloaded, or the cached one is not the official one.
        MissingExtraError: pooch is not installed.
    """
    return read(download.fetch(FILES) / ARCHIVE)


def read(path: FilePath) -> ImageDataset:
    """Reads CIFAR-10 from disk.

    Args:
        path: the directory `cifar-10-batches-bin`, the archive `cifar-10-binary.tar.gz`, or a
            directory that contains one of them.

    Returns:
        An `ImageDataset` of images `[examples, 32, 32, 3]`.

    Raises:
        DataError: none of these exists, or the data is damaged.
    """
    path = Path(path)
    if path.is_file():
        return _dataset(_read_archive(path), path)
    if (path / TEST_FILES[0]).is_file():
        return _dataset(_read_directory(path), path)
    if (path / DIRECTORY).is_dir():
        return _dataset(_read_directory(path / DIRECTORY), path / DIRECTORY)
    if (path / ARCHIVE).is_file():
        return _dataset(_read_archive(path / ARCHIVE), path / ARCHIVE)
    raise DataError(f"{path} contains neither {DIRECTORY} nor {ARCHIVE} nor {TEST_FILES[0]}.")


def _read_directory(directory):
    contents = {}
    for name in TRAIN_FILES + TEST_FILES:
        try:
            file = directory / name
            _check_size(file, file.stat().st_size)
            contents[name] = file.read_bytes()
        except OSError as error:
            raise DataError(f"{file} cannot be read: {reason_of(error)}.") from error
    return contents


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


def _dataset(contents, source):
    train, test = (
        _decode(b"".join(contents[name] for name in names), source)
        for names in (TRAIN_FILES, TEST_FILES)
    )
    return ImageDataset("cifar10", train, test, CLASS_NAMES)


def _decode(content, source):
    records = np.frombuffer(content, np.uint8).reshape(-1, RECORD_BYTES)
    labels = records[:, 0].astype(np.int32)
    if labels.max() >= len(CLASS_NAMES):
        raise DataError(f"{source} holds a class {labels.max()}; there are {len(CLASS_NAMES)}.")
    planes = records[:, 1:].reshape(-1, CHANNELS, SIDE, SIDE)
    images = np.ascontiguousarray(planes.transpose(0, 2, 3, 1))  # [examples, 32, 32, 3]
    return LabelledImages(images, labels, str(source))
