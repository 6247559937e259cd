"""MNIST, and any other data in its four IDX files."""

from pathlib import Path

import numpy as np

from lowlevel.checks import DataError
from lowlevel.data import download, idx, room
from lowlevel.data.labelled_images import ImageDataset, LabelledImages
from lowlevel.files import FilePath

TRAIN_IMAGES = "train-images-idx3-ubyte"
TRAIN_LABELS = "train-labels-idx1-ubyte"
TEST_IMAGES = "t10k-images-idx3-ubyte"
TEST_LABELS = "t10k-labels-idx1-ubyte"

FILES = download.Files(
    dataset="mnist",
    mirrors=(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    sha256={
        f"{TRAIN_IMAGES}.gz": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        f"{TRAIN_LABELS}.gz": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        f"{TEST_IMAGES}.gz": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        f"{TEST_LABELS}.gz": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    },
)


SHA256 = "e7428f6179086befc912828660ec70196d56e56db4725b562f7f227c88a86ac7"  # of `load()`


def load(from_disk: bool | None = False, quiet: bool = False) -> ImageDataset:
    """MNIST's 60,000 and 10,000 images: from the user's cache, downloaded into it if necessary.

    The arguments are those of `read_directory`.

    Raises:
        DataError: a file cannot be downloaded, or the cached one does not hold MNIST's bytes.
        MissingExtraError: pooch is not installed.
    """
    return read_directory(download.fetch(FILES), from_disk=from_disk, quiet=quiet)


def read_directory(
    directory: FilePath,
    name: str = "mnist",
    from_disk: bool | None = False,
    quiet: bool = False,
) -> ImageDataset:
    """Reads the four IDX files of a directory, each gzipped (with the ending .gz) or not.

    Args:
        directory: where the files are.
        name: the dataset's name.
        from_disk: whether images stay in their files, to be read when they are needed, see
            `idx.map_file`; None for those that are too large for memory, see `room`.
        quiet: show no progress.

    Returns:
        An `ImageDataset`: images of any one size with one channel, labels from 0 to at most 255.

    Raises:
        DataError: the directory or a file is missing or damaged, or they do not fit together.
    """
    directory = Path(directory)
    if not directory.is_dir():
        raise DataError(f"{directory} is not a directory.")
    train = _read_part(directory, TRAIN_IMAGES, TRAIN_LABELS, from_disk, quiet)
    test = _read_part(directory, TEST_IMAGES, TEST_LABELS, from_disk, quiet)
    return ImageDataset(name, train, test)


def _read_part(directory, images_name, labels_name, from_disk, quiet):
    images_path = _find(directory, images_name)
    labels_path = _find(directory, labels_name)
    if from_disk is None:
        from_disk = room.is_too_large(idx.size(images_path, num_dimensions=3))
    images = idx.map_file(images_path, 3, quiet) if from_disk else idx.read(images_path, 3)
    labels = idx.read(labels_path, num_dimensions=1)
    return LabelledImages(images[..., np.newaxis], labels.astype(np.int32), str(images_path))


def _find(directory, name):
    for candidate in (directory / name, directory / f"{name}.gz"):
        if candidate.is_file():
            return candidate
    raise DataError(f"{directory} contains neither {name} nor {name}.gz.")
