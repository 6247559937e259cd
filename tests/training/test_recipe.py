"""A recipe: what it refuses as soon as it is made."""

import pytest

from lowlevel.checks import ConfigError
from lowlevel.training.recipe import Recipe


@pytest.mark.parametrize(
    "fields, message",
    [
        ({"batch_size": 0}, "batch_size must be a whole number of at least 1, not 0"),
        ({"batch_size": 2.5}, "batch_size must be"),
        ({"seed": -1}, "seed must be"),
        ({"optimizer": "adamw"}, "optimizer must be one of"),
        ({"learning_rate": -1}, "the learning rate must be"),
        ({"learning_rate": "fast"}, "the learning rate must be"),
        ({"schedule": "linear"}, "schedule must be one of"),
        ({"schedule": "cosine"}, "total_steps must be"),
        ({"schedule": "piecewise"}, "total_steps must be"),
        ({"warm_up": -3}, "warm-up steps must be"),
        ({"weight_decay": -0.1}, "weight_decay must be"),
        ({"synchronize_batch_norm": 1}, "synchronize_batch_norm must be True or False"),
    ],
)
def test_impossible_recipes(fields, message):
    with pytest.raises(ConfigError, match=message):
        Recipe(**fields)
