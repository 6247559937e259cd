"""Digits of several sizes scattered on a canvas, with a box around each: drawn from a seed."""

import dataclasses

import numpy as np
import tensorflow as tf

from lowlevel.checks import DataError, import_extra
from lowlevel.data.examples import Arrays
from lowlevel.data.labelled_images import ImageDataset, LabelledImages, to_unit_interval
from lowlevel.progress import Progress

CANVAS = 96  # height and width in pixels
SMALLEST, LARGEST = 14, 40  # heights of digits in pixels, before they are blurred
MAX_DIGITS = 5  # digits on a canvas
MAX_OVERLAP = 0.1  # of two boxes, as a share of the smaller one
MIN_DISTANCE = 12  # of two centres, in pixels: no square of 8 pixels holds both
TRIES = 20
MAX_BLUR = 1.0  # radius in pixels, as in reduced pictures
MARGIN = 2  # pixels that blurred ink may spread over
INK = 32  # brightness above which a pixel belongs to a digit
NOTHING = -1  # the class of what fills the rest of `classes`
VALIDATION_SCENES, TEST_SCENES = 300, 500
VALIDATION_SHARE = 0.1  # of the digits to train on


@dataclasses.dataclass(frozen=True)
class Scenes:
    """Canvases and what is on them.

    Attributes:
        images: uint8 `[scenes, 96, 96, 1]`.
        boxes: float32 `[scenes, MAX_DIGITS, 4]`: top, left, bottom, right in pixels, bottom and
            right just outside; zeros where there is no digit.
        classes: int32 `[scenes, MAX_DIGITS]`, `NOTHING` where there is no digit.
    """

    images: np.ndarray
    boxes: np.ndarray
    classes: np.ndarray

    def __len__(self) -> int:
        return len(self.images)

    def examples(self, targets: np.ndarray) -> Arrays:
        """The canvases, as float32 in [0, 1], with targets `[scenes, ...]`: `Arrays`."""
        return Arrays(tf.constant(self.images), tf.constant(targets), prepare=to_unit_interval)

    def objects(self, scene: int) -> tuple[np.ndarray, np.ndarray]:
        """What is in one scene: boxes `[digits, 4]` and classes `[digits]`."""
        is_digit = self.classes[scene] != NOTHING
        return self.boxes[scene, is_digit], self.classes[scene, is_digit]


def load(
    dataset: ImageDataset, train_scenes: int, seed: int = 0, quiet: bool = True
) -> list[Scenes]:
    """Scenes to train on, to choose a network by, and to test it on; no digit is in two of them.

    Args:
        dataset: an `ImageDataset` of digits, light on dark. The last tenth of those to train on
            are for the scenes to choose by.
        train_scenes: how many scenes to train on.
        seed: whole number; the same one draws the same scenes.
        quiet: show no progress.

    Returns:
        Three `Scenes`.

    Raises:
        DataError: there are too few digits, or one of them is black.
        MissingExtraError: Pillow is not installed.
    """
    count = len(dataset.train)
    first = count - int(count * VALIDATION_SHARE)
    if first == count:
        raise DataError(
            f"{dataset.train.source} holds {count} images; scenes need at least 10 to train on."
        )
    parts = (
        (_part(dataset.train, slice(None, first)), train_scenes),
        (_part(dataset.train, slice(first, None)), VALIDATION_SCENES),
        (dataset.test, TEST_SCENES),
    )
    return [
        draw(digits, scenes, (seed, number), quiet) for number, (digits, scenes) in enumerate(parts)
    ]


def _part(digits, which):
    return LabelledImages(digits.images[which], digits.labels[which], digits.source)


def draw(digits: LabelledImages, count: int, seed: tuple[int, ...], quiet: bool = True) -> Scenes:
    """Draws scenes, each with one to `MAX_DIGITS` digits.

    Args:
        digits: `LabelledImages` to take digits from, light on dark.
        count: how many scenes.
        seed: a tuple of whole numbers; the same one draws the same scenes, and the first ones of
            them if there are fewer.
        quiet: show no progress.

    Returns:
        `Scenes`. Boxes are as small as they can be, hardly overlap, and lie on the canvas.

    Raises:
        DataError: a digit is black.
        MissingExtraError: Pillow is not installed.
    """
    images = np.zeros((count, CANVAS, CANVAS, 1), np.uint8)
    boxes = np.zeros((count, MAX_DIGITS, 4), np.float32)
    classes = np.full((count, MAX_DIGITS), NOTHING, np.int32)
    with Progress("drawing scenes", count, quiet=quiet) as progress:
        for scene in range(count):
            random = np.random.default_rng((*seed, scene))
            placed = 0
            for _ in range(random.integers(1, MAX_DIGITS + 1)):
                index = int(random.integers(len(digits)))
                height = int(random.integers(SMALLEST, LARGEST + 1))
                blur = random.uniform(0, MAX_BLUR)
                digit = _scaled(digits.images[index, :, :, 0], height, blur)
                if digit is None:
                    raise DataError(f"image {index} of {digits.source} is completely black.")
                box = _free_place(random, digit.shape, boxes[scene, :placed])
                if box is None:
                    continue
                top, left, bottom, right = box
                part = images[scene, top:bottom, left:right, 0]
                np.maximum(part, digit, out=part)
                boxes[scene, placed] = box
                classes[scene, placed] = digits.labels[index]
                placed += 1
            progress.advance()
    return Scenes(images, boxes, classes)


def _scaled(digit, height, blur):
    """The inked part of a digit, scaled to about `height`; None if there is no ink."""
    digit = _ink(digit)
    if digit is None:
        return None
    width = round(height * digit.shape[1] / digit.shape[0])
    size = min(max(3, width), CANVAS - 2 * MARGIN), height
    image = import_extra("PIL.Image", "images").fromarray(digit).resize(size)
    image = import_extra("PIL.ImageOps", "images").expand(image, MARGIN)
    softly = import_extra("PIL.ImageFilter", "images").GaussianBlur(blur)
    return _ink(np.asarray(image.filter(softly)))


def _ink(digit):
    """The smallest part of an image `[height, width]` with all its ink; None if it has none."""
    inked = digit > INK
    if not inked.any():
        return None
    rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    return digit[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _free_place(random, size, others):
    """A box of this size that hardly overlaps the others, or None if there is no room."""
    height, width = size
    for _ in range(TRIES):
        top = int(random.integers(0, CANVAS - height + 1))
        left = int(random.integers(0, CANVAS - width + 1))
        box = np.array([top, left, top + height, left + width])
        shared = np.minimum(others[:, 2:], box[2:]) - np.maximum(others[:, :2], box[:2])
        shared = np.prod(np.maximum(shared, 0), axis=1)
        smaller = np.minimum(np.prod(others[:, 2:] - others[:, :2], axis=1), height * width)
        centres = (others[:, :2] + others[:, 2:] - box[:2] - box[2:]) / 2
        is_apart = np.hypot(*centres.T) >= MIN_DISTANCE
        if is_apart.all() and (shared <= MAX_OVERLAP * smaller).all():
            return box
    return None
