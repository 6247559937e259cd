"""Receptive fields equal what is found by lighting one pixel at a time."""

import numpy as np
import pytest
import tensorflow as tf

from lowlevel import ops
from lowlevel.inspection import receptive_field
from lowlevel.inspection.receptive_field import ALL
from lowlevel.inspection.receptive_rules import NOWHERE
from tests.comparison import values

HEIGHT, WIDTH = 13, 10


def ones(*shape):
    return tf.ones(shape)


def branches(x):
    wide = ops.conv2d(x, ones(5, 3, 2, 2))
    return tf.concat([x, tf.nn.relu(wide), ops.max_pool2d(x, 3, 1, "SAME")], axis=-1)


def attend(x):
    """Attention between patches, to all of which a row that sees nothing is added."""
    tokens = ops.image_patches(x[:, :12, :8], 4)
    tokens = tf.concat([tf.ones([1, 1, tokens.shape[-1]]), tokens], axis=1)
    tokens = tokens[tf.newaxis]
    return ops.attention(tokens, tokens, tokens)


NETS = {
    "convolution": lambda x: ops.conv2d(x, ones(3, 4, 2, 2)),
    "with strides": lambda x: ops.conv2d(
        ops.conv2d(x, ones(3, 3, 2, 2), stride=2), ones(2, 3, 2, 1)
    ),
    "no padding": lambda x: ops.conv2d(x, ones(4, 3, 2, 2), stride=3, padding="VALID"),
    "dilated": lambda x: tf.nn.conv2d(x, ones(3, 3, 2, 2), 1, "SAME", dilations=2),
    "pooling": lambda x: ops.max_pool2d(ops.conv2d(x, ones(3, 3, 2, 2)), 3, 2),
    "branches": branches,
    "batch norm": lambda x: ops.batch_norm(ops.conv2d(x, ones(3, 3, 2, 2)), *[ones(2)] * 4),
    "transposed": lambda x: ops.conv2d_transpose(
        ops.conv2d(x, ones(3, 3, 2, 2), stride=2), ones(3, 3, 1, 2), stride=2
    ),
    "transposed, no padding": lambda x: ops.conv2d_transpose(
        ops.conv2d(x, ones(3, 3, 2, 2), stride=3), ones(2, 5, 1, 2), stride=3, padding="VALID"
    ),
    "upsampled": lambda x: ops.conv2d(ops.upsample_nearest(x, 2), ones(3, 3, 2, 2)),
    "patches": lambda x: ops.image_patches(x[:, :12, :8], 4),
    "attention": attend,
    "dense": lambda x: ops.dense(ops.flatten(x), ones(HEIGHT * WIDTH * 2, 3)),
    "mean of columns": lambda x: tf.reduce_mean(x, axis=2),
    "shifted": lambda x: x[:, 2:, ::2] + tf.transpose(x, [0, 1, 2, 3])[:, :-2, ::2],
}


def by_lighting(function):
    """The box of pixels that each number out changes with: -top, -left, bottom, right.

    A pixel that is lit is brighter than all others, so that it is the largest in each pooling.
    """
    dark = values(1, HEIGHT, WIDTH, 2, low=0)
    base = function(tf.constant(dark)).numpy()
    lit = np.zeros((HEIGHT, WIDTH, *base.shape[1:]), bool)
    for y in range(HEIGHT):
        for x in range(WIDTH):
            one = dark.copy()
            one[0, y, x] = 20
            lit[y, x] = (function(tf.constant(one)).numpy() != base)[0]
    boxes = np.full((4, *base.shape), NOWHERE)
    for place in np.ndindex(*base.shape[1:]):
        rows, columns = np.nonzero(lit[(slice(None), slice(None), *place)])
        if len(rows):
            box = (-rows.min(), -columns.min(), rows.max(), columns.max())
            boxes[(slice(None), 0, *place)] = box
    return boxes


def graph_of(function):
    concrete = tf.function(function, autograph=False).get_concrete_function(
        tf.TensorSpec([1, HEIGHT, WIDTH, 2])
    )
    return concrete.inputs[0], concrete.graph.get_operations(), concrete.outputs[0].op.name


@pytest.mark.parametrize("name", NETS)
def test_each_number_sees_what_lighting_pixels_finds(name):
    inputs, operations, output = graph_of(NETS[name])
    found = receptive_field.areas_of_graph(inputs, operations)[output]
    compiled = tf.function(NETS[name], input_signature=[tf.TensorSpec([1, HEIGHT, WIDTH, 2])])
    np.testing.assert_array_equal(found, by_lighting(compiled))


def test_the_largest_area_is_told_and_all_of_the_input():
    inputs, operations, output = graph_of(NETS["no padding"])
    assert receptive_field.of_graph(inputs, operations)[output] == (4, 3)
    inputs, operations, output = graph_of(NETS["dense"])
    assert receptive_field.of_graph(inputs, operations)[output] == ALL


def test_an_operation_without_a_rule():
    for function, expected in (
        (lambda x: tf.cumsum(x, axis=1), (1, 1)),  # taken to work place by place
        (lambda x: tf.linalg.diag_part(x[0, :, :, 0]), ALL),  # has another shape
    ):
        inputs, operations, output = graph_of(function)
        assert receptive_field.of_graph(inputs, operations)[output] == expected


def test_sequences():
    concrete = tf.function(lambda x: x[:, 1:4] + x[:, 4:7], autograph=False).get_concrete_function(
        tf.TensorSpec([1, 9])
    )
    found = receptive_field.of_graph(concrete.inputs[0], concrete.graph.get_operations())
    assert found[concrete.outputs[0].op.inputs[0].op.name] == (4,)  # from the first to the last


def test_the_larger_one():
    assert receptive_field.larger((3, 3), (2, 4)) == (3, 3)
    assert receptive_field.larger((3, 3), ALL) == ALL
