"""Ops on sequences equal their Keras twins; positions are counted in the graph."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from lowlevel import ops
from lowlevel.checks import ConfigError
from lowlevel.inspection import retracing
from lowlevel.ops.activation import plain_gelu
from lowlevel.ops.norm import plain_layer_norm
from tests.comparison import assert_close, assert_equal_ops, outputs_and_gradients, values


def test_dense_on_a_sequence():
    def reference(x, weights, bias):
        return keras.ops.matmul(x, weights) + bias

    arrays = values(2, 5, 3, seed=1), values(3, 4, seed=2), values(4, seed=3)
    assert_equal_ops(ops.dense, reference, *arrays)


@pytest.mark.parametrize("shape", [(6, 8), (2, 5, 8)])
def test_layer_norm(shape):
    layer = keras.layers.LayerNormalization()
    layer.build(shape)

    def reference(x, scale, offset):
        return layer.stateless_call([scale, offset], [], x)[0]

    arrays = values(*shape, high=3), values(8, seed=1, low=0.5), values(8, seed=2)
    assert_equal_ops(ops.layer_norm, reference, *arrays, tolerance=5e-6)


def test_gradients_of_fewer_passes_equal_those_of_the_definitions():
    arrays = values(2, 5, 8, high=3), values(8, seed=1, low=0.5), values(8, seed=2)
    assert_equal_ops(ops.layer_norm, plain_layer_norm, *arrays, tolerance=5e-6)
    assert_equal_ops(ops.gelu, plain_gelu, values(200, low=-6, high=6))


def test_their_gradients_have_gradients():
    def second(op, plain, *inputs):
        def gradient(op):
            def of_first(x, *others):
                with tf.GradientTape() as tape:
                    tape.watch(x)
                    y = tf.square(op(x, *others))
                return tape.gradient(y, x)

            return of_first

        assert_equal_ops(gradient(op), gradient(plain), *inputs, tolerance=1e-4)

    second(ops.gelu, plain_gelu, values(50, low=-3, high=3))
    second(ops.layer_norm, plain_layer_norm, values(3, 8), values(8, seed=1), values(8, seed=2))


def test_layer_norm_of_a_constant_is_its_offset():
    x = tf.fill([1, 4], 1e6)
    np.testing.assert_array_equal(ops.layer_norm(x, tf.ones(4), tf.range(4.0))[0], range(4))


@pytest.mark.parametrize("others", [5, 7])
def test_attention_equals_keras(others):
    """Keras's layer with the identity for all that it multiplies by."""
    heads, size = 3, 4
    width = heads * size
    layer = keras.layers.MultiHeadAttention(heads, size, use_bias=False)
    layer.build((2, 5, width), (2, others, width), (2, others, width))
    into = np.eye(width, dtype=np.float32).reshape(width, heads, size)
    layer.set_weights([into, into, into, into.transpose(1, 2, 0)])

    def ours(queries, keys, values):
        parts = [ops.split_heads(x, heads) for x in (queries, keys, values)]
        return ops.merge_heads(ops.attention(*parts))

    assert_equal_ops(
        ours,
        lambda queries, keys, values: layer(queries, values, keys),
        values(2, 5, width, seed=1, high=3),
        values(2, others, width, seed=2, high=3),
        values(2, others, width, seed=3),
        tolerance=5e-6,
    )


def test_heads_are_split_and_merged_without_loss():
    x = tf.constant(values(2, 5, 12))
    assert ops.split_heads(x, 3).shape == [2, 3, 5, 4]
    np.testing.assert_array_equal(ops.merge_heads(ops.split_heads(x, 3)), x)


def test_embedding():
    layer = keras.layers.Embedding(6, 4)
    layer.build(None)
    indices = tf.constant([[0, 5, 5], [1, 2, 0]])

    def reference(table):
        return layer.stateless_call([table], [], indices)[0]

    table = values(6, 4)
    ours, gradient = outputs_and_gradients(lambda table: ops.embedding(indices, table), [table])
    theirs, reference_gradient = outputs_and_gradients(reference, [table])
    np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_array_equal(*map(tf.convert_to_tensor, gradient + reference_gradient))


def test_positions_are_counted_in_the_graph():
    table = tf.constant(values(60_000, 4))
    compiled = tf.function(
        lambda x: ops.add_positions(x, table),
        input_signature=[tf.TensorSpec([None, None, 4])],
    )
    with retracing.watch(compiled) as traces:
        for length in (1, 7, 50_000):
            x = values(2, length, 4, seed=length)
            np.testing.assert_allclose(compiled(x), x + table[:length], atol=1e-6)
    traces.assert_once(compiled)
    constants = [
        operation.get_attr("value")
        for operation in compiled.get_concrete_function().graph.get_operations()
        if operation.type == "Const" and operation.outputs[0].shape.num_elements() > 10
    ]
    assert not constants  # the range of positions is made when the graph runs


def test_positions_have_gradients_where_they_were_used():
    table = tf.constant(values(9, 4))
    with tf.GradientTape() as tape:
        tape.watch(table)
        result = tf.reduce_sum(ops.add_positions(tf.ones([3, 5, 4]), table))
    gradient = tf.convert_to_tensor(tape.gradient(result, table))
    np.testing.assert_array_equal(gradient, np.repeat([3.0] * 5 + [0.0] * 4, 4).reshape(9, 4))


def test_a_sequence_longer_than_its_positions():
    with pytest.raises(ConfigError, match="a sequence of 5 is too long for a table of 4"):
        ops.add_positions(tf.ones([1, 5, 2]), tf.ones([4, 2]))


def test_sum_over_root_length_leaves_padding_out():
    x = values(3, 4, 2)
    present = np.array([[1, 1, 0, 0], [1, 1, 1, 1], [0, 0, 0, 0]], bool)
    result = ops.sum_over_root_length(x, present).numpy()
    np.testing.assert_allclose(result[0], x[0, :2].sum(axis=0) / np.sqrt(2), rtol=1e-6)
    np.testing.assert_allclose(result[1], x[1].sum(axis=0) / 2, rtol=1e-6)
    np.testing.assert_array_equal(result[2], [0, 0])


def test_patches_are_squares_in_reading_order():
    images = np.arange(2 * 4 * 6, dtype=np.float32).reshape(2, 4, 6, 1)
    patches = ops.image_patches(tf.constant(images), 2).numpy()
    assert patches.shape == (2, 6, 4)
    np.testing.assert_array_equal(patches[1, 4], images[1, 2:4, 2:4, 0].reshape(-1))


def test_patches_equal_those_of_keras():
    images = values(2, 8, 12, 3)
    reference = keras.ops.image.extract_patches(images, 4)
    assert_close(ops.image_patches(tf.constant(images), 4), np.reshape(reference, (2, 6, 48)), 0)
