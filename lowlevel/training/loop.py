"""The training loop, with an evaluation after each epoch, and the evaluation loop."""

import dataclasses
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from lowlevel import cluster, metrics
from lowlevel.checks import ConfigError, DataError, NonFiniteError
from lowlevel.data import pipeline
from lowlevel.metrics import Mean
from lowlevel.progress import Progress
from lowlevel.training import loop_checks
from lowlevel.training.epoch_steps import EpochSteps
from lowlevel.training.hook import Hook, HookList
from lowlevel.training.nonfinite import RolledBackError
from lowlevel.types import Nest

if TYPE_CHECKING:
    from lowlevel.training.run import Run


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
        on_nonfinite: "stop", "skip" or "rollback": what to do about a step whose loss or gradient
            is not finite, see `lowlevel.training.nonfinite`.
    """

    epochs: int
    max_steps: int | None = None
    save_every: int | None = None
    on_save_error: str = "stop"
    on_nonfinite: str = "stop"


def train(
    run: "Run",
    length: RunLength,
    hooks: Iterable[Hook] = (),
    should_stop: Callable[[], bool] = lambda: False,
    quiet: bool = False,
) -> None:
    """Trains from the run's current step to its end, its `max_steps`, or a stop.

    Args:
        run: a `lowlevel.training.run.Run`.
        length: a `RunLength`.
        hooks: `lowlevel.training.hooks.Hook`s; at the end of an epoch they are called before the
            run is saved. It is saved in the background; the last save is on disk at the end.
        should_stop: function called before each call of the compiled loop, several times a second.
        quiet: show no progress.

    Raises:
        NonFiniteError: the loss, a gradient or a variable is not finite. If a step was to blame,
            the run is as it was before that step, and saved.
        ConfigError: an epoch has left the network's state unchanged; the run is not saved. Or the
            run has a directory but was not opened, or the length is no `RunLength`, or not that of
            all workers.
        DataError: a batch cannot be computed, for example because a label is out of range.
        CheckpointError: a save has failed, which is raised at the next call of the compiled loop;
            or another process trains in the directory.
    """
    if not isinstance(length, RunLength):
        raise ConfigError(f"the length must be a RunLength, such as RunLength(5), not {length!r}.")
    cluster.current().check_alike("length of the run", repr(length))
    state, all_hooks = run.state, HookList(hooks)
    epoch_steps = EpochSteps(run, length, all_hooks, should_stop, quiet)
    saves = epoch_steps.saves
    run.lock()
    try:
        if length.on_nonfinite == "rollback" and not run.directory.checkpoints():
            saves.begin()
        all_hooks.on_train_begin(state)
        while state.epoch < length.epochs and not all_hooks.stop:
            before = loop_checks.values_of_state(state)
            all_hooks.on_epoch_begin(state.epoch)
            try:
                at_end_of_epoch = epoch_steps.make()
            except RolledBackError:
                continue
            loop_checks.check_finite(state)
            loop_checks.check_state_changed(before, state)
            if not at_end_of_epoch:
                saves.begin()
                break
            loop_checks.check_any_step(state)
            if run.data.held_out is not None:
                state.evaluation = run.evaluate(run.data.held_out)
                loop_checks.check_evaluation(state)
            saves.finish()  # so that no hook is more than one save ahead of the run
            try:
                all_hooks.on_epoch_end(state.finish_epoch())
            except OSError:  # of a hook that prints: what was trained is not lost for it
                saves.begin()
                raise
            saves.begin()
    except NonFiniteError:
        all_hooks.on_train_end(state)
        raise
    finally:
        try:
            saves.end()
        finally:
            run.unlock()
    all_hooks.on_train_end(state)


def predict(
    predict_step: Callable, batches: Iterable, count: int | None, quiet: bool = True
) -> Nest:
    """The outputs for all examples of the batches: an array, or a nest of arrays.

    Args:
        predict_step: function of the inputs of a batch.
        batches: an iterable of inputs.
        count: how many batches there are, or None.
        quiet: show no progress.

    Raises:
        DataError: there are no batches, or one cannot be computed.
    """
    chunks = []
    with Progress("predicting", count, quiet=quiet) as progress, pipeline.blame_batch():
        for inputs in batches:
            chunks.append(predict_step(inputs))
            progress.advance()
    if not chunks:
        raise DataError("the dataset contains no batches.")
    return tf.nest.map_structure(lambda *parts: np.concatenate(parts), *chunks)


def evaluate(eval_step: Any, batches: Iterable, quiet: bool = True) -> dict[str, Mean]:
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
            if len(tf.nest.flatten(batch)[0]) == 0:  # there are more workers than examples
                continue
            for name, value in eval_step(*batch).items():
                means.setdefault(name, metrics.Mean()).update(value)
            progress.advance()
    if not means and not cluster.current().is_alone:  # others have examples
        means = {name: Mean() for name in eval_step.get_concrete_function().structured_outputs}
    if not means:
        raise DataError("there are no examples to evaluate.")
    return _sum_over_workers(means)


def _sum_over_workers(means):
    """The means over the shares of all workers."""
    sums = [number for mean in means.values() for number in (mean.total, mean.weight)]
    sums = cluster.current().sums(sums)
    pairs = zip(sums[::2], sums[1::2], strict=True)
    return {name: Mean(*pair) for name, pair in zip(means, pairs, strict=True)}
