"""Checks between steps: for numbers that are not finite, and for state that never changes."""

import math

import numpy as np

from lowlevel import variables
from lowlevel.checks import ConfigError, NonFiniteError
from lowlevel.training.state import TrainingState


def check_finite(state: TrainingState) -> None:
    """Raises NonFiniteError with the name of a variable or slot that is not finite."""
    variables.check_finite(state.tensors(), f" after step {int(state.step)}")


def check_any_step(state: TrainingState) -> None:
    """Raises NonFiniteError if all steps of the epoch were skipped, so that it has no loss."""
    if state.running["loss"].weight == 0:
        raise NonFiniteError(f"all steps of epoch {state.epoch + 1} were skipped")


def check_evaluation(state: TrainingState) -> None:
    """Raises NonFiniteError if a metric over held-out data is not a finite number."""
    for name, mean in state.evaluation.items():
        if not math.isfinite(mean.result()):
            raise NonFiniteError(
                f"the {name} of the evaluation is not finite after step {int(state.step)}"
            )


def values_of_state(state: TrainingState) -> tuple[int, dict[str, np.ndarray]]:
    """The step and the network's state as arrays, for `check_state_changed`."""
    return int(state.step), variables.values(state.variables.updated_state())


def check_state_changed(before: tuple[int, dict[str, np.ndarray]], state: TrainingState) -> None:
    """Raises ConfigError if training has left all of the network's state unchanged."""
    old_step, old_values = before
    new_values = variables.values(state.variables.updated_state())
    if not new_values or int(state.step) == old_step:
        return
    if all(np.array_equal(old_values[name], new_values[name]) for name in new_values):
        raise ConfigError(
            f"training never changes the state {', '.join(new_values)}: pass training=True on to "
            f"the network, and assign the new values that it returns."
        )
