"""The training step and the evaluation step, each one compiled graph."""

import tensorflow as tf

from lowlevel import replicas, seeds
from lowlevel.nets.network import Network
from lowlevel.training import step_checks
from lowlevel.training.activations import Activations
from lowlevel.training.compiled import Compiled
from lowlevel.training.recipe import Recipe
from lowlevel.training.state import TrainingState
from lowlevel.training.tasks import Task
from lowlevel.types import GraphFunction, Nest


def build_train_step(
    network: Network, task: Task, state: TrainingState, recipe: Recipe | Compiled, spec: Nest
) -> GraphFunction:
    """Compiles one step of training: forward, loss, gradients, update.

    What is frozen in the network's variables is neither differentiated nor updated.

    Args:
        network: a `lowlevel.nets.network.Network`.
        task: a `lowlevel.training.tasks.Task`.
        state: a `TrainingState` of the network's variables: its `step`, its `optimizer`.
        recipe: gives the seeds of dropout and changes gradients before the update, see
            `lowlevel.training.recipe`.
        spec: `tf.TensorSpec`s of a batch: inputs, targets, and weights `[batch]` if losses are to
            be multiplied by them before their mean. Their batch size is unknown, so that a short
            batch needs no second tracing.

    Returns:
        A `tf.function` of a batch that returns the `loss` and each metric of each example,
        float32 `[batch]`, computed before the update.

    Raises:
        ConfigError: on the first call, if the loss does not depend on one of the variables, is
            not one number for each example, or the network does not return a new value for
            some of its state.
    """
    trainable = network.variables.trainable()
    network_state = network.variables.updated_state()

    @tf.function(input_signature=spec, autograph=False)
    def train_step(inputs, targets, *weights):
        batch = inputs, targets, *weights
        losses, gradients, outputs, new_state = _differentiate(network, task, state, recipe, batch)
        gradients = recipe.change_gradients(gradients)
        with tf.control_dependencies([losses]):  # where there are none, nothing is assigned
            state.optimizer.apply(gradients, trainable, state.step)
            for name, variable in network_state.items():
                variable.assign(new_state[name])
            state.step.assign_add(1)
        return _per_example(task, targets, outputs, losses)

    return train_step


def build_finite_check(
    network: Network, task: Task, state: TrainingState, recipe: Recipe | Compiled, spec: Nest
) -> GraphFunction:
    """Compiles a look at the next step; arguments are those of `build_train_step`.

    Returns:
        A `tf.function` of a batch that returns whether "the loss" is finite, and each gradient,
        for example "the gradient of weights/c1", in the order of their layers. It updates nothing.
    """

    @tf.function(input_signature=spec, autograph=False)
    def finite_check(inputs, targets, *weights):
        batch = inputs, targets, *weights
        losses, gradients, _, _ = _differentiate(network, task, state, recipe, batch)
        parts = {f"the gradient of {name}": value for name, value in gradients.items()}
        parts = {"the loss": losses} | parts
        return {name: tf.reduce_all(tf.math.is_finite(value)) for name, value in parts.items()}

    return finite_check


def build_eval_step(network: Network, task: Task, spec: Nest) -> GraphFunction:
    """Compiles forward and loss without training; arguments are those of `build_train_step`.

    Returns:
        A `tf.function` of a batch that returns what the training step does.
    """

    @tf.function(input_signature=spec, autograph=False)
    def eval_step(inputs, targets, *weights):
        outputs = step_checks.check_outputs(network(inputs))
        losses = _weigh(task.loss(targets, outputs), *weights)
        return _per_example(task, targets, outputs, losses)

    return eval_step


def _differentiate(network, task, state, recipe, batch):
    """The losses of a batch, gradients of their mean by name, outputs, and new network state."""
    inputs, targets, *weights = batch
    trainable = network.variables.trainable()
    seed = seeds.derive(recipe.seed, "forward", state.step)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(list(trainable.values()))
        share = replicas.share_of_step(inputs)
        whole = recipe.synchronize_batch_norm
        with Activations() as activations, replicas.sharing(share, whole):
            result = network(inputs, training=True, seed=seed)
        state_before = network.variables.updated_state()
        outputs, new_state = step_checks.check_new_state(result, state_before)
        if not whole:  # all workers go on with the same moving averages
            new_state = replicas.mean_over_all(new_state)
        losses = _weigh((task.training_loss or task.loss)(targets, outputs), *weights)
        mean_loss = _mean_over_batch(losses, share)
    gradients, of_activations = tape.gradient(mean_loss, (trainable, activations))
    gradients = replicas.sum_over_all(step_checks.check_gradients(gradients))
    named = _name(gradients | of_activations)
    return losses, {name: named[name] for name in trainable}, outputs, new_state


def _mean_over_batch(losses, share):
    """The mean loss; of a batch that several processes share, this one's part of it."""
    if share is None:
        return tf.reduce_mean(losses)
    return tf.reduce_sum(losses) / tf.cast(share.whole, losses.dtype)


def _name(gradients):
    """Names gradients, to be looked at: "gradients/weights/c1", "gradients/c1/Relu".

    Those of activations cost nothing: TensorFlow leaves out what nobody looks at.
    """
    with tf.name_scope("gradients"):
        return {
            name: tf.identity(tf.convert_to_tensor(value), name)  # of an embedding: all rows
            for name, value in gradients.items()
            if value is not None
        }


def _weigh(losses, weights=None):
    step_checks.check_losses(losses)
    return losses if weights is None else losses * weights


def _per_example(task, targets, outputs, losses):
    values = {"loss": losses}
    for name, metric in task.metrics.items():
        numbers = step_checks.check_metric(name, metric(targets, outputs))
        values[name] = tf.cast(numbers, tf.float32)
    return values
