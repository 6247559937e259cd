"""1,797 real handwritten digits, included in the package so that training works offline.

See digits-attribution.txt for who made them.
"""

from importlib import resources

import numpy as np

from lowlevel import ops
from lowlevel.checks import check_integer
from lowlevel.data.labelled_images import ImageDataset, LabelledImages

NUM_TRAIN = 1437  # the first four fifths; most of the rest is by other people
HIGHEST_VALUE = 16


def load(size: int = 28, margin: int = 4) -> ImageDataset:
    """The digits in MNIST's format: 1,437 images to train on, 360 to test on.

    Args:
        size: height and width of the images.
        margin: black pixels on each side. The originals, 8 x 8, are enlarged bilinearly to the
            space left: by default 20 x 20, like MNIST's digits; their values are 0 to 255.

    Returns:
        An `ImageDataset`, its images `[examples, size, size, 1]`.

    Raises:
        ConfigError: a size is not a whole number, or the margins leave no space.
    """
    check_integer("size", size, 1)
    check_integer("margin", margin, 0, (size - 1) // 2)
    with resources.files("lowlevel.data").joinpath("digits.npz").open("rb") as file:
        arrays = np.load(file, allow_pickle=False)
        small, labels = arrays["images"], arrays["labels"].astype(np.int32)
    box = size - 2 * margin
    large = ops.resize_bilinear(small[..., np.newaxis], box, box).numpy()
    images = np.round(large * (255 / HIGHEST_VALUE)).astype(np.uint8)
    images = np.pad(images, [(0, 0), (margin, margin), (margin, margin), (0, 0)])
    source = "the packaged digits"
    return ImageDataset(
        "digits",
        LabelledImages(images[:NUM_TRAIN], labels[:NUM_TRAIN], source),
        LabelledImages(images[NUM_TRAIN:], labels[NUM_TRAIN:], source),
    )
