"""1,797 real handwritten digits that come with the package, so that training needs no network.

See digits-attribution.txt for who made them.
"""

from importlib import resources

import numpy as np

from lowlevel import ops
from lowlevel.data.labelled_images import ImageDataset, LabelledImages

NUM_TRAIN = 1437  # the first four fifths; the rest was written by other people
HIGHEST_VALUE = 16


def load(height=28, width=28):
    """The digits as images `[examples, height, width, 1]`: 1,437 to train on, 360 to test on.

    The originals are 8 x 8; they are enlarged bilinearly and spread over 0 to 255.
    """
    with resources.files("lowlevel.data").joinpath("digits.npz").open("rb") as file:
        arrays = np.load(file, allow_pickle=False)
        small, labels = arrays["images"], arrays["labels"].astype(np.int32)
    large = ops.resize_bilinear(small[..., np.newaxis], height, width).numpy()
    images = np.round(large * (255 / HIGHEST_VALUE)).astype(np.uint8)
    source = "the packaged digits"
    return ImageDataset(
        "digits",
        LabelledImages(images[:NUM_TRAIN], labels[:NUM_TRAIN], source),
        LabelledImages(images[NUM_TRAIN:], labels[NUM_TRAIN:], source),
    )
