"""Ready-made hooks: early stopping, keeping the best, changing the rate, writing files.

Hooks keep nothing that a stopped run would lose: they read the past in `state.history`.
"""

import csv
import math
from typing import Any

from lowlevel import variables
from lowlevel.checks import (
    CheckpointError,
    ConfigError,
    check_bool,
    check_integer,
    check_number,
    check_path,
    reason_of,
)
from lowlevel.files import FilePath
from lowlevel.keywords import HOOK, explain
from lowlevel.storage import checkpoint, records
from lowlevel.storage.run_directory import RunDirectory
from lowlevel.storage.tensorboard import TensorBoard
from lowlevel.training import monitoring
from lowlevel.training.hook import Hook
from lowlevel.training.state import TrainingState


class EarlyStopping(Hook):
    """Ends training when a metric has not improved for some epochs.

    Args:
        monitor: name of the metric in a row of the history.
        patience: epochs without improvement after which training ends.
        min_delta: the smallest change that counts as an improvement.
        mode: "min" or "max": whether lower or higher is better; None judges by the name, for
            losses, errors, accuracy, precision, recall and the like.
    """

    @explain(**HOOK)
    def __init__(
        self, monitor: str = "val_loss", patience: int = 0, min_delta: float = 0.0,
        mode: str | None = None,
    ) -> None:  # fmt: skip
        self.monitor = monitor
        self.patience = check_integer("patience", patience, 0)
        self.min_delta = check_number("min_delta", min_delta, 0, math.inf)
        self.mode = monitoring.mode_for(monitor, mode)

    def on_train_begin(self, state: TrainingState) -> None:
        monitoring.check_name(self.monitor, state)
        self._state = state
        self._decide()  # a resumed run may have met the condition already

    def on_epoch_end(self, row: dict) -> None:
        monitoring.check_metric(row, self.monitor, self._state)
        self._decide()

    def _decide(self):
        waited = monitoring.epochs_without_better(
            self._state.history, self.monitor, self.mode, self.min_delta
        )
        self.stop = waited >= max(self.patience, 1)


class BestKeeper(Hook):
    """Keeps the variables of the best epoch of a `fit` in memory, and restores them at its end.

    Args:
        monitor, mode: as for `EarlyStopping`.
        restore: whether to restore them when training ends.

    Attributes:
        best: the best metric so far, or None.
        variables: arrays by variable name, as they were then.
    """

    def __init__(
        self, monitor: str = "val_loss", mode: str | None = None, restore: bool = True
    ) -> None:
        self.monitor = monitor
        self.mode = monitoring.mode_for(monitor, mode)
        self.restore = check_bool("restore", restore)
        self.best = None
        self.variables = {}

    def on_train_begin(self, state: TrainingState) -> None:
        monitoring.check_name(self.monitor, state)
        self._state = state
        self._all = state.variables.all()
        self.best = None  # the hook may be used again, for another network
        self.variables = {}

    def on_epoch_end(self, row: dict) -> None:
        monitoring.check_metric(row, self.monitor, self._state)
        value = row.get(self.monitor)
        if value is not None and monitoring.is_better(value, self.best, self.mode):
            self.best = value
            self.variables = variables.values(self._all)

    def on_train_end(self, state: TrainingState) -> None:
        if self.restore and self.best is not None:
            variables.assign(self._all, self.variables)


class ReduceRateOnPlateau(Hook):
    """Multiplies the learning rate by a factor when a metric has not improved for a while.

    The optimizer's rate must be a `lowlevel.schedules.Adjustable`.

    Args:
        monitor, mode, min_delta: as for `EarlyStopping`.
        factor: the factor, in (0, 1).
        patience: epochs without improvement after which the rate changes.
        min_rate: the rate never falls below this.
    """

    @explain(**HOOK)
    def __init__(
        self, monitor: str = "val_loss", factor: float = 0.1, patience: int = 10,
        min_delta: float = 1e-4, min_rate: float = 0.0, mode: str | None = None,
    ) -> None:  # fmt: skip
        self.monitor = monitor
        self.mode = monitoring.mode_for(monitor, mode)
        self.factor = check_number("factor", factor, 0, 1, low_included=False)
        self.patience = check_integer("patience", patience, 1)
        self.min_delta = check_number("min_delta", min_delta, 0, math.inf)
        self.min_rate = check_number("min_rate", min_rate, 0, math.inf)

    def on_train_begin(self, state: TrainingState) -> None:
        monitoring.check_name(self.monitor, state)
        self._rate: Any = getattr(state.optimizer.learning_rate, "rate", None)
        if self._rate is None:
            raise ConfigError(
                "ReduceRateOnPlateau needs an adjustable rate; make the optimizer with "
                "schedules.Adjustable(rate)."
            )
        self._state = state

    def on_epoch_end(self, row: dict) -> None:
        monitoring.check_metric(row, self.monitor, self._state)
        if self.monitor not in row:
            return
        waited = monitoring.epochs_without_better(
            self._state.history, self.monitor, self.mode, self.min_delta, forget_after=self.patience
        )
        if waited >= self.patience and float(self._rate) > self.min_rate:
            self._rate.assign(max(float(self._rate) * self.factor, self.min_rate))


