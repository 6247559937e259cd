"""The training loop, with an evaluation after each epoch, and the evaluation loop."""

import dataclasses
import math
import time

import tensorflow as tf

from lowlevel import metrics
from lowlevel.checks import DataError, NonFiniteError
from lowlevel.data import pipeline
from lowlevel.progress import Progress
from lowlevel.training import loop_checks
from lowlevel.training.hook import HookList
from lowlevel.training.pace import Pace
from lowlevel.training.saves import Saves


@dataclasses.dataclass(frozen=True)
class RunLength:
    """How long to train and how often to save.

    Attributes:
        epochs: number of epochs in the run.
        max_steps: stop after this many steps in all, or None.
        save_every: save whenever the step is a multiple of this, or None; the run is always saved
            at the end of an epoch.
        on_save_error: "stop" or "continue": whether a save that fails ends training, see
            `lowlevel.training.saves`.
    """

    epochs: int
    max_steps: int | None = None
    save_every: int | None = None
    on_save_error: str = "stop"


def train(run, length, hooks=(), should_stop=lambda: False, quiet=False):
    """Trains from the run's current step to its end, its `max_steps`, or a stop.

    Args:
        run: a `lowlevel.training.run.Run`.
        length: a `RunLength`.
        hooks: `lowlevel.training.hooks.Hook`s; at the end of an epoch they are called before the
            run is saved. It is saved in the background; the last save is on disk at the end.
        should_stop: function called before each call of the compiled loop, several times a second.
        quiet: show no progress.

    Raises:
        NonFiniteError: the loss or a variable is not finite; the run is not saved.
        ConfigError: an epoch has left the network's state unchanged; the run is not saved.
        DataError: a batch cannot be computed, for example because a label is out of range.
        CheckpointError: a save has failed, which is raised at the next call of the compiled loop;
            or another process trains in the directory.
    """
    state, hooks, pace = run.state, HookList(hooks), Pace()
    saves = Saves(run, length.on_save_error)
    run.lock()
    try:
        hooks.on_train_begin(state)
        while state.epoch < length.epochs and not hooks.stop:
            before = loop_checks.values_of_state(state)
            hooks.on_epoch_begin(state.epoch)
            at_end_of_epoch = _make_steps(run, length, hooks, should_stop, pace, saves, quiet)
            loop_checks.check_finite(state)
            loop_checks.check_state_changed(before, state)
            if not at_end_of_epoch:
                saves.begin()
                break
            if run.data.held_out is not None:
                state.evaluation = run.evaluate(run.data.held_out)
                loop_checks.check_evaluation(state)
            saves.finish()  # so that no hook is more than one save ahead of the run
            try:
                hooks.on_epoch_end(state.finish_epoch())
            except OSError:  # of a hook that prints: what was trained is not lost for it
                saves.begin()
                raise
            saves.begin()
    except NonFiniteError:
        hooks.on_train_end(state)
        raise
    finally:
        try:
            saves.end()
        finally:
            run.unlock()
    hooks.on_train_end(state)


def _make_steps(run, length, hooks, should_stop, pace, saves, quiet):
    """Makes the remaining steps of the current epoch; returns whether it reached the end."""
    state, step = run.state, int(run.state.step)
    end = state.epoch_start + run.steps_per_epoch
    stop = end if length.max_steps is None else min(end, length.max_steps)
    title = f"epoch {state.epoch + 1}/{length.epochs}"
    done = step - state.epoch_start
    make_steps = run.make_steps
    batches = run.data.iterator(state, run.recipe) if step < stop else None
    with Progress(title, stop - state.epoch_start, done, quiet) as progress:
        while step < stop and not should_stop():
            saves.check()
            start = time.monotonic()
            count = 1 if hooks.wants_every_step else min(pace.steps, stop - step)
            if length.save_every:
                count = min(count, length.save_every - step % length.save_every)
            hooks.on_batch_begin(step)
            sums = _call(make_steps, batches, count)
            state.add(sums)
            hooks.on_batches_end(step, sums)
            made = len(sums["loss"])
            step += made
            if not math.isfinite(state.running["loss"].total):
                raise NonFiniteError(f"the loss is not finite at step {step}")
            seconds = time.monotonic() - start
            state.seconds += seconds
            pace.measure(made, seconds)
            progress.advance(f"loss {state.running['loss'].result():.4f}", made)
            if length.save_every and step % length.save_every == 0 and step < stop:
                loop_checks.check_finite(state)
                saves.begin()
    return step == end


def _call(make_steps, batches, count):
    """Makes steps; returns their sums as arrays, see `build_step_loop`."""
    try:
        with pipeline.blame_batch():
            sums = make_steps(batches, tf.constant(count))
    except tf.errors.OutOfRangeError:
        raise DataError("the dataset contains no batches.") from None  # it would repeat others
    return {name: values.numpy() for name, values in sums.items()}


def evaluate(eval_step, batches, quiet=True):
    """The mean of each metric over all examples of the batches.

    Args:
        eval_step: function of the elements of a batch, see `build_eval_step`.
        batches: a `tf.data.Dataset` of tuples of its arguments.
        quiet: show no progress.

    Returns:
        A `Mean` of each metric by name, for example `loss` and `accuracy`.

    Raises:
        DataError: there are no batches, or a batch cannot be computed.
        ConfigError: the batches never end.
    """
    means = {}
    progress = Progress("evaluating", pipeline.length(batches), quiet=quiet)
    with progress, pipeline.blame_batch():
        for batch in batches:
            for name, value in eval_step(*batch).items():
                means.setdefault(name, metrics.Mean()).update(value)
            progress.advance()
    if not means:
        raise DataError("there are no examples to evaluate.")
    return means
