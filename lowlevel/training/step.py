"""The training step and the evaluation step, each one compiled graph."""

import tensorflow as tf

from lowlevel import metrics, seeds
from lowlevel.checks import ConfigError

LABELS = tf.TensorSpec([None], tf.int32, name="labels")
WEIGHTS = tf.TensorSpec([None], tf.float32, name="weights")
CLASSIFICATION_METRICS = {"accuracy": metrics.is_correct}


def build_train_step(
    forward,
    loss,
    variables,
    optimizer,
    step,
    input_spec,
    run_seed,
    compute_dtype=tf.float32,
    combine_gradients=lambda gradients: gradients,
    target_spec=LABELS,
    metrics=CLASSIFICATION_METRICS,
    weighted=False,
):
    """Compiles one step of training: forward, loss, gradients, update.

    What is frozen in `variables` is neither differentiated nor updated.

    Args:
        forward: function of (inputs, training, seed) that returns outputs and a dict of new values
            for `variables.state`, see `lowlevel.nets`.
        loss: function of (targets, outputs) that returns one float32 for each example.
        variables: the `VariableStore` to train.
        optimizer: an `Optimizer`, already built.
        step: int64 variable: how many steps have been made. The step adds one.
        input_spec: `tf.TensorSpec` of the inputs, its batch size unknown, so that a short batch
            needs no second tracing; for several inputs, a dict or tuple of them.
        run_seed: where dropout's seeds come from.
        compute_dtype: what float inputs are cast to, and so what the network computes in.
        combine_gradients: function from the dict of this batch's gradients to the one to apply;
            `lowlevel.gradients` has some that clip.
        target_spec: `tf.TensorSpec` of the targets, such as labels, or a dict or tuple of them.
        metrics: by name, functions of (targets, outputs) that return one number for each example.
        weighted: whether the step takes a third argument, float32 `[batch]`, that the losses are
            multiplied by before their mean.

    Returns:
        A `tf.function` of (inputs, targets) that returns, for each example, its `loss` and each
        metric, float32 `[batch]`, as they were before the update.

    Raises:
        ConfigError: on the first call, if the loss does not depend on one of the variables, is
            not one number for each example, or `forward` hands back no new value for some of the
            state.
    """
    trainable = variables.trainable()
    state = variables.updated_state()

    @tf.function(input_signature=_signature(input_spec, target_spec, weighted), autograph=False)
    def train_step(inputs, targets, *weights):
        seed = seeds.derive(run_seed, "forward", step)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(list(trainable.values()))
            result = forward(cast(inputs, compute_dtype), training=True, seed=seed)
            outputs, new_state = _check_new_state(result, state)
            losses = _weigh(loss(targets, outputs), *weights)
            mean_loss = tf.reduce_mean(losses)
        gradients = tape.gradient(mean_loss, trainable)
        unused = [name for name, gradient in gradients.items() if gradient is None]
        if unused:
            raise ConfigError(f"the loss does not depend on {', '.join(unused)}.")
        with tf.name_scope("gradients"):  # so that they can be looked at by name
            gradients = {
                name: tf.identity(tf.convert_to_tensor(value), name)  # of an embedding: all rows
                for name, value in gradients.items()
            }

        optimizer.apply(combine_gradients(gradients), trainable, step)
        for name in state:
            state[name].assign(new_state[name])
        step.assign_add(1)
        return _per_example(targets, outputs, losses, metrics)

    return train_step


def build_eval_step(
    forward,
    loss,
    input_spec,
    compute_dtype=tf.float32,
    target_spec=LABELS,
    metrics=CLASSIFICATION_METRICS,
    weighted=False,
):
    """Compiles forward and loss without training.

    Returns:
        A `tf.function` of (inputs, targets) that returns what the training step does.
    """

    @tf.function(input_signature=_signature(input_spec, target_spec, weighted), autograph=False)
    def eval_step(inputs, targets, *weights):
        outputs = forward(cast(inputs, compute_dtype))
        if isinstance(outputs, tuple) and outputs and isinstance(outputs[-1], dict):
            raise ConfigError("forward must return outputs alone when it does not train.")
        return _per_example(targets, outputs, _weigh(loss(targets, outputs), *weights), metrics)

    return eval_step


def _signature(input_spec, target_spec, weighted):
    return [input_spec, target_spec] + [WEIGHTS] * weighted


def cast(inputs, dtype):
    """A nest of inputs with float tensors in another dtype; whole numbers stay as they are."""
    return tf.nest.map_structure(lambda x: tf.cast(x, dtype) if x.dtype.is_floating else x, inputs)


def _weigh(losses, weights=None):
    if losses.shape.rank not in (1, None):
        raise ConfigError(
            f"a loss must be one number for each example, [batch], not {losses.shape}."
        )
    return losses if weights is None else losses * weights


def _check_new_state(result, state):
    """Refuses the commonest mistake with batch norm: a network run as if it were not training."""
    if not (isinstance(result, tuple) and len(result) == 2 and isinstance(result[1], dict)):
        raise ConfigError(
            "forward must return outputs and a dict of new state when it trains; "
            "pass training=True on to the network."
        )
    new_state = result[1]
    unchanged = [name for name, old in state.items() if new_state.get(name, old) is old]
    if unchanged:
        raise ConfigError(
            f"training would never change the state {', '.join(unchanged)}: forward hands back no "
            f"new value for it; pass training=True on to the network."
        )
    return result


def _per_example(targets, outputs, losses, metrics):
    values = {name: metric(targets, outputs) for name, metric in metrics.items()}
    return {"loss": losses} | {name: tf.cast(value, tf.float32) for name, value in values.items()}
