"""Numbers that go wrong: the first bad step is found, named, undone and answered.

A step itself checks no more than its loss, so it is as fast as without. The variables are looked at
once in each call of the compiled loop, at its end. If one is not finite, the run goes back to a
copy of its state and makes the same steps again, the last of them one by one.
"""

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from lowlevel import variables
from lowlevel.checks import ConfigError, NonFiniteError, check_choice
from lowlevel.data import pipeline
from lowlevel.training import loop_checks
from lowlevel.training.policies import ON_NONFINITE
from lowlevel.training.saves import Saves

if TYPE_CHECKING:
    from lowlevel.training.run import Run

MOST_ROLLBACKS = 3
SECONDS_BETWEEN_COPIES = 10


class RolledBackError(Exception):
    """The run has gone back to its last checkpoint."""


class NonFiniteGuard:
    """Watches the steps of a run for a loss or a variable that is not finite.

    Attributes:
        bad_step: the number of the next bad step, from 1, if it is known, else None.
    """

    def __init__(self, run: "Run", saves: Saves, policy: str = "stop") -> None:
        """Takes a run and what to do before a bad step.

        Args:
            run: a `lowlevel.training.run.Run`.
            saves: its `Saves`.
            policy: "stop" saves the run and ends training; "skip" leaves the step out; "rollback"
                goes back to the last checkpoint and on in another order, three times at most.

        Raises:
            ConfigError: the policy is unknown, or the run cannot follow it.
        """
        self._run, self._saves = run, saves
        self._policy = check_choice("on_nonfinite", policy, ON_NONFINITE)
        if policy != "stop" and run.data.train.count is None:
            raise ConfigError(f"on_nonfinite={policy!r} needs examples that can be read again.")
        if policy == "rollback" and (run.directory is None or run.data.shuffled_by is None):
            raise ConfigError("on_nonfinite='rollback' needs a run that is saved and shuffles.")
        self.bad_step: int | None = None

    def copy_state(self) -> None:
        """Copies the run's state, as at the start of an epoch."""
        self._copy = variables.values(self._run.state.tensors())
        self._time_of_copy = time.monotonic()

    def has_old_copy(self) -> bool:
        """Whether the run's state should be copied again before the next call."""
        return time.monotonic() - self._time_of_copy > SECONDS_BETWEEN_COPIES

    def go_back(self, make_steps: Callable, step: int, made: int) -> None:
        """Sets `bad_step`, and gives the run the state that it had after `step` steps.

        Args:
            make_steps: function of an iterator of batches and a count that makes steps.
            step: the number of steps before the call that went wrong.
            made: how many steps the call has made.

        Raises:
            NonFiniteError: the steps cannot be made again, so the state is that of the last copy.
        """
        state = self._run.state
        self._restore()
        where = f"at step {step + 1}" if made == 1 else f"in steps {step + 1} to {step + made}"
        if self._run.data.train.count is None:
            raise NonFiniteError(f"a number is not finite {where}")
        batches = self._run.data.iterator(state, self._run.recipe)
        while int(state.step) < step:
            make_steps(batches, step - int(state.step))
        self.copy_state()
        for number in range(step + 1, step + made + 1):
            _, finite = make_steps(batches, 1)
            if not finite:
                self.bad_step = number
                break
        self._restore()
        if self.bad_step is None:  # on a GPU whose results are not determined
            raise NonFiniteError(f"a number is not finite {where}, and is when they are repeated")

    def answer(self) -> None:
        """Does what the policy says, right before the bad step.

        Raises:
            NonFiniteError: training is to end.
            RolledBackError: the run has gone back to its last checkpoint.
        """
        run, state, step, self.bad_step = self._run, self._run.state, self.bad_step, None
        loop_checks.check_finite(state)  # else no later step could be better
        what = f"{self._first_not_finite()} is not finite at step {step}"
        if self._policy == "skip":
            state.step.assign_add(1)
            state.skipped += 1
            self.copy_state()
            print(f"{what}: the step is skipped.", file=sys.stderr)
        elif self._policy == "rollback" and state.rollbacks < MOST_ROLLBACKS:
            print(f"{what}: back to the last checkpoint.", file=sys.stderr)
            run.roll_back()
            raise RolledBackError
        else:
            if self._policy == "rollback":
                what += f", after {MOST_ROLLBACKS} ways back to a checkpoint"
            self._saves.begin()
            raise NonFiniteError(what)

    def _first_not_finite(self):
        """The loss of the next step, or the first gradient on the way back from the loss."""
        batch = next(iter(self._run.batches()))
        with pipeline.blame_batch():  # XLA makes NaN of labels beyond the classes
            finite = {name: bool(ok) for name, ok in self._run.finite_check(*batch).items()}
        loss, *gradients = finite
        found = [name for name in (loss, *reversed(gradients)) if not finite[name]]
        return found[0] if found else "an update"

    def _restore(self):
        for name, variable in self._run.state.tensors().items():
            variable.assign(self._copy[name])
