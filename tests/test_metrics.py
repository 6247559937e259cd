"""Metrics equal Keras's, batch sizes and weights included."""

import keras
import numpy as np
import pytest

from lowlevel import metrics
from lowlevel.checks import DataError
from tests.comparison import values


def test_mean_counts_every_example_once_whatever_the_batches():
    numbers = values(100).astype(np.float64)
    mean = metrics.Mean()
    for start, end in [(0, 64), (64, 99), (99, 100)]:
        mean.update(numbers[start:end])
    assert mean.result() == pytest.approx(numbers.mean(), rel=1e-12)
    assert mean.weight == 100


def test_mean_equals_keras_with_weights():
    mean, keras_mean = metrics.Mean(), keras.metrics.Mean()
    for seed in range(3):
        numbers, weights = values(8, seed=seed), values(8, seed=seed + 10, low=0)
        mean.update(numbers, weights)
        keras_mean.update_state(numbers, weights)
    assert mean.result() == pytest.approx(float(keras_mean.result()), rel=1e-6)


def test_reset_and_nothing_seen():
    mean = metrics.Mean()
    assert mean.result() == 0.0
    mean.update([1.0, 2.0])
    mean.reset()
    mean.update(7.0)
    assert mean.result() == 7.0


def test_accuracy_equals_keras():
    accuracy, keras_accuracy = metrics.Accuracy(), keras.metrics.SparseCategoricalAccuracy()
    random = np.random.default_rng(0)
    for size in (64, 64, 7):
        labels, logits = random.integers(0, 4, size), random.normal(size=(size, 4))
        accuracy.update(labels, logits)
        keras_accuracy.update_state(labels, logits)
    assert 0 < accuracy.result() < 1
    assert accuracy.result() == pytest.approx(float(keras_accuracy.result()), rel=1e-6)
    assert accuracy.weight == 135


def test_binary_accuracy_equals_keras():
    labels = np.array([0, 1, 1, 0, 1, 0])
    logits = np.array([-3.0, 2.0, 0.0, 0.0, -1e30, 1e30], np.float32)
    correct = metrics.is_correct_binary(labels, logits)
    assert correct.numpy().tolist() == [True, True, False, True, False, False]
    reference = keras.metrics.BinaryAccuracy(threshold=0.0)
    reference.update_state(labels[:, None], logits[:, None])
    assert np.mean(correct) == pytest.approx(float(reference.result()))


def test_absolute_error_equals_keras():
    targets, outputs = values(9, seed=1), values(9, seed=2)
    reference = keras.metrics.MeanAbsoluteError()
    reference.update_state(targets, outputs)
    error = metrics.absolute_error(targets, outputs)
    assert np.mean(error) == pytest.approx(float(reference.result()), rel=1e-6)


@pytest.mark.parametrize("metric", [metrics.is_correct_binary, metrics.absolute_error])
def test_shapes_that_would_be_stretched_are_refused(metric):
    with pytest.raises(DataError, match=r"targets are of shape \(4,\), outputs of shape \(4, 1\)"):
        metric(values(4), values(4, 1))
