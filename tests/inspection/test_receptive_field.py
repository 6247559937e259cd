"""Receptive fields equal what is found by lighting one pixel at a time."""

import numpy as np
import pytest
import tensorflow as tf

from lowlevel import ops
from lowlevel.inspection import receptive_field
from lowlevel.inspection.receptive_field import ALL

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
    "without a rule": lambda x: tf.cumsum(x, axis=1),
}


def by_lighting(function):
    """Height and width of the largest box of pixels that one number out changes with.

    No number is negative anywhere, so that a pixel that is lit can only add.
    """
    dark = np.zeros((1, HEIGHT, WIDTH, 2), np.float32)
    base = function(tf.constant(dark)).numpy()
    lit = np.zeros((HEIGHT, WIDTH, *base.shape[1:]), bool)
    for y in range(HEIGHT):
        for x in range(WIDTH):
            one = dark.copy()
            one[0, y, x] = 1
            lit[y, x] = (function(tf.constant(one)).numpy() != base)[0]
    lit = lit.reshape(HEIGHT, WIDTH, -1)
    sizes = []
    for number in range(lit.shape[-1]):
        rows, columns = np.nonzero(lit[:, :, number])
        if len(rows):
            sizes.append((np.ptp(rows) + 1, np.ptp(columns) + 1))
    return max(sizes, key=np.prod)


def by_rules(function):
    concrete = tf.function(function, autograph=False).get_concrete_function(
        tf.TensorSpec([1, HEIGHT, WIDTH, 2])
    )
    found = receptive_field.of_graph(concrete.inputs[0], concrete.graph.get_operations())
    return found[concrete.outputs[0].op.name]


@pytest.mark.parametrize("name", NETS)
def test_it_is_what_lighting_pixels_finds(name):
    compiled = tf.function(NETS[name], input_signature=[tf.TensorSpec([1, HEIGHT, WIDTH, 2])])
    found = by_rules(NETS[name])
    if name == "without a rule":
        assert found == (1, 1)  # taken to work place by place, as the module says
        return
    assert ((HEIGHT, WIDTH) if found == ALL else found) == by_lighting(compiled)


def test_sequences():
    concrete = tf.function(lambda x: x[:, 1:4] + x[:, 4:7], autograph=False).get_concrete_function(
        tf.TensorSpec([1, 9])
    )
    found = receptive_field.of_graph(concrete.inputs[0], concrete.graph.get_operations())
    assert found[concrete.outputs[0].op.inputs[0].op.name] == (4,)  # from the first to the last


def test_the_larger_one():
    assert receptive_field.larger((3, 3), (2, 4)) == (3, 3)
    assert receptive_field.larger((3, 3), ALL) == ALL
