"""Random changes to training images that keep their class, in ops, each from a seed.

All raise ConfigError for what is not a batch of images, or no seed.
"""

import dataclasses
import math

import tensorflow as tf

from lowlevel import replicas, seeds
from lowlevel.checks import check_bool, check_choice, check_integer, check_number
from lowlevel.ops.checks import check_known, to_floats, to_images
from lowlevel.types import Tensor

FILLS = {"zero": "CONSTANT", "nearest": "NEAREST"}


def random_affine(
    images: Tensor,
    seed: Tensor,
    rotation: float = 0.0,
    zoom: float = 0.0,
    shift: float = 0.0,
    fill: str = "zero",
) -> Tensor:
    """Rotates, scales and moves each image of a batch by its own random amounts.

    Args:
        images: float `[batch, height, width, channels]`.
        seed: int64 tensor `[2]`, see `lowlevel.seeds.derive`.
        rotation: largest angle in degrees, either way, in [0, 180].
        zoom: largest change of size, in [0, 1): 0.1 scales height and width, each on its own, by
            between 0.9 and 1.1.
        shift: largest distance in pixels, vertically and horizontally, either way.
        fill: the colour of outside pixels: "zero", or "nearest" for that of the nearest border.

    Returns:
        Images of the same shape, bilinearly interpolated.

    Raises:
        ConfigError: an amount is out of range, or the fill is neither of the two.
    """
    check_number("rotation", rotation, 0, 180, high_included=True)
    check_number("zoom", zoom, 0, 1)
    check_number("shift", shift, 0, math.inf)
    check_choice("fill", fill, FILLS)
    images, seed = to_images("images", to_floats("images", images)), seeds.check(seed)
    batch, height, width = tf.unstack(tf.shape(images)[:3])
    draws = replicas.draw_uniform([5, batch], seed, -1, 1, axis=1)
    angle = draws[0] * rotation * math.pi / 180
    zoom_y, zoom_x = 1 + draws[1] * zoom, 1 + draws[2] * zoom
    shift_y, shift_x = draws[3] * shift, draws[4] * shift

    # An output pixel at (x, y) from the centre shows the input pixel at (a x + b y, c x + d y).
    a, b = zoom_x * tf.cos(angle), -zoom_x * tf.sin(angle)
    c, d = zoom_y * tf.sin(angle), zoom_y * tf.cos(angle)
    centre_y = (tf.cast(height, tf.float32) - 1) / 2
    centre_x = (tf.cast(width, tf.float32) - 1) / 2
    from_x = centre_x - a * centre_x - b * centre_y + shift_x
    from_y = centre_y - c * centre_x - d * centre_y + shift_y
    zero = tf.zeros_like(a)
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=images,
        transforms=tf.stack([a, b, from_x, c, d, from_y, zero, zero], axis=1),
        output_shape=[height, width],
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode=FILLS[fill],
    )


def random_flip(images: Tensor, seed: Tensor, vertical: bool = False) -> Tensor:
    """Mirrors half of the images of a batch.

    Args:
        images: `[batch, height, width, channels]`.
        seed: int64 tensor `[2]`, see `lowlevel.seeds.derive`.
        vertical: whether to turn them upside down, instead of left to right.

    Returns:
        Images of the same shape.
    """
    check_bool("vertical", vertical)
    images, seed = to_images("images", images), seeds.check(seed)
    mirrored = replicas.draw_uniform([tf.shape(images)[0], 1, 1, 1], seed) < 0.5
    return tf.where(mirrored, tf.reverse(images, [1 if vertical else 2]), images)


def random_crop(images: Tensor, seed: Tensor, padding: int) -> Tensor:
    """Pads each image of a batch with its mirrored border and crops it to the old size.

    So each image is moved by up to `padding` whole pixels, up or down and left or right.

    Args:
        images: `[batch, height, width, channels]`.
        seed: int64 tensor `[2]`, see `lowlevel.seeds.derive`.
        padding: pixels added on each side, less than height and width.

    Returns:
        Images of the same shape.

    Raises:
        ConfigError: the padding is negative or as large as an image.
    """
    images, seed = to_images("images", images), seeds.check(seed)
    check_known("images", images)
    height, width = images.shape[1:3]
    check_integer("padding", padding, 0, min(height, width) - 1)
    sides = [[0, 0], [padding, padding], [padding, padding], [0, 0]]
    padded = tf.pad(images, sides, mode="REFLECT")
    corners = replicas.draw_uniform(
        [2, tf.shape(images)[0], 1], seed, 0, 2 * padding + 1, tf.int32, axis=1
    )
    rows, columns = corners[0] + tf.range(height), corners[1] + tf.range(width)  # [batch, size]
    return tf.gather(tf.gather(padded, rows, axis=1, batch_dims=1), columns, axis=2, batch_dims=1)


