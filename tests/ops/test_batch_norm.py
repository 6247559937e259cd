"""Batch norm equals Keras's and its own written-out definition."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from lowlevel import ops
from lowlevel.ops.norm import plain_batch_norm
from lowlevel.ops.norm_over_replicas import batch_norm_over_replicas
from tests.comparison import assert_close, assert_equal_ops, values

CHANNELS = 5


def arguments(batch=4, height=6, width=7):
    return (
        values(batch, height, width, CHANNELS, seed=1, low=-2, high=3),
        values(CHANNELS, seed=2, low=0.5, high=2),  # scale
        values(CHANNELS, seed=3),  # offset
        values(CHANNELS, seed=4),  # moving mean
        values(CHANNELS, seed=5, low=0.5, high=2),  # moving variance
    )


def keras_layer(scale, offset, mean, variance, **options):
    layer = keras.layers.BatchNormalization(**options)
    layer.build((None, None, None, CHANNELS))
    layer.set_weights([scale, offset, mean, variance])
    return layer


def test_for_prediction():
    x, scale, offset, mean, variance = arguments()
    layer = keras_layer(scale, offset, mean, variance)
    assert_equal_ops(
        lambda x: ops.batch_norm(x, scale, offset, mean, variance),
        lambda x: layer(x, training=False),
        x,
    )


def test_for_training_equals_the_definition_with_all_gradients():
    x, scale, offset, mean, variance = arguments()
    assert_equal_ops(
        lambda x, scale, offset: ops.batch_norm_training(x, scale, offset, mean, variance)[0],
        lambda x, scale, offset: plain_batch_norm(x, scale, offset)[0],
        x,
        scale,
        offset,
        tolerance=5e-6,  # gradients are differences of sums over the batch
    )


@pytest.mark.parametrize("momentum", [0.99, 0.9, 0.0])
@pytest.mark.parametrize("epsilon", [1e-3, 1e-5])
@pytest.mark.parametrize("batch", [1, 4])
def test_for_training_equals_keras_moving_averages_and_all(momentum, epsilon, batch):
    x, scale, offset, mean, variance = arguments(batch)
    layer = keras_layer(scale, offset, mean, variance, momentum=momentum, epsilon=epsilon)
    y, new_mean, new_variance = ops.batch_norm_training(
        x, scale, offset, mean, variance, momentum, epsilon
    )
    assert_close(y, layer(x, training=True), 2e-6)
    assert_close(new_mean, layer.moving_mean.value, 1e-6)
    assert_close(new_variance, layer.moving_variance.value, 1e-6)


def test_gradients_for_training_equal_keras():
    x, scale, offset, mean, variance = arguments()
    layer = keras_layer(scale, offset, mean, variance)
    assert_equal_ops(
        lambda x: ops.batch_norm_training(x, scale, offset, mean, variance)[0],
        lambda x: layer(x, training=True),
        x,
        tolerance=5e-6,
    )


def test_one_pixel_has_no_variance():
    x, scale, offset, mean, variance = arguments(1, 1, 1)
    y, _, new_variance = ops.batch_norm_training(x, scale, offset, mean, variance)
    np.testing.assert_array_equal(y[0, 0, 0], offset)
    np.testing.assert_allclose(new_variance, variance * 0.99, rtol=1e-6)


def test_bfloat16_keeps_float32_statistics():
    x, *others = arguments()
    y, new_mean, new_variance = ops.batch_norm_training(tf.cast(x, tf.bfloat16), *others)
    reference = ops.batch_norm_training(tf.constant(x), *others)
    assert (y.dtype, new_mean.dtype, new_variance.dtype) == (tf.bfloat16, tf.float32, tf.float32)
    np.testing.assert_allclose(tf.cast(y, tf.float32), reference[0], atol=0.05)
    np.testing.assert_allclose(new_mean, reference[1], atol=1e-4)
    assert ops.batch_norm(tf.cast(x, tf.bfloat16), *others).dtype == tf.bfloat16


@pytest.mark.parametrize("center", [0.0, 100.0])
def test_batch_norm_over_replicas_is_the_plain_one_where_there_is_one(center):
    x = tf.constant(values(4, 5, 6, 3) + center)
    scale, offset = tf.constant(values(3, seed=1)), tf.constant(values(3, seed=2))
    upstream = tf.constant(values(4, 5, 6, 3, seed=3))
    found = []
    for dtype, norm in (
        (tf.float32, batch_norm_over_replicas),
        (tf.float64, plain_batch_norm),
    ):
        given = [tf.cast(part, dtype) for part in (x, scale, offset)]
        with tf.GradientTape() as tape:
            tape.watch(given)
            y, mean, variance = norm(*given, 1e-3)
            loss = tf.reduce_sum(y * tf.cast(upstream, dtype))
        found.append([y, mean, variance, *tape.gradient(loss, given)])
    rounding = 1e-6 * (1 + abs(center))
    for here, expected in zip(*found, strict=True):
        np.testing.assert_allclose(here, expected, rtol=2e-5, atol=20 * rounding)
