"""What is special about the four-conv network."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from lowlevel.checks import ConfigError
from lowlevel.nets import conv_net
from tests.comparison import values


@pytest.mark.parametrize("image_shape", [(1, 1, 1), (7, 7, 1), (8, 9, 1), (28, 28, 3), (33, 5, 2)])
@pytest.mark.parametrize("num_classes", [2, 256])
def test_any_image_size(image_shape, num_classes):
    config = conv_net.Config(image_shape, num_classes)
    variables = conv_net.build(config, seed=0)
    logits = conv_net.forward(config, variables, values(3, *image_shape, low=0))
    assert logits.shape == [3, num_classes]


def test_dropout_is_in_training_only():
    images = values(2, 28, 28, 1, low=0)
    config = conv_net.Config(dropout_rate=0.9)
    variables = conv_net.build(config, seed=0)
    without = dataclasses.replace(config, dropout_rate=0.0)
    predicted = conv_net.forward(config, variables, images)
    np.testing.assert_array_equal(predicted, conv_net.forward(without, variables, images))
    trained, _ = conv_net.forward(config, variables, images, training=True, seed=[1, 2])
    assert np.abs(trained - predicted).max() > 1e-3


def test_bfloat16_is_one_cast_of_the_input():
    config = conv_net.Config()
    variables = conv_net.build(config, seed=0)
    images = tf.constant(values(4, 28, 28, 1, low=0))
    low = conv_net.forward(config, variables, tf.cast(images, tf.bfloat16))
    assert low.dtype == tf.bfloat16
    full = conv_net.forward(config, variables, images)
    # bfloat16 keeps 8 bits; a few layers of that.
    np.testing.assert_allclose(tf.cast(low, tf.float32), full, atol=0.05)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"image_shape": (28, 28)}, "image_shape must be"),
        ({"image_shape": [28, 28, 1]}, "image_shape must be"),
        ({"image_shape": (28, 0, 1)}, "width in image_shape"),
        ({"num_classes": 1}, "num_classes must be a whole number of at least 2"),
        ({"num_classes": 2.5}, "num_classes"),
        ({"dropout_rate": 1.0}, "dropout_rate"),
    ],
)
def test_impossible_configs(fields, message):
    with pytest.raises(ConfigError, match=message):
        conv_net.Config(**fields)
