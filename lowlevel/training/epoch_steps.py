"""The steps of an epoch, and what is due between one call of the compiled loop and the next."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import tensorflow as tf

from lowlevel import cluster
from lowlevel.checks import DataError
from lowlevel.data import pipeline
from lowlevel.progress import Progress
from lowlevel.training import loop_checks
from lowlevel.training.hook import HookList
from lowlevel.training.nonfinite import NonFiniteGuard
from lowlevel.training.pace import Pace
from lowlevel.training.saves import Saves

if TYPE_CHECKING:
    from lowlevel.training.loop import RunLength
    from lowlevel.training.run import Run


class EpochSteps:
    """Makes the steps of one epoch after another.

    Attributes:
        saves: the `Saves` of the run.
    """

    def __init__(
        self,
        run: "Run",
        length: "RunLength",
        hooks: HookList,
        should_stop: Callable[[], bool],
        quiet: bool,
    ) -> None:
        """Takes the arguments of `lowlevel.training.loop.train`; `hooks` is a `HookList`."""
        self.saves = Saves(run, length.on_save_error)
        self._run, self._length, self._hooks = run, length, hooks
        self._should_stop, self._quiet = should_stop, quiet
        self._guard = NonFiniteGuard(run, self.saves, length.on_nonfinite)
        self._pace = Pace()
        self._cluster = cluster.current()

    def make(self) -> bool:
        """Makes the remaining steps of the current epoch; returns whether it reached the end.

        Raises:
            NonFiniteError, DataError, CheckpointError: as for `lowlevel.training.loop.train`.
            RolledBackError: the run has gone back to its last checkpoint.
        """
        state, length = self._run.state, self._length
        step, start = int(state.step), state.epoch_start
        end = start + self._run.steps_per_epoch
        stop = end if length.max_steps is None else min(end, length.max_steps)
        if step < stop:
            self._make_steps = self._run.make_steps
            self._batches = self._run.data.iterator(state, self._run.recipe)
            self._guard.copy_state()
        title = f"epoch {state.epoch + 1}/{length.epochs}"
        with Progress(title, stop - start, step - start, self._quiet) as progress:
            while step < stop and not self._cluster.any(self._should_stop()):
                self.saves.check()
                self._advance(step, stop)
                made, step = int(state.step) - step, int(state.step)
                progress.advance(f"loss {state.running['loss'].result():.4f}", made)
                if made and length.save_every and step % length.save_every == 0 and step < stop:
                    loop_checks.check_finite(state)
                    self.saves.begin()
        return step == end

    def _advance(self, step, stop):
        """Makes one call, and adds its steps to the run, if they are good."""
        run, guard, began = self._run, self._guard, time.monotonic()
        if guard.bad_step == step + 1:
            guard.answer()
            self._batches = run.data.iterator(run.state, run.recipe)
            return
        count, copies = self._cluster.agree([self._count(step, stop), guard.has_old_copy()])
        if copies:
            guard.copy_state()
        self._hooks.on_batch_begin(step)
        sums, finite = self._call(self._batches, int(count))
        if not finite:
            guard.go_back(self._call, step, len(sums["loss"]))
            self._batches = run.data.iterator(run.state, run.recipe)
            return
        run.state.add(sums)
        self._hooks.on_batches_end(step, sums)
        seconds = time.monotonic() - began
        run.state.seconds += seconds
        self._pace.measure(len(sums["loss"]), seconds)

    def _count(self, step, stop):
        """How many steps the next call is to make."""
        if self._hooks.wants_every_step:
            return 1
        ends = [stop, step + self._pace.steps]
        if self._length.save_every:
            ends.append(step + self._length.save_every - step % self._length.save_every)
        if self._guard.bad_step is not None:
            ends.append(self._guard.bad_step - 1)
        return min(ends) - step

    def _call(self, batches, count):
        """Makes steps; returns their sums as arrays and a bool, see `build_step_loop`."""
        try:
            with pipeline.blame_batch():
                sums, finite = self._make_steps(batches, tf.constant(count))
        except cluster.LOST as error:
            if self._cluster.is_alone:
                raise
            raise cluster.lost() from error
        except tf.errors.OutOfRangeError:
            raise DataError("the dataset contains no batches.") from None  # it would repeat others
        return {name: values.numpy() for name, values in sums.items()}, bool(finite)
