"""The packaged sample of MNIST: its form, and that it is what its rule chooses."""

import numpy as np

from lowlevel.data import mnist_sample


def test_the_sample_is_balanced():
    dataset = mnist_sample.load()
    assert dataset.train.images.shape == (6000, 28, 28, 1)
    assert np.bincount(dataset.train.labels).tolist() == [600] * 10
    assert np.bincount(dataset.test.labels).tolist() == [100] * 10
    assert dataset.train.images.max() == 255


def test_the_rule_chooses_the_same_images_from_all_of_mnist(mnist):
    dataset = mnist_sample.load()
    for part, whole, count in (
        (dataset.train, mnist.train, mnist_sample.TRAIN_OF_EACH_CLASS),
        (dataset.test, mnist.test, mnist_sample.TEST_OF_EACH_CLASS),
    ):
        chosen = mnist_sample.chosen(whole.labels, count)
        np.testing.assert_array_equal(part.images, whole.images[chosen])
        np.testing.assert_array_equal(part.labels, whole.labels[chosen])
