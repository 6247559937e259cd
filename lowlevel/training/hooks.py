"""What can be done between the steps of a run: the moments, and ready hooks for them.

Hooks keep nothing that a stopped run would lose: what they need of the past, they read in
`state.history`.
"""

import csv
import math
from pathlib import Path

from lowlevel import variables
from lowlevel.checks import (
    CheckpointError,
    ConfigError,
    check_choice,
    check_integer,
    check_number,
    reason_of,
)
from lowlevel.training.run_directory import RunDirectory
from lowlevel.training.tensorboard import TensorBoard


class Hook:
    """Does nothing at each moment; a subclass overrides those it needs.

    Attributes:
        stop: whether training is to end; asked at its beginning and after each epoch.
    """

    stop = False

    def on_train_begin(self, state):
        """Before the first step; `state` is the `TrainingState`, the same for the whole run."""

    def on_train_end(self, state):
        """After the last step, also when a run is stopped early."""

    def on_epoch_begin(self, epoch):
        """Before an epoch, counted from 0."""

    def on_epoch_end(self, row):
        """After an epoch, its evaluation included; `row` is its part of `state.history`."""

    def on_batch_begin(self, step):
        """Before a step; `step` is how many have been made."""

    def on_batch_end(self, step, values):
        """After a step; `step` counts it, and `values` is what it returned."""


class EarlyStopping(Hook):
    """Ends training when a figure has not become better for some epochs.

    Args:
        monitor: name of the figure in a row of the history.
        patience: epochs without a better one after which training ends.
        min_delta: by how much a figure must be better to count.
        mode: "min" or "max": which is better; None takes "max" for names with "accuracy" or
            "precision" in them.
    """

    def __init__(self, monitor="val_loss", patience=0, min_delta=0.0, mode=None):
        self.monitor = monitor
        self.patience = check_integer("patience", patience, 0)
        self.min_delta = check_number("min_delta", min_delta, 0, math.inf)
        self.mode = _mode(monitor, mode)

    def on_train_begin(self, state):
        self._history = state.history
        self._decide()  # a run that is resumed may have stopped before

    def on_epoch_end(self, row):
        self._decide()

    def _decide(self):
        waited = _epochs_without_better(self._history, self.monitor, self.mode, self.min_delta)
        self.stop = waited >= max(self.patience, 1)


class BestKeeper(Hook):
    """Keeps the variables of the best epoch in memory, and gives them back at the end.

    Args:
        monitor, mode: as for `EarlyStopping`.
        restore: whether the network has them again when training ends.

    Attributes:
        best: the best figure so far, or None.
        variables: arrays by variable name, as they were then.
    """

    def __init__(self, monitor="val_loss", mode=None, restore=True):
        self.monitor = monitor
        self.mode = _mode(monitor, mode)
        self.restore = restore
        self.best = None
        self.variables = {}

    def on_train_begin(self, state):
        self._all = state.variables.all()

    def on_epoch_end(self, row):
        value = _figure(row, self.monitor)
        if _is_better(value, self.best, self.mode):
            self.best = value
            self.variables = variables.values(self._all)

    def on_train_end(self, state):
        if self.restore and self.best is not None:
            variables.assign(self._all, self.variables)


class ReduceRateOnPlateau(Hook):
    """Multiplies the learning rate by a factor when a figure has not become better for a while.

    The optimizer's rate must be a `lowlevel.schedules.Adjustable`.

    Args:
        monitor, mode, min_delta: as for `EarlyStopping`.
        factor: what the rate is multiplied by, in (0, 1).
        patience: epochs without a better figure after which that is done.
        min_rate: the rate never falls below this.
    """

    def __init__(
        self, monitor="val_loss", factor=0.1, patience=10, min_delta=1e-4, min_rate=0.0, mode=None
    ):
        self.monitor = monitor
        self.mode = _mode(monitor, mode)
        self.factor = check_number("factor", factor, 0, 1, low_included=False)
        self.patience = check_integer("patience", patience, 1)
        self.min_delta = check_number("min_delta", min_delta, 0, math.inf)
        self.min_rate = check_number("min_rate", min_rate, 0, math.inf)

    def on_train_begin(self, state):
        self._rate = getattr(state.optimizer.learning_rate, "rate", None)
        if self._rate is None:
            raise ConfigError(
                "ReduceRateOnPlateau needs a rate that can be changed; make the optimizer with "
                "schedules.Adjustable(rate)."
            )
        self._history = state.history

    def on_epoch_end(self, row):
        waited = _epochs_without_better(
            self._history, self.monitor, self.mode, self.min_delta, forget_after=self.patience
        )
        if waited >= self.patience:
            self._rate.assign(max(float(self._rate) * self.factor, self.min_rate))


class CSVLog(Hook):
    """Writes the history to a CSV file, anew after each epoch."""

    def __init__(self, path):
        self.path = Path(path)

    def on_train_begin(self, state):
        self._history = state.history

    def on_epoch_end(self, row):
        try:
            with self.path.open("w", newline="", encoding="utf-8") as file:
                names = dict.fromkeys(name for row in self._history for name in row)
                writer = csv.DictWriter(file, list(names))
                writer.writeheader()
                writer.writerows(self._history)
        except OSError as error:
            raise CheckpointError(f"{self.path} cannot be written: {reason_of(error)}.") from error


class Checkpoint(Hook):
    """Saves after each epoch to a directory that keeps the newest three, and the best."""

    def __init__(self, path):
        self.run = RunDirectory(path)

    def on_train_begin(self, state):
        self._state = state
        self.run.open({}, fresh=True)

    def on_epoch_end(self, row):
        self.run.save(self._state.tensors(), self._state.record())


class TensorBoardLog(Hook):
    """Writes the figures of each step and each epoch to a `lowlevel.training.tensorboard` log.

    Args:
        tensorboard: a `TensorBoard`, or the directory to make one in.
    """

    def __init__(self, tensorboard):
        is_path = isinstance(tensorboard, (str, Path))
        self.tensorboard = TensorBoard(tensorboard) if is_path else tensorboard

    def on_batch_end(self, step, values):
        self.tensorboard.write_step(step, values)

    def on_epoch_end(self, row):
        self.tensorboard.write_epoch(row)


class Dots(Hook):
    """Prints a dot for each epoch, and a new line after every hundred."""

    def on_epoch_end(self, row):
        print(".", end="\n" if row["epoch"] % 100 == 0 else "", flush=True)

    def on_train_end(self, state):
        print(flush=True)


def _mode(monitor, mode):
    if mode is None:
        return "max" if "accuracy" in monitor or "precision" in monitor else "min"
    return check_choice("mode", mode, ("min", "max"))


def _figure(row, name):
    if name not in row:
        raise ConfigError(f"there is no {name} to monitor; a row has {', '.join(row)}.")
    return row[name]


def _is_better(value, best, mode, min_delta=0.0):
    if best is None:
        return True
    return value < best - min_delta if mode == "min" else value > best + min_delta


def _epochs_without_better(history, monitor, mode, min_delta, forget_after=None):
    """How many epochs in a row, up to now, have not been better than the best before them.

    After `forget_after` of them, counting starts anew.
    """
    best, waited = None, 0
    for row in history:
        value = _figure(row, monitor)
        if waited == forget_after:
            waited = 0
        if _is_better(value, best, mode, min_delta):
            best, waited = value, 0
        else:
            waited += 1
    return waited
