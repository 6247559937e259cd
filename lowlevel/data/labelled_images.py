"""Images with their classes, in memory or on disk."""

import dataclasses
import functools
import hashlib
from typing import Any

import numpy as np
import tensorflow as tf

from lowlevel.arrays import to_numbers
from lowlevel.checks import ConfigError, DataError, check_integer, check_printable
from lowlevel.data import on_disk
from lowlevel.data.examples import Arrays
from lowlevel.data.image_sources import ImageSource
from lowlevel.data.on_disk import OnDisk
from lowlevel.types import Tensor


@dataclasses.dataclass(frozen=True)
class LabelledImages:
    """Images and the class of each.

    Attributes:
        images: uint8 `[examples, height, width, channels]`. What is mapped from a file stays there,
            and so do the images of an `ImageSource`: a batch reads its own.
        labels: int32 `[examples]`, in [0, classes).
        source: the path or name they came from, for messages.

    Images and labels may be whole numbers of any type, in arrays or lists; they are converted.

    Raises:
        DataError: there are no images, not exactly one label for each, or images or labels have
            another form.
    """

    images: Any
    labels: np.ndarray
    source: str

    def __post_init__(self) -> None:
        images: Any = self.images
        if not isinstance(images, ImageSource):
            images = to_numbers(f"{self.source}: images", images)
        labels = to_numbers(f"{self.source}: labels", self.labels)
        if len(images.shape) != 4 or not np.issubdtype(images.dtype, np.integer):
            raise DataError(
                f"{self.source}: images must be whole numbers [examples, height, width, channels] "
                f"from 0 to 255, not {images.dtype} {list(images.shape)}."
            )
        if labels.ndim != 1 or not np.issubdtype(labels.dtype, np.integer):
            raise DataError(
                f"{self.source}: labels must be a whole number for each image, not {labels.dtype} "
                f"{list(labels.shape)}."
            )
        if len(images) != len(labels):
            raise DataError(
                f"{self.source} holds {len(images)} images but {len(labels)} labels; "
                f"there must be one label for each image."
            )
        if 0 in images.shape:
            raise DataError(f"{self.source} contains no images.")
        if images.dtype != np.uint8 and on_disk.is_on_disk(images):
            raise DataError(f"{self.source}: images in a file must be uint8, not {images.dtype}.")
        if images.dtype != np.uint8 and (images.min() < 0 or images.max() > 255):
            raise DataError(f"{self.source}: images must lie in 0 to 255.")
        if labels.min() < 0 or labels.max() > np.iinfo(np.int32).max:
            raise DataError(f"{self.source}: labels must be whole numbers from 0 on.")
        if not isinstance(images, ImageSource):
            images = images.astype(np.uint8, copy=False)
        object.__setattr__(self, "images", images)
        object.__setattr__(self, "labels", labels.astype(np.int32, copy=False))

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def are_on_disk(self) -> bool:
        """Whether the images are read when they are needed."""
        return isinstance(self.images, ImageSource) or on_disk.is_on_disk(self.images)

    @functools.cached_property
    def tensor(self) -> Any:
        """The images as a tensor, or as an `OnDisk` in the place of one; made once."""
        return OnDisk(self.images) if self.are_on_disk else tf.constant(self.images)

    @functools.cached_property
    def examples(self) -> Arrays:
        """The same as `Arrays`, made once; a batch of images becomes float32 in [0, 1]."""
        return Arrays(self.tensor, tf.constant(self.labels), prepare=to_unit_interval)

    def update(self, digest: Any) -> None:
        """Adds shape, images and labels to a digest of hashlib."""
        digest.update(repr(self.images.shape).encode())
        if isinstance(self.images, ImageSource):
            digest.update(self.images.sha256().encode())
        elif self.are_on_disk:
            on_disk.update(digest, self.tensor)
        else:
            digest.update(np.ascontiguousarray(self.images))
        digest.update(np.ascontiguousarray(self.labels))


def to_unit_interval(images: Tensor) -> Tensor:
    """Images of bytes, uint8, as float32 in [0, 1]."""
    return tf.cast(images, tf.float32) / 255


@dataclasses.dataclass(frozen=True)
class ImageDataset:
    """Images to train on and images to test on.

    Attributes:
        name: the dataset's name, for example "mnist".
        train, test: its two parts.
        class_names: a name for each class; their numbers if none are given.

    Raises:
        DataError: the two differ in image size, there are fewer than two classes, or a label is
            not covered by the names.
        ConfigError: a name cannot be printed, or two are alike.
    """

    name: str
    train: LabelledImages
    test: LabelledImages
    class_names: tuple = ()

    def __post_init__(self) -> None:
        train_shape, test_shape = self.train.images.shape[1:], self.test.images.shape[1:]
        if train_shape != test_shape:
            raise DataError(
                f"{self.train.source} holds images of {train_shape} (height, width, channels) "
                f"but {self.test.source} of {test_shape}; both must be of one size."
            )
        highest = int(max(self.train.labels.max(), self.test.labels.max()))
        if highest < 1:
            raise DataError(
                f"{self.train.source} has the label 0 only; there must be at least two classes."
            )
        if not self.class_names:
            names = tuple(str(index) for index in range(highest + 1))
            object.__setattr__(self, "class_names", names)
        if not isinstance(self.class_names, list | tuple):
            raise ConfigError(f"class_names must be a tuple of names, not {self.class_names!r}.")
        object.__setattr__(self, "class_names", tuple(map(str, self.class_names)))
        check_printable(self.class_names, "a class name")
        if len(set(self.class_names)) < len(self.class_names):
            raise ConfigError(f"two of the class_names are alike: {', '.join(self.class_names)}.")
        if highest >= len(self.class_names):
            raise DataError(
                f"{self.train.source} has the label {highest}, but there are names for "
                f"{len(self.class_names)} classes only."
            )

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(height, width, channels)."""
        return self.train.images.shape[1:]

    @property
    def num_classes(self) -> int:
        """How many classes there are."""
        return len(self.class_names)

    def describe(self, classes: bool = True) -> str:
        """A line of text: the name, and how many images and classes there are."""
        images = f"{len(self.train)} images to train on, {len(self.test)} to test on"
        if self.train.are_on_disk or self.test.are_on_disk:
            images += ", read from disk as they are needed"
        return f"{self.name}: {images}" + (f"; {self.num_classes} classes" if classes else "")

    def with_channels(self, channels: int) -> "ImageDataset":
        """The same images with this number of channels: a grey one is repeated.

        Raises:
            DataError: the images have colours, in another number.
            ConfigError: the number is not above 0.
        """
        check_integer("channels", channels, 1)
        if self.image_shape[-1] == channels:
            return self
        if self.image_shape[-1] != 1:
            raise DataError(
                f"{self.train.source} holds images of {self.image_shape[-1]} channels; "
                f"the network takes {channels}."
            )
        train, test = (
            dataclasses.replace(part, images=_repeat(part.images, channels))
            for part in (self.train, self.test)
        )
        return dataclasses.replace(self, train=train, test=test)

    def sha256(self) -> str:
        """Digest of all images and labels: the same for the same data, wherever it lies."""
        digest = hashlib.sha256()
        for part in (self.train, self.test):
            part.update(digest)
        return digest.hexdigest()


def _repeat(images, channels):
    """Grey images in several equal channels; those that are mapped from a file stay there."""
    if isinstance(images, ImageSource):
        raise DataError(f"{images.source}: read the images with {channels} channels.")
    if on_disk.is_on_disk(images):
        return np.broadcast_to(images, (*images.shape[:-1], channels))
    return np.repeat(images, channels, axis=-1)
