"""Everything that a run needs to resume where it stopped."""

from collections.abc import Iterable

import numpy as np
import tensorflow as tf

from lowlevel import metrics
from lowlevel.joined_stores import Store
from lowlevel.optimizer import Optimizer
from lowlevel.variables import join


class TrainingState:
    """What training changes from step to step.

    Attributes:
        variables: the network's `VariableStore`.
        optimizer: an `Optimizer` with its slots.
        step: int64 variable: the number of steps made. The position in the data follows from it.
        skipped: how many steps were left out because the loss or a gradient was not finite.
        rollbacks: how often the run has gone back to its last checkpoint for that.
        history: one dict for each finished epoch, as in metrics.jsonl.
        first_epoch, first_step: where the history begins; 0 for a run with a directory.
        running: a `Mean` of each metric over the unfinished epoch, by name.
        evaluation: a `Mean` of each metric over the held-out data as it was after the last epoch,
            by name; empty before the first evaluation and after any further step.
        seconds: time spent on training in the unfinished epoch.
        occasional_metrics: names of metrics that hooks add only to some rows of the history.
    """

    def __init__(
        self,
        variables: Store,
        optimizer: Optimizer,
        metric_names: Iterable[str] = ("loss", "accuracy"),
    ) -> None:
        optimizer.build(variables.trainable())
        self.variables = variables
        self.optimizer = optimizer
        self.step = tf.Variable(0, trainable=False, dtype=tf.int64, name="step")
        self.skipped = self.rollbacks = 0
        self.history = []
        self.first_epoch = self.first_step = 0
        self.running = {name: metrics.Mean() for name in metric_names}
        self.evaluation = {}
        self.seconds = 0.0
        self.occasional_metrics = set()

    @property
    def epoch(self) -> int:
        """The current epoch, counted from 0."""
        return self.history[-1]["epoch"] if self.history else self.first_epoch

    @property
    def epoch_start(self) -> int:
        """The number of steps made before the current epoch."""
        return self.history[-1]["step"] if self.history else self.first_step

    def start_history(self, epoch: int) -> None:
        """Begins a training whose first epoch has this number, counted from 0.

        Keeps the history of earlier epochs if it ends there, and drops any other history.
        """
        if epoch == 0 or not self.history or self.history[-1]["epoch"] != epoch:
            self.history = []
        self.first_epoch, self.first_step = epoch, int(self.step)
        self.running = {name: metrics.Mean() for name in self.running}
        self.seconds = 0.0

    def add(self, sums: dict[str, np.ndarray]) -> None:
        """Adds steps: by the metric's name, `[steps, 2]`, sums and how many numbers they are of."""
        for name, rows in sums.items():
            for total, weight in rows:
                self.running[name].add(total, weight)
        self.evaluation = {}

    def finish_epoch(self) -> dict:
        """Ends the current epoch with its `evaluation`; returns its row of the history."""
        row = {
            "epoch": self.epoch + 1,
            "step": int(self.step),
            **{name: mean.result() for name, mean in self.running.items()},
            **{f"val_{name}": mean.result() for name, mean in self.evaluation.items()},
            "learning_rate": float(self.optimizer.learning_rate(self.step - 1)),
            "seconds": round(self.seconds, 3),
        }
        self.history.append(row)
        self.running = {name: metrics.Mean() for name in self.running}
        self.seconds = 0.0
        return row

    def network_tensors(self) -> dict[str, tf.Variable]:
        """The network's variables by their names in a checkpoint."""
        return join(variables=self.variables.all())

    def tensors(self) -> dict[str, tf.Variable]:
        """All variables by their names in a checkpoint, for example `variables/weights/c1`."""
        slots = join(optimizer=self.optimizer.slots)
        return self.network_tensors() | slots | {"step": self.step}

    def record(self) -> dict:
        """Everything that is not a variable, as values that JSON stores without loss."""
        running = {name: [mean.total, mean.weight] for name, mean in self.running.items()}
        return {
            "step": int(self.step),
            "history": self.history,
            "running": running,
            "seconds": self.seconds,
            "skipped": self.skipped,
            "rollbacks": self.rollbacks,
        }

    def load_record(self, record: dict) -> None:
        """Restores a result of `record()`; the step is restored with the variables."""
        self.history = record["history"]
        self.running = {name: metrics.Mean(*sums) for name, sums in record["running"].items()}
        self.seconds = record["seconds"]
        self.skipped, self.rollbacks = record.get("skipped", 0), record.get("rollbacks", 0)
