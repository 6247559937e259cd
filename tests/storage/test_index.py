"""The index of a checkpoint: read as TensorFlow's own reader reads it."""

import random

import pytest
import tensorflow as tf

from lowlevel.storage import checkpoint, index


def as_tensorflow_reads(prefix):
    reader = tf.train.load_checkpoint(str(prefix))
    dtypes = reader.get_variable_to_dtype_map()
    return {key: (dtypes[key], shape) for key, shape in reader.get_variable_to_shape_map().items()}


def write(path, tensors):
    tf.train.Checkpoint(**checkpoint.nest(tensors)).write(str(path / "variables"))
    return path / "variables"


def test_every_kind_of_variable(tmp_path):
    tensors = {
        f"{folder}/{dtype.name}{len(shape)}": tf.Variable(tf.zeros(shape, dtype))
        for folder in ("a", "a/b", "é")
        for dtype in (tf.float32, tf.bfloat16, tf.int64, tf.bool, tf.complex64)
        for shape in ([], [0], [200], [3, 2, 1, 2**10])
    }
    prefix = write(tmp_path, tensors)
    found = index.read(f"{prefix}.index")
    assert found == as_tensorflow_reads(prefix)
    assert len(found) == len(tensors) + 1  # and TensorFlow's graph of objects


@pytest.mark.parametrize("count, length", [(1, 1), (90, 2), (3000, 200)])
def test_any_number_of_variables(tmp_path, count, length):
    """Several blocks, as all names together are longer than one; they begin as they like."""
    draw = random.Random(0)
    names = sorted(draw.randbytes(length).hex() for _ in range(count))
    tf.raw_ops.SaveV2(
        prefix=str(tmp_path / "variables"),
        tensor_names=names,
        shape_and_slices=[""] * count,
        tensors=[tf.constant(1.0)] * count,
    )
    found = index.read(tmp_path / "variables.index")
    assert found == as_tensorflow_reads(tmp_path / "variables")
    assert sorted(found) == sorted(set(names))


def test_a_value_is_that_of_its_name(tmp_path):
    tensors = {f"v{number}": tf.Variable(float(number)) for number in range(30)}
    path = tmp_path / "saved"
    checkpoint.save(path, tensors, {})
    made = {name: tf.Variable(-1.0) for name in reversed(tensors)}
    checkpoint.restore(path, made)
    assert {name: float(value) for name, value in made.items()} == {
        name: float(value) for name, value in tensors.items()
    }
