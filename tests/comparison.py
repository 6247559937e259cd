"""One helper that compares an op with its reference: shape, dtype, values and gradients."""

import numpy as np
import tensorflow as tf


def values(*shape, seed=0, low=-1.0, high=1.0):
    """Random float32 numbers."""
    return np.random.default_rng(seed).uniform(low, high, shape).astype(np.float32)


def values_of(spec, batch, seed=0):
    """Random inputs of a network: floats in [0, 1), or numbers of words, -1 for padding."""
    shape = [batch, *(5 if size is None else size for size in spec.shape[1:])]
    if spec.dtype.is_integer:
        return np.random.default_rng(seed).integers(-1, 9, shape).astype(np.int32)
    return values(*shape, seed=seed, low=0)


def outputs_and_gradients(function, inputs):
    """The output of a function, and the gradient of a weighted sum of it for each input."""
    inputs = [tf.constant(array) for array in inputs]
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        output = function(*inputs)
        weighted = output * values(*output.shape, seed=99)
    return output, tape.gradient(weighted, inputs)


def assert_equal_ops(ours, reference, *inputs, tolerance=1e-6):
    """Asserts that two functions agree in outputs and in the gradients of all inputs.

    The tolerance is relative to the largest entry: float32 sums of some hundred terms, added up
    in another order, differ in their last bits.
    """
    ours, ours_gradients = outputs_and_gradients(ours, inputs)
    reference, reference_gradients = outputs_and_gradients(reference, inputs)
    assert ours.shape == reference.shape
    assert ours.dtype == reference.dtype
    assert_close(ours, reference, tolerance)
    for ours_gradient, reference_gradient in zip(ours_gradients, reference_gradients, strict=True):
        assert_close(ours_gradient, reference_gradient, tolerance)


def assert_close(ours, reference, tolerance):
    """Asserts that no entry is off by more than `tolerance` times the largest of the reference."""
    ours, reference = np.asarray(ours), np.asarray(reference)
    assert ours.shape == reference.shape
    scale = np.abs(reference).max()
    assert scale > 0, "the reference is all zero: the comparison would prove nothing"
    assert np.abs(ours - reference).max() <= tolerance * scale
