"""Order and batches: every example once, fixed by seed and epoch, resumable at any step."""

import numpy as np
import pytest
import tensorflow as tf

from lowlevel.data import pipeline


def test_epoch_order():
    order = pipeline.epoch_order(1000, run_seed=0, epoch=0).numpy()
    assert sorted(order) == list(range(1000))
    np.testing.assert_array_equal(order, pipeline.epoch_order(1000, run_seed=0, epoch=0))
    for other in (pipeline.epoch_order(1000, 0, 1), pipeline.epoch_order(1000, 1, 0)):
        assert (order != other.numpy()).mean() > 0.98


def test_orders_are_uniform():
    first = [int(pipeline.epoch_order(4, run_seed=0, epoch=epoch)[0]) for epoch in range(400)]
    # Each of four is first in 100 of 400 on average, give or take five standard deviations.
    assert np.abs(np.bincount(first) - 100).max() < 5 * np.sqrt(400 * 0.25 * 0.75)


@pytest.mark.parametrize("batch_size", [1, 100, 128, 360, 1000])
def test_batches_hold_every_example_in_order(digits, batch_size):
    order = pipeline.epoch_order(360, 0, 0).numpy()
    batches = list(digits.test.examples.batches(batch_size, order).as_numpy_iterator())
    assert len(batches) == pipeline.steps_per_epoch(360, batch_size)
    images = np.concatenate([images for images, _ in batches])
    labels = np.concatenate([labels for _, labels in batches])
    np.testing.assert_array_equal(images, digits.test.images[order] / np.float32(255))
    np.testing.assert_array_equal(labels, digits.test.labels[order])
    assert images.dtype == np.float32
    assert labels.dtype == np.int32


def test_augmentation_gets_each_batch_and_its_position(digits):
    def brand(images, position):
        return tf.zeros_like(images) + tf.cast(position, tf.float32)

    batches = digits.test.examples.batches(10, np.arange(25), brand)
    assert [float(images[0, 0, 0, 0]) for images, _ in batches] == [0, 1, 2]
