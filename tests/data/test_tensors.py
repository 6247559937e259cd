"""Arrays as the tensors that steps take: their types, and what does not fit."""

import numpy as np
import pytest
import tensorflow as tf

from lowlevel.checks import DataError
from lowlevel.data.tensors import WEIGHTS, to_tensors

ROWS = tf.TensorSpec([None, 2], tf.float32, name="rows")
WORDS = tf.TensorSpec([None, None], tf.int32, name="words")
LARGEST = 2**31 - 1
WHOLE = ["uint8", "int8", "uint16", "int32", "uint32", "int64", "uint64"]


@pytest.mark.parametrize("dtype", WHOLE)
def test_whole_numbers_that_fit_become_int32(dtype):
    highest = min(np.iinfo(dtype).max, LARGEST)
    numbers = np.array([0, 7, highest], dtype)
    tensor = to_tensors(numbers)
    assert tensor.dtype == tf.int32
    assert tensor.numpy().tolist() == [0, 7, highest]


@pytest.mark.parametrize("number", [2**31, 2**32, -(2**31) - 1, 2**63 - 1])
@pytest.mark.parametrize("spec", [None, tf.TensorSpec([None], tf.int32)])
def test_whole_numbers_that_do_not_fit_are_refused(number, spec):
    message = r"the arrays do not fit the model: a whole number does not fit into 32 bits; .*\.$"
    for numbers in (np.array([0, number]), tf.constant([0, number], tf.int64), [0, number]):
        with pytest.raises(DataError, match=message):
            to_tensors(numbers, spec)
    assert to_tensors(np.array([float(number)])).dtype == tf.float32  # as the sentence advises


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_floats_become_float32(dtype):
    tensor = to_tensors(np.array([0.5, -2], dtype))
    assert tensor.dtype == tf.float32
    assert tensor.numpy().tolist() == [0.5, -2]


def test_lists_are_arrays_and_other_types_stay():
    assert to_tensors([1, 2]).dtype == tf.int32
    assert to_tensors([[0.5, 1]], ROWS).shape == [1, 2]
    assert to_tensors(np.array([True])).dtype == tf.bool


@pytest.mark.parametrize("dtype", ["uint8", "int64", "float16", "float64"])
def test_inputs_are_given_the_type_of_the_spec(dtype):
    rows = to_tensors(np.array([[1, 2], [3, 4]], dtype), ROWS)
    assert rows.dtype == tf.float32
    assert rows.numpy().tolist() == [[1, 2], [3, 4]]
    assert to_tensors(np.array([[1, -1]], np.int64), WORDS).dtype == tf.int32
    assert to_tensors([1, 2], WEIGHTS).dtype == tf.float32


def test_a_nest_keeps_its_structure():
    nest = {"a": [[1, 2]], "b": np.array([[3]], np.int64)}
    tensors = to_tensors({"a": np.array(nest["a"]), "b": nest["b"]}, {"a": ROWS, "b": WORDS})
    assert {name: tensor.dtype for name, tensor in tensors.items()} == {
        "a": tf.float32,
        "b": tf.int32,
    }
    one, two = to_tensors([np.array([[1, 2]]), np.array([[3]])], (ROWS, WORDS))
    assert (one.dtype, two.dtype) == (tf.float32, tf.int32)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(
    "spec, name", [(None, "targets"), (ROWS, "rows"), (tf.TensorSpec([None, 2]), "inputs")]
)
def test_numbers_are_finite(bad, spec, name):
    for numbers in (np.array([[0, bad]]), tf.constant([[0, bad]])):
        with pytest.raises(DataError, match=f"{name} hold a number that is not finite"):
            to_tensors(numbers, spec)


@pytest.mark.parametrize(
    "nest, spec, message",
    [
        (np.zeros((4, 3)), ROWS, r"rows must be \(None, 2\), not \(4, 3\)"),
        (np.zeros(4), ROWS, r"rows must be \(None, 2\), not \(4,\)"),
        (np.zeros((4, 1)), WEIGHTS, r"sample weights must be \(None,\), not \(4, 1\)"),
        ({"a": np.zeros((4, 2))}, ROWS, "they must be an array, not a dict of 'a'"),
        (np.zeros((4, 2)), {"a": ROWS}, "they must be a dict of 'a', not an array"),
        ({"b": np.zeros((4, 2))}, {"a": ROWS}, "they must be a dict of 'a', not a dict of 'b'"),
        ((np.zeros((4, 2)),), (ROWS, ROWS), "they must be a tuple of 2, not a tuple of 1"),
        (np.array([{}]), None, "object"),
        (np.array([[1.9, 2.0]]), WORDS, "words must be whole numbers, not float64"),
        (np.array([2**32 - 1], np.uint32), None, "does not fit into 32 bits"),
        (np.array([1j]), None, "targets must be real numbers, not complex128"),
        (np.ma.array([1.0, 2.0], mask=[0, 1]), None, "mask would be lost"),
        (np.array([1e300]), None, "targets hold a number that is not finite"),
        ([-1.0], WEIGHTS, "sample weights must be at least 0"),
    ],
)
def test_what_does_not_fit(nest, spec, message):
    with pytest.raises(DataError, match=rf"^the arrays do not fit the model: .*{message}.*\.$"):
        to_tensors(nest, spec)