def random_cutout(images: Tensor, seed: Tensor, size: int) -> Tensor:
    """Blackens a square of each image of a batch, its centre anywhere in the image.

    Args:
        images: `[batch, height, width, channels]`.
        seed: int64 tensor `[2]`, see `lowlevel.seeds.derive`.
        size: height and width of the square in pixels; what lies outside the image is cut off.

    Returns:
        Images of the same shape.

    Raises:
        ConfigError: the size is negative, or larger than an image.

    Source: DeVries and Taylor (2017).
    """
    images, seed = to_images("images", images), seeds.check(seed)
    check_known("images", images)
    height, width = images.shape[1:3]
    check_integer("the size of a cutout", size, 0, max(height, width))
    centres = replicas.draw_uniform([2, tf.shape(images)[0], 1], seed, axis=1)
    tops = tf.floor(centres[0] * height) - size // 2  # [batch, 1]
    lefts = tf.floor(centres[1] * width) - size // 2
    rows, columns = tf.range(height, dtype=tf.float32), tf.range(width, dtype=tf.float32)
    in_rows = (rows >= tops) & (rows < tops + size)  # [batch, height]
    in_columns = (columns >= lefts) & (columns < lefts + size)  # [batch, width]
    inside = in_rows[:, :, tf.newaxis, tf.newaxis] & in_columns[:, tf.newaxis, :, tf.newaxis]
    return tf.where(inside, tf.zeros([], images.dtype), images)


@dataclasses.dataclass(frozen=True)
class Augmentation:
    """Which random changes training images get; none by default.

    Attributes:
        rotate, zoom, shift, fill: `rotation`, `zoom`, `shift` and `fill` of `random_affine`.
        flip, flip_vertical: whether half of the images are mirrored sideways, and upside down.
        crop: `padding` of `random_crop`.
        cutout: `size` of `random_cutout`.

    Raises:
        ConfigError: an amount is out of range.
    """

    rotate: float = 0.0
    zoom: float = 0.0
    shift: float = 0.0
    flip: bool = False
    flip_vertical: bool = False
    crop: int = 0
    cutout: int = 0
    fill: str = "zero"

    def __post_init__(self) -> None:
        check_number("rotate", self.rotate, 0, 180, high_included=True)
        check_number("zoom", self.zoom, 0, 1)
        check_number("shift", self.shift, 0, math.inf)
        check_bool("flip", self.flip)
        check_bool("flip_vertical", self.flip_vertical)
        check_integer("crop", self.crop, 0)
        check_integer("cutout", self.cutout, 0)
        check_choice("fill", self.fill, FILLS)

    @property
    def changes_images(self) -> bool:
        """Whether any random change is asked for."""
        return self != Augmentation(fill=self.fill)

    def apply(self, images: Tensor, run_seed: int, step: int | Tensor) -> Tensor:
        """The images of a training step, changed: float `[batch, height, width, channels]`.

        Args:
            images: as they are in the data.
            run_seed: whole number, the run's seed.
            step: how many steps have been made before, a scalar integer tensor or number.
        """

        def seed(purpose):
            return seeds.derive(run_seed, purpose, step)

        if self.rotate or self.zoom or self.shift:
            amounts = self.rotate, self.zoom, self.shift
            images = random_affine(images, seed("augment"), *amounts, self.fill)
        if self.flip:
            images = random_flip(images, seed("flip"))
        if self.flip_vertical:
            images = random_flip(images, seed("flip_vertical"), vertical=True)
        if self.crop:
            images = random_crop(images, seed("crop"), self.crop)
        if self.cutout:
            images = random_cutout(images, seed("cutout"), self.cutout)
        return images
