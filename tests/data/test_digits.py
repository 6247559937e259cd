"""The packaged digits are the ones that scikit-learn ships, split in a fixed way."""

import numpy as np
import pytest

from lowlevel.data import digits


def test_split(digits):
    assert (len(digits.train), len(digits.test)) == (1437, 360)
    assert digits.image_shape == (28, 28, 1)
    assert digits.num_classes == 10
    assert digits.train.images.max() == 255
    assert digits.train.images.min() == 0
    assert (np.bincount(digits.test.labels) > 30).all()


def test_same_as_scikit_learn():
    datasets = pytest.importorskip("sklearn.datasets")
    original = datasets.load_digits()
    ours = digits.load(size=8, margin=0)
    images = np.concatenate([ours.train.images, ours.test.images])[..., 0]
    np.testing.assert_array_equal(images, np.round(original.images * 255 / 16))
    labels = np.concatenate([ours.train.labels, ours.test.labels])
    np.testing.assert_array_equal(labels, original.target)
