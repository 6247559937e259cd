"""Every op refuses what does not fit in a sentence, and takes arrays and lists."""

import numpy as np
import pytest
import tensorflow as tf

from lowlevel import ops
from lowlevel.checks import ConfigError, DataError

ones = tf.ones
WEIGHTS = ones([3, 3, 1, 16])


@pytest.mark.parametrize(
    ("op", "arguments", "message"),
    [
        (ops.conv2d, [ones([28, 28, 1]), WEIGHTS], r"x must be \[batch, .* not \[28, 28, 1\]"),
        (
            ops.conv2d,  # TensorFlow would take it for a convolution in groups
            [ones([2, 8, 8, 4]), WEIGHTS],
            r"x \[2, 8, 8, 4\] and weights \[3, 3, 1, 16\] must have the same input channels, "
            "not 4 and 1",
        ),
        (ops.conv2d, [ones([2, 8, 8, 1]), ones([3, 3, 1])], r"weights .* not \[3, 3, 1\]"),
        (ops.conv2d, [ones([2, 8, 8, 1]), WEIGHTS, ones([3])], "the same output channels"),
        (ops.conv2d, [ones([0, 8, 8, 1]), WEIGHTS], "x must not be empty"),
        (ops.conv2d, [ones([1, 2, 2, 1]), WEIGHTS, None, 1, "VALID"], "window of 3 does not fit"),
        (ops.conv2d_transpose, [ones([8, 8, 1]), ones([3, 3, 4, 1])], "x must be "),
        (ops.conv2d_transpose, [ones([2, 1, 1, 2]), ones([3, 3, 4, 1])], "the same input channels"),
        (ops.dense, [ones([3]), ones([3, 4])], "x must be "),
        (ops.dense, [ones([2, 4, 3]), ones([6, 4])], "the same inputs, not 3 and 6"),
        (ops.dense, [ones([2, 3, 3, 1]), ones([9, 4])], "not 1 and 9; ops.flatten makes"),
        (ops.dense, [ones([2, 3]), ones([2, 3, 4])], "weights must be "),
        (ops.dense, [ones([2, 3]), ones([3, 4]), ones([1])], "the same outputs"),
        (ops.flatten, [ones([2, 0, 3])], "known and above 0"),
        (ops.max_pool2d, [ones([8, 8, 1])], "x must be "),
        (ops.max_pool2d, [ones([1, 8, 8, 1]), 9, 1, "VALID"], "window of 9 does not fit"),
        (ops.avg_pool2d, [ones([1, 8, 8, 1]), 9, 1, "VALID"], "window of 9 does not fit"),
        (ops.global_max_pool2d, [ones([8, 8, 1])], "x must be "),
        (ops.global_max_pool2d, [ones([2, 0, 0, 1])], "x must not be empty"),
        (ops.global_avg_pool2d, [ones([2, 8, 8, 1, 1])], "x must be "),
        (ops.batch_norm, [ones([4, 4, 3]), *[ones([3])] * 4], "x must be "),
        (ops.batch_norm, [ones([1, 4, 4, 3]), *[ones([4])] * 4], "the same channels"),
        (
            ops.batch_norm_training,
            [ones([1, 4, 4, 3]), *[ones([3])] * 2, *[ones([1])] * 2],
            "x .* and mean .* must have the same channels, not 3 and 1",
        ),
        (ops.layer_norm, [ones([4, 1]), *[ones([3])] * 2], "the same channels"),
        (ops.attention, [ones([5, 3])] * 3, "queries must be "),
        (ops.attention, [ones([1, 2, 5, 3]), *[ones([1, 1, 5, 3])] * 2], "the same heads"),
        (ops.split_heads, [ones([2, 5, 6]), 4], "cannot be split into 4 heads"),
        (ops.split_heads, [ones([2, 5]), 1], "x must be "),
        (ops.merge_heads, [ones([2, 5, 6])], "x must be "),
        (ops.intersection_over_union, [ones([2, 3]), ones([2, 3])], r"one must be \[..., 4\]"),
        (ops.non_max_suppression, [ones([5, 4]), ones([5, 2]), 0.5, 0.1, 3], "boxes must be "),
        (ops.non_max_suppression, [ones([1, 5, 4]), ones([1, 5]), 0.5, 0.1, 3], "scores must be "),
        (ops.embedding, [[1], ones([5])], "table must be "),
        (ops.add_positions, [ones([3, 3]), ones([7, 3])], "x must be "),
        (ops.add_positions, [ones([2, 5, 3]), ones([7, 1])], "the same size"),
        (ops.sum_over_root_length, [ones([2, 5, 3]), [[True], [True]]], "the same positions"),
        (ops.image_patches, [ones([9, 4, 4, 1]), 3], "4x4 cannot be cut into patches of 3x3"),
        (ops.resize_bilinear, [ones([8, 8, 1]), 4, 4], "images must be "),
        (ops.upsample_nearest, [ones([8, 8, 1]), 2], "images must be "),
        (ops.softmax, [3.0], "logits must be "),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_shapes(op, arguments, message):
    with pytest.raises(ConfigError, match=message):
        op(*arguments)


IMAGES = ones([1, 8, 8, 1])
BOXES, SCORES = ones([1, 5, 4]), ones([1, 5, 2])


@pytest.mark.parametrize(
    ("op", "arguments", "name"),
    [
        (ops.conv2d, [IMAGES, WEIGHTS, None, 2**40], "stride"),  # ends the process in TensorFlow
        (ops.conv2d, [IMAGES, WEIGHTS, None, 1.5], "stride"),
        (ops.conv2d_transpose, [IMAGES, ones([3, 3, 4, 1]), None, -2], "stride"),
        (ops.conv2d_transpose, [IMAGES, ones([3, 3, 4, 1]), None, 0], "stride"),
        (ops.max_pool2d, [IMAGES, 2**40], "window"),
        (ops.max_pool2d, [IMAGES, 1.5], "window"),
        (ops.avg_pool2d, [IMAGES, True], "window"),
        (ops.avg_pool2d, [IMAGES, 2, 0], "stride"),
        (ops.output_size, [8, 2, -1, "SAME"], "stride"),
        (ops.output_size, [8.5, 2, 1, "SAME"], "size"),
        (ops.transposed_output_size, [8, 2.5, 1, "SAME"], "window"),
        (ops.batch_norm, [IMAGES, *[[1.0]] * 4, 0.0], "epsilon"),
        (ops.batch_norm_training, [IMAGES, *[[1.0]] * 4, 2], "momentum"),
        (ops.layer_norm, [IMAGES, [1.0], [1.0], -1], "epsilon"),
        (ops.leaky_relu, [IMAGES, "steep"], "slope"),
        (ops.split_heads, [ones([2, 5, 6]), 0], "heads"),
        (ops.non_max_suppression, [BOXES, SCORES, 1.5, 0.1, 3], "overlap"),
        (ops.non_max_suppression, [BOXES, SCORES, 0.5, "low", 3], "smallest_score"),
        (ops.non_max_suppression, [BOXES, SCORES, 0.5, 0.1, 2.5], "most"),
        (ops.image_patches, [IMAGES, 0], "size"),
        (ops.resize_bilinear, [IMAGES, 4, -1], "width"),
        (ops.upsample_nearest, [IMAGES, 0], "times"),
        (ops.dropout, [IMAGES, 0.5, [1, 2, 3]], "a seed"),
        (ops.dropout, [IMAGES, 0.5, None], "a seed"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_numbers(op, arguments, name):
    with pytest.raises(ConfigError, match=f"^{name} must be "):
        op(*arguments)


FLOAT_OPS = {
    "conv2d": lambda x: ops.conv2d(x, ones([3, 3, 2, 4])),
    "conv2d_transpose": lambda x: ops.conv2d_transpose(x, ones([3, 3, 4, 2])),
    "dense": lambda x: ops.dense(x, ones([2, 4])),
    "avg_pool2d": ops.avg_pool2d,
    "global_avg_pool2d": ops.global_avg_pool2d,
    "batch_norm": lambda x: ops.batch_norm(x, *[[1.0, 2.0]] * 4),
    "batch_norm_training": lambda x: ops.batch_norm_training(x, *[[1.0, 2.0]] * 4)[0],
    "layer_norm": lambda x: ops.layer_norm(x, [1.0, 2.0], [1.0, 2.0]),
    "attention": lambda x: ops.attention(x, x, x),
    "dropout": lambda x: ops.dropout(x, 0.5, [1, 2]),
    "gelu": ops.gelu,
    "mish": ops.mish,
    "selu": ops.selu,
    "sigmoid": ops.sigmoid,
}


@pytest.mark.parametrize("name", FLOAT_OPS)
def test_what_is_not_floats(name):
    """An op would cast its weights to the whole numbers of its input, and round them."""
    op, numbers = FLOAT_OPS[name], np.arange(32).reshape(1, 4, 4, 2)
    for dtype in (np.uint8, np.int32):
        with pytest.raises(ConfigError, match=f"must hold floats, not {np.dtype(dtype)}"):
            op(numbers.astype(dtype))
    for wrong in ("a", None, numbers.astype(complex), numbers.astype(object)):
        with pytest.raises(ConfigError, match=r"must (hold real|be an array of) numbers"):
            op(wrong)
    with pytest.raises(ConfigError, match="must not be masked"):
        op(np.ma.masked_array(numbers / 32, numbers > 3))


@pytest.mark.parametrize("name", [*FLOAT_OPS, "max_pool2d", "flatten", "relu", "leaky_relu"])
def test_arrays_of_float64_and_lists(name):
    op = FLOAT_OPS.get(name) or getattr(ops, name)
    numbers = np.random.default_rng(0).normal(size=(1, 4, 4, 2))
    expected = op(tf.constant(numbers, tf.float32))
    double, from_list = op(numbers), op(numbers.tolist())
    assert double.dtype == tf.float64
    assert from_list.dtype == tf.float32
    np.testing.assert_allclose(double, expected, rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(from_list, expected)


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint16, np.uint32, np.int64, np.uint64])
def test_indices_of_any_type(dtype):
    table = tf.constant([[1.0], [2.0], [3.0]])
    np.testing.assert_array_equal(ops.embedding(np.array([2, 0], dtype), table), [[3], [1]])


@pytest.mark.parametrize("index", [-1, 3, 2**32])
def test_an_index_out_of_range(index):
    with pytest.raises(DataError, match="beyond the table's 3 rows"):
        ops.embedding([0, index], ones([3, 2]))


@pytest.mark.parametrize("indices", [[0.5], [True], ["a"], None])
def test_what_is_no_index(indices):
    with pytest.raises(ConfigError, match="indices must "):
        ops.embedding(indices, ones([3, 2]))


def test_boxes_of_bytes_that_do_not_meet():
    one, other = np.array([0, 0, 1, 1], np.uint8), np.array([5, 5, 6, 6], np.uint8)
    assert ops.intersection_over_union(one, other) == 0


def test_presence_as_numbers():
    x = ones([1, 4, 2])
    for present in ([[True, True, False, False]], [[1, 1, 0, 0]], [[3.0, 1.0, 0.0, 0.0]]):
        np.testing.assert_allclose(ops.sum_over_root_length(x, present), [[2**0.5] * 2])


def test_a_batch_of_one_pixel_under_batch_norm():
    """Its variance is 0, so each channel becomes its offset."""
    y, mean, variance = ops.batch_norm_training(
        tf.constant([[[[5.0, -7.0]]]]), [1.0, 2.0], [0.5, 0.25], [0.0, 0.0], [1.0, 1.0], 0.5
    )
    np.testing.assert_allclose(y, [[[[0.5, 0.25]]]])
    np.testing.assert_allclose(mean, [2.5, -3.5])
    np.testing.assert_allclose(variance, [0.5, 0.5])


def test_sizes_that_are_not_known_are_not_refused():
    @tf.function(input_signature=[tf.TensorSpec([None, None, None, 1]), tf.TensorSpec(None)])
    def images(x, any_shape):
        return ops.max_pool2d(ops.conv2d(x, WEIGHTS)), ops.max_pool2d(any_shape)

    pooled, also = images(ones([2, 5, 6, 1]), ones([2, 5, 6, 1]))
    assert pooled.shape == [2, 3, 3, 16]
    assert also.shape == [2, 3, 3, 1]


def test_sizes_that_must_be_known():
    for op in (
        ops.flatten,
        lambda x: ops.upsample_nearest(x, 2),
        lambda x: ops.image_patches(x, 1),
    ):
        for shape in ([None, None, 4, 1], None):
            with pytest.raises(ConfigError, match="must be known and above 0"):
                tf.function(op, [tf.TensorSpec(shape)], autograph=False).get_concrete_function()
