"""Many steps in one call: the bits of single steps, and a stop where a loss is not finite."""

import numpy as np
import tensorflow as tf

from lowlevel.inspection import retracing
from lowlevel.variables import sha256
from tests.training import small_run


def iterator_of(run):
    return run.data.iterator(run.state, run.recipe)


def test_one_call_is_as_good_as_single_steps():
    run, single = small_run.make(), small_run.make()
    results = [single.train_step(*batch) for batch in single.batches()]
    sums, finite = run.make_steps(iterator_of(run), tf.constant(3))
    assert int(run.state.step) == 3
    assert finite
    assert sha256(run.state.tensors()) == sha256(single.state.tensors())
    for name in ("loss", "accuracy"):
        expected = [[np.sum(result[name], dtype=float), len(result[name])] for result in results]
        np.testing.assert_allclose(sums[name], expected, rtol=1e-12)
        assert sums[name].dtype == tf.float64


def test_a_second_call_goes_on_and_nothing_is_traced_again():
    run, whole = small_run.make(), small_run.make()
    batches = iterator_of(run)
    with retracing.watch(run) as traces:
        parts = [run.make_steps(batches, tf.constant(count))[0] for count in (1, 2)]
        traces.assert_once(run.make_steps, run.train_step)
    sums, _ = whole.make_steps(iterator_of(whole), tf.constant(3))
    for name in sums:
        np.testing.assert_array_equal(tf.concat([part[name] for part in parts], 0), sums[name])
    assert sha256(run.state.tensors()) == sha256(whole.state.tensors())
    run.state.step.assign(0)
    with retracing.watch(run) as traces:
        run.make_steps(iterator_of(run), tf.constant(3))
    assert not traces, traces


def test_a_loss_that_is_not_finite_ends_a_call_at_its_step():
    run = small_run.make()
    weights = run.state.variables.weights["out"]
    weights.assign(weights * float("inf"))
    sums, finite = run.make_steps(iterator_of(run), tf.constant(3))
    assert int(run.state.step) == len(sums["loss"]) == 1
    assert not np.isfinite(sums["loss"][0, 0])
    assert not finite


def test_a_variable_that_is_not_finite_is_noticed_at_the_end_of_a_call():
    run = small_run.make()
    kernel = run.state.variables.weights["c1"]
    kernel.assign(kernel * float("nan"))
    _, finite = run.make_steps(iterator_of(run), tf.constant(1))
    assert not finite
