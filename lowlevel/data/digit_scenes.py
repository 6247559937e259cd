"""Digits of several sizes scattered on a canvas, with a box around each: drawn from a seed."""

import dataclasses

import numpy as np

from lowlevel.checks import import_extra
from lowlevel.progress import Progress

CANVAS = 96  # height and width in pixels
SMALLEST, LARGEST = 14, 40  # heights of digits in pixels
MOST = 5  # digits on a canvas
MOST_OVERLAP = 0.1  # share of the smaller box that another may cover
TRIES = 20
NOTHING = -1  # the class of what fills the rest of `classes`


@dataclasses.dataclass(frozen=True)
class Scenes:
    """Canvases and what is on them.

    Attributes:
        images: uint8 `[scenes, 96, 96, 1]`.
        boxes: float32 `[scenes, MOST, 4]`: top, left, bottom, right in pixels, bottom and right
            just outside; zeros where there is no digit.
        classes: int32 `[scenes, MOST]`, `NOTHING` where there is no digit.
    """

    images: np.ndarray
    boxes: np.ndarray
    classes: np.ndarray

    def __len__(self):
        return len(self.images)


def draw(digits, count, seed, quiet=True):
    """Draws scenes, each with one to `MOST` digits.

    Args:
        digits: `LabelledImages` to take digits from, light on dark.
        count: how many scenes.
        seed: whole number; the same one draws the same scenes.
        quiet: show no progress.

    Returns:
        `Scenes`. No two digits' centres are closer than 8 pixels.

    Raises:
        MissingExtraError: Pillow is not installed.
    """
    image_module = import_extra("PIL.Image", "images")
    images = np.zeros((count, CANVAS, CANVAS, 1), np.uint8)
    boxes = np.zeros((count, MOST, 4), np.float32)
    classes = np.full((count, MOST), NOTHING, np.int32)
    with Progress("drawing scenes", count, quiet=quiet) as progress:
        for scene in range(count):
            random = np.random.default_rng((seed, scene))
            placed = 0
            for _ in range(random.integers(1, MOST + 1)):
                index = int(random.integers(len(digits.images)))
                height = int(random.integers(SMALLEST, LARGEST + 1))
                digit = _scaled(image_module, digits.images[index, :, :, 0], height)
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


def _scaled(image_module, digit, height):
    """The part of a digit that holds ink, scaled to a height: uint8 `[height, width]`."""
    inked = digit > 32
    rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    digit = digit[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    width = min(max(3, round(height * digit.shape[1] / digit.shape[0])), CANVAS)
    return np.asarray(image_module.fromarray(digit).resize((width, height)))


def _free_place(random, size, others):
    """A box of that size that hardly overlaps the others, or None if there is no room."""
    height, width = size
    for _ in range(TRIES):
        top = int(random.integers(0, CANVAS - height + 1))
        left = int(random.integers(0, CANVAS - width + 1))
        box = np.array([top, left, top + height, left + width])
        shared = np.minimum(others[:, 2:], box[2:]) - np.maximum(others[:, :2], box[:2])
        shared = np.prod(np.maximum(shared, 0), axis=1)
        smaller = np.minimum(np.prod(others[:, 2:] - others[:, :2], axis=1), height * width)
        centres = (others[:, :2] + others[:, 2:] - box[:2] - box[2:]) / 2
        apart = np.hypot(*centres.T) >= 8
        if apart.all() and (shared <= MOST_OVERLAP * smaller).all():
            return box
    return None
