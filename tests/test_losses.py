"""Losses equal Keras's: values and gradients."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from lowlevel import losses
from lowlevel.checks import ConfigError, DataError
from tests.comparison import assert_equal_ops, values

LABELS = np.array([0, 3, 9, 3], np.int32)


def test_softmax_cross_entropy():
    keras_loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction=None)
    assert_equal_ops(
        lambda logits: losses.softmax_cross_entropy(LABELS, logits),
        lambda logits: keras_loss(LABELS, logits),
        values(4, 10, low=-5, high=5),
    )


@pytest.mark.parametrize("label_smoothing", [0.1, 0.9])
def test_label_smoothing(label_smoothing):
    keras_loss = keras.losses.CategoricalCrossentropy(
        from_logits=True, label_smoothing=label_smoothing, reduction=None
    )
    assert_equal_ops(
        lambda logits: losses.softmax_cross_entropy(LABELS, logits, label_smoothing),
        lambda logits: keras_loss(keras.ops.one_hot(LABELS, 10), logits),
        values(4, 10, low=-5, high=5),
    )


def test_huge_logits_stay_finite():
    logits = tf.constant([[1e30, -1e30], [0.0, 88.0]])
    np.testing.assert_allclose(losses.softmax_cross_entropy([0, 1], logits), [0, 0], atol=1e-30)


def test_low_precision_logits_are_computed_in_float32():
    logits = tf.cast(values(4, 10), tf.bfloat16)
    loss = losses.softmax_cross_entropy(LABELS, logits)
    assert loss.dtype == tf.float32
    np.testing.assert_array_equal(
        loss, losses.softmax_cross_entropy(LABELS, tf.cast(logits, tf.float32))
    )


def test_mean_squared_error():
    targets, outputs = values(4, 3, 5, 1, seed=1), values(4, 3, 5, 1, seed=2)
    ours = losses.mean_squared_error(targets, outputs)
    assert ours.shape == [4]
    reference = keras.losses.MeanSquaredError()(targets, outputs)
    np.testing.assert_allclose(tf.reduce_mean(ours), reference, rtol=1e-6)
    low = losses.mean_squared_error(targets, tf.cast(outputs, tf.bfloat16))
    assert low.dtype == tf.float32
    np.testing.assert_allclose(low, ours, atol=0.02)


def test_sigmoid_cross_entropy():
    keras_loss = keras.losses.BinaryCrossentropy(from_logits=True, reduction=None)
    labels = np.array([0, 1, 1, 0, 1], np.float32)
    logits = np.array([-3.0, 2.0, 0.0, 30.0, -30.0], np.float32)
    assert_equal_ops(
        lambda logits: losses.sigmoid_cross_entropy(labels.astype(np.int32), logits),
        lambda logits: keras_loss(labels[:, None], logits[:, None]),
        logits,
    )
    huge = losses.sigmoid_cross_entropy([1, 0], [1e30, -1e30])
    np.testing.assert_array_equal(huge, [0, 0])


@pytest.mark.parametrize("loss", [losses.mean_squared_error, losses.sigmoid_cross_entropy])
def test_shapes_that_would_be_stretched_are_refused(loss):
    message = r"targets are of shape \(4, 1\), outputs of shape \(4,\)"
    with pytest.raises(DataError, match=message):
        loss(values(4, 1), values(4))
    with pytest.raises(DataError, match="must have the same"):
        tf.function(loss, autograph=False)(values(4), values(4, 1))


@pytest.mark.parametrize("share", [1.5, -0.1, 1, "0.1"])
def test_label_smoothing_out_of_range(share):
    with pytest.raises(ConfigError, match="label_smoothing must be a number in"):
        losses.softmax_cross_entropy(LABELS, np.zeros((len(LABELS), 5)), share)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("labels", [[0, 3], [-1, 0]])
def test_labels_beyond_the_classes(labels, smoothing):
    with pytest.raises(DataError, match="a batch cannot be computed: "):
        losses.softmax_cross_entropy(labels, np.zeros((2, 3)), smoothing)


@pytest.mark.parametrize("label", [3, -1, 1.01])
def test_a_label_of_two_classes_lies_between_them(label):
    labels, logits = tf.constant([0.5, label], tf.float32), tf.zeros(2)
    with pytest.raises(DataError, match=r"^labels must lie in \[0, 1\]\.$"):
        losses.sigmoid_cross_entropy(labels, logits)
    with pytest.raises(tf.errors.InvalidArgumentError, match="labels must lie in"):
        tf.function(losses.sigmoid_cross_entropy)(labels, logits)
