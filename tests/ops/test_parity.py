"""Every op equals its Keras twin: shape, dtype, values, gradients of all inputs."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from lowlevel import ops
from lowlevel.checks import ConfigError
from tests.comparison import assert_close, assert_equal_ops, values


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("size", [7, 8])
def test_conv2d(padding, stride, size):
    def reference(x, weights, bias):
        return keras.ops.conv(x, weights, stride, padding.lower()) + bias

    assert_equal_ops(
        lambda x, weights, bias: ops.conv2d(x, weights, bias, stride, padding),
        reference,
        values(2, size, size + 1, 3, seed=1),
        values(3, 3, 3, 5, seed=2),
        values(5, seed=3),
        tolerance=2e-6,
    )


def test_conv2d_without_bias():
    x, weights = values(2, 5, 5, 1, seed=1), values(3, 3, 1, 4, seed=2)
    np.testing.assert_array_equal(
        ops.conv2d(x, weights), ops.conv2d(x, weights, np.zeros(4, np.float32))
    )


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize("window", [2, 3])
@pytest.mark.parametrize("stride", [None, 1, 2])
@pytest.mark.parametrize("size", [7, 8])
def test_max_pool2d(padding, window, stride, size):
    layer = keras.layers.MaxPooling2D(window, stride, padding.lower())
    assert_equal_ops(
        lambda x: ops.max_pool2d(x, window, stride, padding), layer, values(2, size, size, 3)
    )


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize("window", [2, 3])
@pytest.mark.parametrize("stride", [None, 1, 2])
@pytest.mark.parametrize("size", [7, 8])
def test_avg_pool2d(padding, window, stride, size):
    layer = keras.layers.AveragePooling2D(window, stride, padding.lower())
    assert_equal_ops(
        lambda x: ops.avg_pool2d(x, window, stride, padding), layer, values(2, size, size, 3)
    )


def test_global_pooling():
    x = values(3, 5, 7, 4)
    assert_equal_ops(ops.global_max_pool2d, keras.layers.GlobalMaxPooling2D(), x)
    assert_equal_ops(ops.global_avg_pool2d, keras.layers.GlobalAveragePooling2D(), x)


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize("window", [1, 2, 3, 4])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("size", [(5, 6), (1, 1), (1, 2)])
def test_conv2d_transpose(padding, window, stride, size):
    def reference(x, weights, bias):
        return keras.ops.conv_transpose(x, weights, stride, padding.lower()) + bias

    assert_equal_ops(
        lambda x, weights, bias: ops.conv2d_transpose(x, weights, bias, stride, padding),
        reference,
        values(2, *size, 3, seed=1),
        values(window, window, 4, 3, seed=2),
        values(4, seed=3),
        tolerance=2e-6,
    )


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize("window", [1, 2, 3, 4])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_a_transposed_convolution_undoes_the_size_of_a_convolution(padding, window, stride):
    large = ops.transposed_output_size(6, window, stride, padding)
    assert ops.output_size(large, window, stride, padding) == 6
    assert ops.conv2d_transpose(
        values(1, 6, 6, 1), values(window, window, 1, 1), None, stride, padding
    ).shape == [1, large, large, 1]


def test_odd_sizes_round_up_when_pooled():
    assert ops.max_pool2d(values(1, 7, 7, 1)).shape == [1, 4, 4, 1]


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize("window", [1, 2, 3])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("size", [3, 4, 7, 28])
def test_output_size_is_what_pooling_gives(padding, window, stride, size):
    pooled = ops.max_pool2d(values(1, size, size, 1), window, stride, padding)
    assert ops.output_size(size, window, stride, padding) == pooled.shape[1]


def test_output_size_of_too_small_an_image():
    with pytest.raises(ConfigError, match="window of 3 does not fit into 2 pixels"):
        ops.output_size(2, 3, 1, "VALID")


@pytest.mark.parametrize("op", [ops.conv2d, ops.conv2d_transpose, ops.max_pool2d, ops.avg_pool2d])
def test_unknown_padding(op):
    is_conv = op in (ops.conv2d, ops.conv2d_transpose)
    arguments = [values(1, 4, 4, 1)] + ([values(3, 3, 1, 1)] if is_conv else [])
    with pytest.raises(ConfigError, match="padding must be one of SAME, VALID, not 'same'"):
        op(*arguments, padding="same")


def test_dense():
    layer = keras.layers.Dense(5)
    layer.build((None, 7))

    def reference(x, weights, bias):
        return keras.ops.matmul(x, weights) + bias

    assert_equal_ops(ops.dense, reference, values(4, 7), values(7, 5, seed=1), values(5, seed=2))
    x = values(4, 7)
    assert_close(ops.dense(x, layer.kernel.value, layer.bias.value), layer(x), 1e-6)


def test_flatten():
    assert_equal_ops(ops.flatten, keras.layers.Flatten(), values(3, 4, 5, 2))


def test_flatten_with_unknown_batch_size():
    flatten = tf.function(ops.flatten, input_signature=[tf.TensorSpec([None, 4, 5, 2])])
    assert flatten.get_concrete_function().structured_outputs.shape.as_list() == [None, 40]


ACTIVATIONS = {
    "relu": keras.activations.relu,
    "selu": keras.activations.selu,
    "sigmoid": keras.activations.sigmoid,
    "leaky_relu": keras.layers.LeakyReLU(),
    "gelu": lambda x: keras.activations.gelu(x, approximate=False),
    "mish": keras.activations.mish,
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activation(name):
    x = values(50, low=-4, high=4)
    assert_equal_ops(getattr(ops, name), ACTIVATIONS[name], x)


def test_selu_of_bfloat16_is_that_of_float32_rounded_and_float64_keeps_its_digits():
    x = tf.cast(values(50, low=-4, high=4), tf.bfloat16)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = ops.selu(x)
    np.testing.assert_array_equal(y, tf.cast(tf.nn.selu(tf.cast(x, tf.float32)), tf.bfloat16))
    slope = tf.where(x > 0, 1.0507, tf.cast(y, tf.float32) + 1.7581)
    np.testing.assert_allclose(tf.cast(tape.gradient(y, x), tf.float32), slope, atol=0.01)
    assert ops.selu(tf.cast(x, tf.float64)).dtype == tf.float64


def test_leaky_relu_with_another_slope():
    layer = keras.layers.LeakyReLU(negative_slope=0.01)
    assert_equal_ops(lambda x: ops.leaky_relu(x, 0.01), layer, values(50))


@pytest.mark.parametrize("times", [1, 2, 3])
def test_upsample_nearest(times):
    layer = keras.layers.UpSampling2D(times)
    assert_equal_ops(lambda x: ops.upsample_nearest(x, times), layer, values(2, 4, 5, 3))


def test_softmax():
    x = values(6, 10, low=-30, high=30)
    assert_equal_ops(ops.softmax, keras.activations.softmax, x)
    assert ops.softmax(tf.cast(x, tf.bfloat16)).dtype == tf.float32


def test_resize_bilinear_enlarges_as_keras_does():
    def reference(x):
        return keras.ops.image.resize(x, (11, 9), "bilinear")

    assert_equal_ops(lambda x: ops.resize_bilinear(x, 11, 9), reference, values(2, 4, 5, 1))


def test_resize_bilinear_takes_the_mean_of_all_pixels_when_it_shrinks():
    x = np.zeros((1, 16, 16, 1), np.float32)
    x[0, 8, 8] = 16.0
    small = ops.resize_bilinear(x, 8, 8).numpy()
    assert small.sum() == pytest.approx(x.sum() / 4, rel=0.05)


@pytest.mark.parametrize(
    ("op", "shapes"),
    [
        (ops.conv2d, [(1, 4, 4, 2), (3, 3, 2, 3), (3,)]),
        (ops.dense, [(2, 3), (3, 4), (4,)]),
        (ops.max_pool2d, [(1, 4, 4, 2)]),
        (ops.conv2d_transpose, [(1, 4, 4, 2), (3, 3, 3, 2), (3,)]),
        (ops.avg_pool2d, [(1, 4, 4, 2)]),
        (ops.global_max_pool2d, [(1, 4, 4, 2)]),
        (ops.global_avg_pool2d, [(1, 4, 4, 2)]),
        (ops.relu, [(3,)]),
        (ops.selu, [(3,)]),
        (ops.sigmoid, [(3,)]),
        (ops.leaky_relu, [(3,)]),
        (ops.gelu, [(3,)]),
        (ops.mish, [(3,)]),
        (ops.dense, [(2, 5, 3), (3, 4), (4,)]),
        (ops.layer_norm, [(2, 5, 8), (8,), (8,)]),
        (ops.add_positions, [(2, 5, 3), (7, 3)]),
        (ops.attention, [(1, 2, 5, 3)] * 3),
        (lambda x: ops.upsample_nearest(x, 2), [(1, 4, 4, 2)]),
        (lambda x: ops.image_patches(x, 2), [(1, 4, 4, 2)]),
        (lambda x: ops.dropout(x, 0.5, [1, 2]), [(3,)]),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_an_op_computes_in_the_dtype_of_its_input(op, shapes):
    x, *parameters = [tf.constant(values(*shape)) for shape in shapes]
    if op is ops.attention:  # keys and values come from the same layer as queries
        parameters = [tf.cast(parameter, tf.bfloat16) for parameter in parameters]
    result = op(tf.cast(x, tf.bfloat16), *parameters)
    assert result.dtype == tf.bfloat16
    parameters = [tf.cast(parameter, tf.float32) for parameter in parameters]
    np.testing.assert_allclose(tf.cast(result, tf.float32), op(x, *parameters), atol=0.05)
