"""Training with batch norm whose averages are never assigned is an error, and saves nothing."""

import numpy as np
import pytest
import tensorflow as tf

from lowlevel import optimizers
from lowlevel.checks import ConfigError
from lowlevel.nets import strided_net
from lowlevel.training import loop
from lowlevel.training.state import TrainingState


def test_a_step_that_forgets_the_new_state():
    variables = strided_net.build(strided_net.Config(), seed=0)
    state = TrainingState(variables, optimizers.SGD(0.1))
    saved = []

    def forgetful_step(images, labels):
        state.step.assign_add(1)
        return {"loss": np.ones(2), "accuracy": np.ones(2)}

    batches = tf.data.Dataset.from_tensors((np.zeros((2, 28, 28, 3)), np.zeros(2))).repeat(3)
    with pytest.raises(
        ConfigError, match=r"training never changes the state bn1/mean, .*training=T"
    ):
        loop.train(
            state,
            forgetful_step,
            lambda epoch, skip: batches,
            evaluate=dict,
            save=lambda: saved.append(1),
            length=loop.RunLength(epochs=2, steps_per_epoch=3),
            quiet=True,
        )
    assert not saved
