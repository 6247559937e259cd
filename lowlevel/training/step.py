"""The training step and the evaluation step, each one compiled graph."""

import tensorflow as tf

from lowlevel import metrics, seeds
from lowlevel.checks import ConfigError

LABELS = tf.TensorSpec([None], tf.int32, name="labels")


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
):
    """Compiles one step of training: forward, loss, gradients, update.

    Args:
        forward: function of (inputs, training, seed) that returns outputs and a dict of new values
            for `variables.state`, see `lowlevel.nets`.
        loss: function of (labels, outputs) that returns one float32 for each example.
        variables: the `VariableStore` to train.
        optimizer: an `Optimizer`, already built.
        step: int64 variable: how many steps have been made. The step adds one.
        input_spec: `tf.TensorSpec` of the inputs, its batch size unknown, so that a short batch
            needs no second tracing.
        run_seed: where dropout's seeds come from.
        compute_dtype: what inputs are cast to, and so what the network computes in.
        combine_gradients: function from the dict of this batch's gradients to the one to apply.

    Returns:
        A `tf.function` of (inputs, labels) that returns, for each example, its `loss` (float32
        `[batch]`) and its `accuracy` (float32 `[batch]`, 0 or 1), as they were before the update.

    Raises:
        ConfigError: on the first call, if the loss does not depend on one of the variables.
    """
    trainable = variables.trainable()

    @tf.function(input_signature=[input_spec, LABELS])
    def train_step(inputs, labels):
        seed = seeds.derive(run_seed, "forward", step)
        with tf.GradientTape() as tape:
            outputs, new_state = forward(tf.cast(inputs, compute_dtype), training=True, seed=seed)
            losses = loss(labels, outputs)
            mean_loss = tf.reduce_mean(losses)
        gradients = tape.gradient(mean_loss, trainable)
        unused = [name for name, gradient in gradients.items() if gradient is None]
        if unused:
            raise ConfigError(f"the loss does not depend on {', '.join(unused)}.")

        optimizer.apply(combine_gradients(gradients), trainable, step)
        for name, value in new_state.items():
            variables.state[name].assign(value)
        step.assign_add(1)
        return _per_example(labels, outputs, losses)

    return train_step


def build_eval_step(forward, loss, input_spec, compute_dtype=tf.float32):
    """Compiles forward and loss without training.

    Returns:
        A `tf.function` of (inputs, labels) that returns what the training step does.
    """

    @tf.function(input_signature=[input_spec, LABELS])
    def eval_step(inputs, labels):
        outputs = forward(tf.cast(inputs, compute_dtype))
        return _per_example(labels, outputs, loss(labels, outputs))

    return eval_step


def _per_example(labels, outputs, losses):
    correct = metrics.is_correct(labels, outputs)
    return {"loss": losses, "accuracy": tf.cast(correct, tf.float32)}
