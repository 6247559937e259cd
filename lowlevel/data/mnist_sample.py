"""7,000 images of MNIST, included in the package so that training works without a network.

See mnist-sample-attribution.txt for who made them, and for the rule that chose them.
"""

from importlib import resources

import numpy as np

from lowlevel.data.labelled_images import ImageDataset, LabelledImages

FILE = "mnist-sample.npz"
TRAIN_OF_EACH_CLASS, TEST_OF_EACH_CLASS = 600, 100


def load() -> ImageDataset:
    """The sample: 6,000 images to train on, 1,000 to test on, as many of each digit.

    Returns:
        An `ImageDataset`, its images `[examples, 28, 28, 1]`.
    """
    with resources.files("lowlevel.data").joinpath(FILE).open("rb") as file:
        arrays = dict(np.load(file, allow_pickle=False))

    def part(name):
        images, labels = arrays[f"{name}_images"], arrays[f"{name}_labels"]
        return LabelledImages(images[..., np.newaxis], labels, "the sample of MNIST")

    return ImageDataset("sample", part("train"), part("test"))


def chosen(labels: np.ndarray, of_each_class: int) -> np.ndarray:
    """The rule: of each class, this many images at equal distances, in the order of the file.

    Args:
        labels: the labels of MNIST's training or test images, `[examples]`.
        of_each_class: how many to choose.

    Returns:
        Their positions, increasing.
    """
    positions = []
    for digit in range(10):
        all_of_class = np.flatnonzero(labels == digit)
        positions.append(
            all_of_class[np.arange(of_each_class) * len(all_of_class) // of_each_class]
        )
    return np.sort(np.concatenate(positions))
