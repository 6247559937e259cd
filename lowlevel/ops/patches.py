"""Images as sequences."""

import tensorflow as tf

from lowlevel.checks import ConfigError
from lowlevel.ops import checks
from lowlevel.types import ArrayLike, Tensor


def image_patches(images: ArrayLike, size: int) -> Tensor:
    """Cuts images into square patches, in reading order, each flattened to a vector.

    Args:
        images: `[batch, height, width, channels]`; height and width are multiples of `size`.
        size: height and width of a patch, in pixels.

    Returns:
        `[batch, height // size * width // size, size * size * channels]`.

    Raises:
        ConfigError: they are not images of known size, or cannot be cut into such patches.
    """
    images = checks.to_images("images", images)
    checks.check_known("images", images)
    checks.check_count("size", size)
    _, height, width, channels = images.shape
    if height % size or width % size:
        raise ConfigError(
            f"images of {height}x{width} cannot be cut into patches of {size}x{size}."
        )
    down, across = height // size, width // size
    x = tf.reshape(images, [-1, down, size, across, size, channels])
    x = tf.transpose(x, [0, 1, 3, 2, 4, 5])  # [batch, down, across, size, size, channels]
    return tf.reshape(x, [-1, down * across, size * size * channels])
