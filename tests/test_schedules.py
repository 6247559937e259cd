"""Schedules equal Keras's where it has them, and do what they say where it has not."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from lowlevel import schedules
from lowlevel.checks import ConfigError

TOTAL = 100


def rates(schedule, steps=range(TOTAL + 20)):
    compiled = tf.function(schedule, input_signature=[tf.TensorSpec([], tf.int64)])
    return np.array([compiled(tf.constant(step, tf.int64)) for step in steps])


def keras_rates(schedule):
    return np.array([float(schedule(step)) for step in range(TOTAL + 20)])


def test_constant():
    np.testing.assert_array_equal(rates(schedules.constant(0.5)), 0.5)


@pytest.mark.parametrize("final_rate", [0.0, 0.1])
def test_cosine(final_rate):
    reference = keras.optimizers.schedules.CosineDecay(0.4, TOTAL, alpha=final_rate / 0.4)
    np.testing.assert_allclose(
        rates(schedules.cosine(0.4, TOTAL, final_rate)), keras_rates(reference), atol=1e-7
    )


def test_piecewise():
    arguments = [10, 50], [0.3, 0.2, 0.1]
    reference = keras.optimizers.schedules.PiecewiseConstantDecay(*arguments)
    np.testing.assert_array_equal(
        rates(schedules.piecewise(*arguments)), keras_rates(reference).astype(np.float32)
    )


def test_warm_up():
    warmed = rates(schedules.warm_up(schedules.constant(1.0), 4))
    np.testing.assert_allclose(warmed[:6], [0.25, 0.5, 0.75, 1, 1, 1])


def test_one_cycle():
    cycle = rates(schedules.one_cycle(1.0, TOTAL, warm_up_share=0.25, start_share=0.1))
    assert cycle[0] == pytest.approx(0.1)
    assert cycle.argmax() == 25
    assert cycle[25] == pytest.approx(1.0)
    np.testing.assert_allclose(np.diff(cycle[:26]), 0.9 / 25, rtol=1e-4)  # a straight line
    assert (np.diff(cycle[25:101]) < 0).all()
    np.testing.assert_allclose(cycle[100:], 0, atol=1e-7)


@pytest.mark.parametrize("name", schedules.NAMES)
def test_by_name_peaks_at_the_rate(name):
    assert rates(schedules.by_name(name, 0.5, TOTAL)).max() == pytest.approx(0.5)
    warmed = rates(schedules.by_name(name, 0.5, TOTAL, warm_up_steps=10))
    assert warmed[0] < rates(schedules.by_name(name, 0.5, TOTAL))[0]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: schedules.constant(-1), "learning rate"),
        (lambda: schedules.constant(float("inf")), "learning rate"),
        (lambda: schedules.cosine(0.1, 0), "total_steps"),
        (lambda: schedules.piecewise([5, 5], [1, 2, 3]), "rising boundaries"),
        (lambda: schedules.piecewise([5], [1]), "one rate more"),
        (lambda: schedules.warm_up(schedules.constant(1), -1), "warm-up steps"),
        (lambda: schedules.one_cycle(1, 10, warm_up_share=0), "warm_up_share"),
        (lambda: schedules.by_name("triangle", 1, 10), "schedule must be one of"),
    ],
)
def test_impossible_arguments(make, message):
    with pytest.raises(ConfigError, match=message):
        make()
