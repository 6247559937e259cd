"""Image files that are decoded whenever they are needed, one folder of them for each class."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lowlevel.checks import (
    DataError,
    check_image_shape,
    check_number,
    import_extra,
    printable,
    reason_of,
)
from lowlevel.data import image_file, image_folder
from lowlevel.data.image_sources import ImageSource
from lowlevel.data.labelled_images import ImageDataset, LabelledImages
from lowlevel.files import FilePath
from lowlevel.progress import Progress

FILES_AT_A_TIME = 1_000  # between two steps of the progress bar


class ImageFiles(ImageSource):
    """Image files of any size, each decoded and resized on each access, as `read_resized` does.

    In memory are the names, and 16 bytes a file to notice that one has changed.
    """

    def __init__(
        self,
        directory: FilePath,
        names: Sequence[str],
        image_shape: tuple[int, int, int],
        quiet: bool = True,
    ) -> None:
        """Looks at the files, and decodes none.

        Args:
            directory: where they are.
            names: their paths in it.
            image_shape: (height, width, channels) to resize them to.
            quiet: show no progress.

        Raises:
            DataError: one is missing.
            MissingExtraError: Pillow is not installed.
        """
        import_extra("PIL.Image", "images")
        super().__init__(names, check_image_shape(image_shape), str(directory))
        self._status = np.empty((len(self.names), 2), np.int64)
        with Progress("looking at image files", len(self.names), quiet=quiet) as progress:
            for number in range(len(self.names)):
                self._status[number] = self._look(number)
                if (number + 1) % FILES_AT_A_TIME == 0:
                    progress.advance(count=FILES_AT_A_TIME)

    def __getitem__(self, indices: Any) -> np.ndarray:
        numbers = self._list(indices)
        shape: Any = self.image_shape
        images = np.empty((len(numbers), *shape), np.uint8)
        for image, number in zip(images, numbers, strict=True):
            if self._look(number) != tuple(self._status[number]):
                raise DataError(f"{self._path(number)} has changed since training began.")
            image[:] = image_file.read_resized(self._path(number), shape)
        return images

    def sha256(self) -> str:
        """Digest of the names and sizes of the files; to decode all takes too long."""
        digest = hashlib.sha256(repr(self.shape).encode())
        for name, size in zip(self.names, self._status[:, 0], strict=True):
            digest.update(os.fsencode(name) + f"\0{size}\n".encode())
        return digest.hexdigest()

    def _path(self, number):
        return os.path.join(self.source, self.names[number])

    def _look(self, number):
        """Size and time of change of a file."""
        try:
            status = os.stat(self._path(number))
        except OSError as error:
            path = self._path(number)
            raise DataError(f"{path} cannot be read: {reason_of(error)}.") from error
        return status.st_size, status.st_mtime_ns


def read_classes(
    directory: FilePath,
    image_shape: tuple[int, int, int],
    test_share: float = 0.2,
    seed: int = 0,
    quiet: bool = True,
) -> ImageDataset:
    """A folder that holds a folder of image files for each class, in the order of their names.

    Args:
        directory: the folder.
        image_shape: (height, width, channels) to resize the images to.
        test_share: share of the images to test on, between 0 and 1, drawn at random.
        seed: of that draw.
        quiet: show no progress.

    Returns:
        An `ImageDataset`; each batch decodes its own images.

    Raises:
        DataError: there are fewer than two classes, or a class without images.
        ConfigError: the share is not between 0 and 1.
        MissingExtraError: Pillow is not installed.
    """
    check_number("test_share", test_share, 0, 1, low_included=False)
    directory = Path(directory)
    try:
        found = (entry for entry in os.scandir(directory) if entry.is_dir())
        classes = sorted(entry.name for entry in found if not entry.name.startswith("."))
    except OSError as error:
        raise DataError(f"{directory} cannot be read: {reason_of(error)}.") from error
    if len(classes) < 2:
        raise DataError(
            f"{directory} must hold a folder of images for each of two classes or more."
        )
    names, labels = [], []
    for label, name in enumerate(classes):
        inside = image_folder.names(directory / name)
        names += [f"{name}/{file}" for file in inside]
        labels.append(np.full(len(inside), label, np.int32))
    order = np.random.default_rng(seed).permutation(len(names))
    count = int(len(names) * test_share)
    if count == 0:
        raise DataError(f"{directory} holds {len(names)} images: too few to test on some of them.")
    every_label = np.concatenate(labels)

    def part(chosen):
        chosen = np.sort(chosen)
        files = ImageFiles(directory, [names[number] for number in chosen], image_shape, quiet)
        return LabelledImages(files, every_label[chosen], str(directory))

    test, train = part(order[:count]), part(order[count:])
    name = printable(directory.resolve().name) or "root"
    return ImageDataset(name, train, test, tuple(classes))
