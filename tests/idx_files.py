"""Writes IDX files: the inverse of `lowlevel.data.idx.read`."""

import gzip

import numpy as np

from lowlevel.data import mnist


def encode(array):
    """The bytes of an IDX file of unsigned bytes."""
    header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
    return header + array.astype(np.uint8).tobytes()


def write_dataset(directory, train_images, train_labels, test_images, test_labels, gzipped=False):
    """Writes the four files; images are `[examples, height, width]`."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, array in {
        mnist.TRAIN_IMAGES: train_images,
        mnist.TRAIN_LABELS: train_labels,
        mnist.TEST_IMAGES: test_images,
        mnist.TEST_LABELS: test_labels,
    }.items():
        content = encode(array)
        if gzipped:
            (directory / f"{name}.gz").write_bytes(gzip.compress(content))
        else:
            (directory / name).write_bytes(content)
    return directory


def write_random(directory, height=6, width=5, num_classes=3, train=40, test=12, gzipped=False):
    """Writes a small dataset whose classes can be told apart: class k is brightest in row k."""
    random = np.random.default_rng(0)

    def part(examples):
        labels = np.arange(examples) % num_classes
        images = random.integers(0, 60, (examples, height, width))
        images[np.arange(examples), labels % height] += 150
        return images, labels

    return write_dataset(directory, *part(train), *part(test), gzipped=gzipped)