class CSVLog(Hook):
    """Rewrites a CSV file with the history after each epoch."""

    def __init__(self, path: FilePath) -> None:
        self.path = check_path("the CSV file", path)

    def on_train_begin(self, state: TrainingState) -> None:
        self._history = state.history

    def on_epoch_end(self, row: dict) -> None:
        try:
            with self.path.open("w", newline="", encoding="utf-8") as file:
                names = dict.fromkeys(name for row in self._history for name in row)
                writer = csv.DictWriter(file, list(names))
                writer.writeheader()
                writer.writerows(self._history)
        except OSError as error:
            raise CheckpointError(f"{self.path} cannot be written: {reason_of(error)}.") from error


class Checkpoint(Hook):
    """Saves after each epoch to a directory that keeps the newest three, and the best.

    `Model.restore` restores the newest. Training that continues from it may save there again.

    Args:
        path: the directory: new, empty, or written by this hook.
        fresh: delete the checkpoints of an earlier training.
        keep_every: see `lowlevel.storage.run_directory.RunDirectory`.
    """

    @explain(**HOOK)
    def __init__(self, path: FilePath, fresh: bool = False, keep_every: int | None = None) -> None:
        self.run = RunDirectory(path, keep_every=keep_every)
        self._fresh = fresh

    def on_train_begin(self, state: TrainingState) -> None:
        self._state = state
        newest = self.run.open({}, fresh=self._fresh)
        self._fresh = False  # a second `fit` goes on
        if newest is not None and newest[1]["step"] != int(state.step):
            raise CheckpointError(
                f"{self.run.path} holds checkpoints up to step {newest[1]['step']}, but training "
                f"is at step {int(state.step)}; restore the newest, or start over with "
                f"Checkpoint('{self.run.path}', fresh=True)."
            )

    def on_epoch_end(self, row: dict) -> None:
        self.run.save(self._state.tensors(), self._state.record())

    def on_train_end(self, state: TrainingState) -> None:
        self.run.unlock()


def restore(directory: FilePath, state: TrainingState) -> None:
    """Restores the newest save of `Checkpoint`. Raises CheckpointError if there is none to fit."""
    newest = RunDirectory(directory).newest()
    if newest is None:
        raise CheckpointError(f"{directory} contains no checkpoint.")
    path, record = newest
    history = records.check_history(record, path)
    checkpoint.restore(path, state.tensors())
    state.history = history


class TensorBoardLog(Hook):
    """Writes the metrics of each step and each epoch to a `lowlevel.storage.tensorboard` log.

    Args:
        tensorboard: a `TensorBoard`, or the directory to make one in when training begins; the log
            of an earlier training is kept up to the step where this one begins.
    """

    wants_every_step = False

    def __init__(self, tensorboard: TensorBoard) -> None:
        is_log = isinstance(tensorboard, TensorBoard)
        self._path = None if is_log else check_path("the directory of a log", tensorboard)
        self.tensorboard = tensorboard

    def on_train_begin(self, state: TrainingState) -> None:
        if self._path is not None:
            self.tensorboard = TensorBoard(self._path, int(state.step), "validation")

    def on_batch_end(self, step: int, values: dict[str, float]) -> None:
        self.tensorboard.write_step(step, values)

    def on_epoch_end(self, row: dict) -> None:
        self.tensorboard.write_epoch(row)


class Dots(Hook):
    """Prints a dot for each epoch, and a new line after every hundred."""

    def on_epoch_end(self, row: dict) -> None:
        print(".", end="\n" if row["epoch"] % 100 == 0 else "", flush=True)

    def on_train_end(self, state: TrainingState) -> None:
        print(flush=True)
