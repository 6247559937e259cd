"""The loops: epochs of training steps with an evaluation after each, and the evaluation."""

import dataclasses
import math
import time

import numpy as np
import tensorflow as tf

from lowlevel import metrics
from lowlevel.checks import ConfigError, DataError, NonFiniteError, reason_in_graph
from lowlevel.data import pipeline
from lowlevel.progress import Progress


@dataclasses.dataclass(frozen=True)
class RunLength:
    """How long to train and how often to save.

    Attributes:
        epochs: how many epochs the run has.
        steps_per_epoch: batches in an epoch, the short last one included.
        max_steps: stop after this many steps in all, or None.
        save_every: save each time the step is a multiple of this, or None; the end of each epoch
            is saved in any case.
    """

    epochs: int
    steps_per_epoch: int
    max_steps: int | None = None
    save_every: int | None = None


def train(
    state,
    train_step,
    batches,
    evaluate,
    save,
    length,
    should_stop=lambda: False,
    hooks=(),
    quiet=False,
):
    """Trains from wherever `state` is until the run's end, its `max_steps`, or a stop.

    Args:
        state: a `TrainingState`.
        train_step: function of what a batch holds, see `build_train_step`.
        batches: function of (epoch, steps of it to skip) that returns an iterable of batches, each
            a tuple of arguments for the step.
        evaluate: function that returns a `Mean` of each metric over held-out data, by name; none
            if there is no such data.
        save: function that saves the state; called after each epoch, and as the length says.
        length: a `RunLength`.
        should_stop: asked before each step.
        hooks: `lowlevel.training.hooks.Hook`s; at the end of an epoch they are called before it is
            saved.
        quiet: show no progress.

    Raises:
        NonFiniteError: the loss or a variable is not finite; nothing is saved then.
        ConfigError: an epoch has changed nothing of the network's state; nothing is saved then.
    """
    for hook in hooks:
        hook.on_train_begin(state)
    try:
        _train_epochs(state, train_step, batches, evaluate, save, length, should_stop, hooks, quiet)
    except NonFiniteError:
        for hook in hooks:
            hook.on_train_end(state)
        raise
    for hook in hooks:
        hook.on_train_end(state)


def _train_epochs(state, train_step, batches, evaluate, save, length, should_stop, hooks, quiet):
    while state.epoch < length.epochs and not any(hook.stop for hook in hooks):
        network_state = state.variables.updated_state()
        old_state = {name: value.numpy() for name, value in network_state.items()}
        old_step = int(state.step)
        at_end_of_epoch = _train_epoch(
            state, train_step, batches, save, length, should_stop, hooks, quiet
        )
        _check_finite(state)
        if int(state.step) > old_step:
            _check_state_changed(old_state, network_state)
        if not at_end_of_epoch:
            save()
            break
        evaluation = evaluate()
        for name, mean in evaluation.items():
            if not math.isfinite(mean.result()):
                raise NonFiniteError(
                    f"the {name} of the evaluation is not finite after step {int(state.step)}"
                )
        row = _finish_epoch(state, evaluation)
        for hook in hooks:
            hook.on_epoch_end(row)
        save()


def _finish_epoch(state, evaluation):
    row = {
        "epoch": state.epoch + 1,
        "step": int(state.step),
        **{name: mean.result() for name, mean in state.running.items()},
        **{f"val_{name}": mean.result() for name, mean in evaluation.items()},
        "learning_rate": float(state.optimizer.learning_rate(state.step - 1)),
        "seconds": round(state.seconds, 3),
    }
    state.history.append(row)
    state.running = {name: metrics.Mean() for name in state.running}
    state.seconds = 0.0
    return row


def _train_epoch(state, train_step, batches, save, length, should_stop, hooks, quiet):
    """Makes the steps left of the current epoch; returns whether it reached the epoch's end."""
    epoch, start = state.epoch, state.epoch_start
    step = int(state.step)
    end = start + length.steps_per_epoch
    stop = end if length.max_steps is None else min(end, length.max_steps)
    description = f"epoch {epoch + 1}/{length.epochs}"
    for hook in hooks:
        hook.on_epoch_begin(epoch)
    with Progress(description, stop - start, step - start, quiet) as progress:
        clock = time.monotonic()
        for batch in batches(epoch, step - start) if step < stop else ():
            if should_stop():
                break
            for hook in hooks:
                hook.on_batch_begin(step)
            result = _run(train_step, batch)
            for name, values in result.items():
                state.running[name].update(values)
            step += 1
            for hook in hooks:
                hook.on_batch_end(step, result)
            if not math.isfinite(state.running["loss"].total):
                raise NonFiniteError(f"the loss is not finite at step {step}")
            now = time.monotonic()
            state.seconds += now - clock
            clock = now
            progress.advance(f"loss {state.running['loss'].result():.4f}")
            if step == stop:
                break
            if length.save_every and step % length.save_every == 0:
                _check_finite(state)
                save()
    return step == end


def _run(step, batch):
    """What a step returns. Raises DataError for impossible data, as a label beyond the classes."""
    try:
        return step(*batch)
    except tf.errors.InvalidArgumentError as error:
        raise DataError(f"a batch cannot be computed: {reason_in_graph(error)}.") from error


def _check_finite(state):
    """Raises NonFiniteError, naming the variable or slot, if a step has made one useless."""
    for name, variable in state.tensors().items():
        if not np.isfinite(variable.numpy()).all():
            raise NonFiniteError(f"{name} is not finite after step {int(state.step)}")


def _check_state_changed(old_state, state):
    """Raises ConfigError if there is state and training has left all of it as it was."""
    if state and all(np.array_equal(old_state[name], state[name].numpy()) for name in state):
        raise ConfigError(
            f"training never changes the state {', '.join(state)}: pass training=True on to the "
            f"network, and assign the new values that it hands back."
        )


def evaluate(eval_step, batches, quiet=True):
    """Mean of each metric over all examples of the batches.

    Args:
        eval_step: function of what a batch holds, see `build_eval_step`.
        batches: a `tf.data.Dataset` of tuples of its arguments.
        quiet: show no progress.

    Returns:
        A `Mean` of each metric, by name, such as `loss` and `accuracy`.

    Raises:
        DataError: there are no batches.
        ConfigError: they never end.
    """
    means = {}
    with Progress("evaluating", pipeline.length(batches), quiet=quiet) as progress:
        for batch in batches:
            for name, values in _run(eval_step, batch).items():
                means.setdefault(name, metrics.Mean()).update(values)
            progress.advance()
    if not means:
        raise DataError("there are no examples to evaluate on.")
    return means
