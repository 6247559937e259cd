"""The graph of a network's training step for one example, taken apart into forward and backward."""

import dataclasses
from collections.abc import Iterable
from typing import Any

import tensorflow as tf

from lowlevel import nets
from lowlevel.checks import ConfigError
from lowlevel.training import tasks
from lowlevel.training.recipe import Recipe
from lowlevel.training.state import TrainingState
from lowlevel.training.step import build_train_step
from lowlevel.types import Tensor

OPEN_SIZE = 50  # stands for a size that is not fixed, such as the words of a sentence
RECIPE = Recipe(optimizer="sgd")  # the update is no part of what is told here


@dataclasses.dataclass(frozen=True)
class StepGraph:
    """The operations of a step, in the order of the graph.

    Attributes:
        inputs: the tensor of inputs, `[1, ...]`.
        network: what computes the outputs from them.
        forward: what computes the loss and the metrics: the network, and what comes after it.
        backward: what computes the gradients from the forward part.
    """

    inputs: Tensor
    network: list
    forward: list
    backward: list


def of_net(net_name: str, config: Any, precision: str = "float32") -> StepGraph:
    """The training step of a network of the registry, compiled for a batch of one example.

    Half an autoencoder, which has no task, is given the mean square of its outputs as a loss.

    Args:
        net_name: a name in `lowlevel.nets.NETS`.
        config: its config.
        precision: "float32" or "bfloat16".

    Raises:
        ConfigError: the network is unknown.
    """
    nets.get(net_name)
    try:
        task = tasks.of_net(net_name, config)
    except ConfigError:
        task = tasks.Task(_mean_square, target_spec=tf.TensorSpec([None], tf.float32))
    outputs = []

    def forward(inputs, training=False, seed=None):
        result = network.forward(inputs, training, seed)
        outputs.append(result[0])
        return result

    with tf.Graph().as_default():  # in which variables are made without numbers
        network = nets.make(net_name, config, RECIPE.seed, precision)
        watched = dataclasses.replace(network, forward=forward)
        state = TrainingState(network.variables, RECIPE.make_optimizer(), task.metric_names)
        inputs = one_example(network.input_spec)
        targets = inputs if task.target_spec is None else one_example(task.target_spec)
        step = build_train_step(watched, task, state, RECIPE, [inputs, targets])
        concrete = step.get_concrete_function()
    operations = concrete.graph.get_operations()
    gradients = [op.outputs[0] for op in operations if op.name.startswith("gradients/")]
    computed = _needed(concrete.outputs)
    parts = (_needed(outputs), computed, _needed(gradients) - computed)
    return StepGraph(
        concrete.inputs[0],
        *([operation for operation in operations if operation.name in part] for part in parts),
    )


def one_example(spec: tf.TensorSpec) -> tf.TensorSpec:
    """The spec of a batch of one example, its open sizes set to `OPEN_SIZE`."""
    sizes = [OPEN_SIZE if size is None else size for size in spec.shape[1:]]
    return tf.TensorSpec([1, *sizes], spec.dtype, spec.name)


def _mean_square(_, outputs):
    return tf.reduce_mean(tf.square(tf.reshape(outputs, [tf.shape(outputs)[0], -1])), axis=1)


def _needed(tensors: Iterable[Any]) -> set[str]:
    """The names of all operations that these tensors are computed by."""
    needed, waiting = set(), [tensor.op for tensor in tensors]
    while waiting:
        operation = waiting.pop()
        if operation.name not in needed:
            needed.add(operation.name)
            waiting += [tensor.op for tensor in operation.inputs]
    return needed
