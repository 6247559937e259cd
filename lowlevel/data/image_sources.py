"""Images by number, from memory, from a file, or from a part of another source."""

import hashlib
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from lowlevel.checks import DataError
from lowlevel.data import pipeline, read_calls, standardize
from lowlevel.data.examples import Indexed
from lowlevel.files import FilePath
from lowlevel.types import Tensor


class ImageSource:
    """Images of one size; `images[indices]` gives uint8 `[indices, height, width, channels]`.

    Attributes:
        names: the name of each image.
        image_shape: (height, width, channels).
        source: the path or name they came from, for messages.
    """

    def __init__(self, names: Sequence[str], image_shape: tuple[int, ...], source: str) -> None:
        self.names = list(names)
        self.image_shape = tuple(image_shape)
        self.source = str(source)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of all images as one array: (images, height, width, channels)."""
        return (len(self), *self.image_shape)

    dtype = np.dtype(np.uint8)

    def part(self, part: slice) -> "ImageSource":
        """Some of the images; none is read."""
        return SomeImages(self, np.arange(len(self))[part], self.source)

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, indices: Any) -> np.ndarray:
        raise NotImplementedError

    def _list(self, indices):
        """Indices or a slice as an array of numbers."""
        if isinstance(indices, slice):
            return np.arange(*indices.indices(len(self)))
        return np.asarray(indices)

    def sha256(self) -> str:
        """Digest of all images, read a piece at a time."""
        digest = hashlib.sha256(repr((len(self), self.image_shape)).encode())
        for start in range(0, len(self), standardize.IMAGES_AT_A_TIME):
            digest.update(self[start : start + standardize.IMAGES_AT_A_TIME])
        return digest.hexdigest()


class ImagesInMemory(ImageSource):
    """Images in an array."""

    def __init__(self, images: np.ndarray, source: str) -> None:
        names = [f"{source} {number}" for number in range(len(images))]
        super().__init__(names, images.shape[1:], source)
        self._images = images

    def __getitem__(self, indices: Any) -> np.ndarray:
        return self._images[indices]


class StoredImages(ImageSource):
    """Images in a file, one after another, read on each access."""

    def __init__(
        self, path: FilePath, names: Sequence[str], image_shape: tuple[int, ...], source: str
    ) -> None:
        super().__init__(names, image_shape, source)
        self._path = Path(path)

    def __getitem__(self, indices: Any) -> np.ndarray:
        indices = self._list(indices)
        size = math.prod(self.image_shape)
        images = np.empty((len(indices), *self.image_shape), np.uint8)
        with self._path.open("rb") as file:
            for image, index in zip(images, indices, strict=True):
                file.seek(int(index) * size)
                if file.readinto(image) != size:
                    raise DataError(f"{self._path} has become shorter than its images.")
        return images


class SomeImages(ImageSource):
    """The images of another source at the given numbers, in that order."""

    def __init__(self, images: ImageSource, numbers: np.ndarray, source: str) -> None:
        super().__init__([images.names[number] for number in numbers], images.image_shape, source)
        self._images = images
        self._numbers = np.asarray(numbers)

    def __getitem__(self, indices: Any) -> np.ndarray:
        return self._images[self._numbers[indices]]


class SourceExamples(Indexed):
    """The images of an `ImageSource` as examples whose targets are the images themselves.

    Attributes:
        count: how many there are.
        source: the `ImageSource`.
    """

    def __init__(self, source: ImageSource, statistics: dict) -> None:
        """`statistics` brings the images into [0, 1], see `lowlevel.data.standardize`."""
        self.source = source
        self.count = len(source)
        self._statistics = statistics

    @property
    def element_spec(self) -> tuple:
        """`tf.TensorSpec`s of a batch: the images, as inputs and as targets."""
        spec = tf.TensorSpec([None, *self.source.image_shape], tf.float32)
        return spec, spec

    def batches(
        self, batch_size: int, order: Tensor | None = None, augment: Callable | None = None
    ) -> tf.data.Dataset:
        """Pairs of the same images, changed alike, see `Indexed.batches`."""
        batches = super().batches(batch_size, order, augment)
        return pipeline.map_batches(batches, lambda images: (images, images))

    def load(self, indices: Any) -> tuple:
        """The images at these indices, see `Indexed.load`."""
        images = read_calls.read(lambda numbers: self.source[numbers], indices, tf.uint8)
        images = tf.ensure_shape(images, [None, *self.source.image_shape])
        return (standardize.apply(tf.cast(images, tf.float32) / 255, self._statistics),)
