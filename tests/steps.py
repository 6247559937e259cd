"""Training steps for tests that put their own networks, losses and optimizers together."""

import dataclasses

import tensorflow as tf

from lowlevel.nets.network import Network
from lowlevel.training.compiled import Compiled
from lowlevel.training.state import TrainingState
from lowlevel.training.step import build_train_step
from lowlevel.training.tasks import LABELS, Task


def make_step(network, loss, optimizer, targets=LABELS, metrics=None, weighted=False, seed=0):
    """The compiled training step of a network, and its state.

    Args:
        network: a `Network`.
        loss, optimizer: as for `Model.compile`.
        targets: `tf.TensorSpec` of the targets.
        metrics: as for `Model.compile`.
        weighted: whether the step takes weights, too.
        seed: where dropout's seeds come from.
    """
    task = Task(loss, metrics or {})
    state = TrainingState(network.variables, optimizer, task.metric_names)
    recipe = Compiled(seed, optimizer, lambda gradients: gradients)
    weights = [tf.TensorSpec([None], tf.float32)] * weighted
    spec = [network.input_spec, targets, *weights]
    return build_train_step(network, task, state, recipe, spec), state


def with_forward(network, forward):
    """The same network with another function."""
    return dataclasses.replace(network, forward=forward)


def network_of(net, config, variables):
    """A `Network` of a module and variables that are there already."""

    def forward(inputs, training=False, seed=None):
        return net.forward(config, variables, inputs, training, seed)

    return Network(forward, variables, net.input_spec(config))
