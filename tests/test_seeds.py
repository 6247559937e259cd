"""Seeds: one for each (run seed, purpose, step), and nothing hidden."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from lowlevel import seeds
from lowlevel.checks import ConfigError


def test_different_arguments_give_different_seeds():
    combinations = itertools.product([0, 1, 2**63 - 1], ["a", "b", "order"], [0, 1, 2**31 - 1])
    derived = {tuple(seeds.derive(*arguments).numpy()) for arguments in combinations}
    assert len(derived) == 27


def test_step_may_be_a_tensor_in_a_graph():
    compiled = tf.function(lambda step: seeds.derive(5, "forward", step))
    for step in (0, 12345):
        np.testing.assert_array_equal(
            compiled(tf.constant(step, tf.int64)), seeds.derive(5, "forward", step)
        )


def test_a_step_that_would_be_another_purposes():
    for step in (2**31, -1, 1.5):
        with pytest.raises(ConfigError, match="the step of a seed must be a whole number"):
            seeds.derive(0, "order", step)


@pytest.mark.parametrize("run_seed", [-1, 2**63, 1.5, "7", True])
def test_run_seed_out_of_range(run_seed):
    with pytest.raises(ConfigError, match="the run seed must be a whole number"):
        seeds.derive(run_seed, "order")
