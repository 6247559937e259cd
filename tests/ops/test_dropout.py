"""Dropout: which numbers it drops is random, so it is judged by what must hold for any draw."""

import numpy as np
import pytest
import tensorflow as tf

from lowlevel import ops, seeds
from lowlevel.checks import ConfigError
from tests.comparison import values

RATE = 0.2


def test_drops_its_share_and_scales_the_rest():
    x = values(100_000, low=0.5)
    y = ops.dropout(x, RATE, seeds.derive(0, "dropout")).numpy()
    dropped = y == 0
    # Five standard deviations of a share of 100,000 draws.
    assert dropped.mean() == pytest.approx(RATE, abs=5 * np.sqrt(RATE * (1 - RATE) / x.size))
    np.testing.assert_allclose(y[~dropped], x[~dropped] / (1 - RATE), rtol=1e-6)


def test_gradient_flows_through_what_is_kept():
    x = tf.constant(values(1000, low=0.5))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = ops.dropout(x, RATE, [1, 2])
    expected = np.where(y.numpy() == 0, 0, 1 / (1 - RATE))
    np.testing.assert_allclose(tape.gradient(y, x), expected, rtol=1e-6)


def test_the_seed_fixes_what_is_dropped():
    x = values(1000)
    first, same = (ops.dropout(x, RATE, seeds.derive(0, "dropout", 7)) for _ in range(2))
    other = ops.dropout(x, RATE, seeds.derive(0, "dropout", 8))
    np.testing.assert_array_equal(first, same)
    assert (first.numpy() != other.numpy()).any()


def test_rate_zero_changes_nothing():
    x = values(10)
    np.testing.assert_array_equal(ops.dropout(x, 0, [1, 2]), x)


@pytest.mark.parametrize("rate", [1, 1.5, -0.1, float("nan")])
def test_rate_out_of_range(rate):
    with pytest.raises(ConfigError, match=r"dropout rate must be a number in \[0, 1\)"):
        ops.dropout(values(3), rate, [1, 2])
