"""Keeps the best network of a run, judged by any metric of a network."""

import dataclasses
import math
from collections.abc import Callable

from lowlevel import cluster, files, variables
from lowlevel.checks import CheckpointError, NonFiniteError, check_choice, check_integer, reason_of
from lowlevel.files import FilePath
from lowlevel.joined_stores import Store
from lowlevel.storage import checkpoint
from lowlevel.storage.run_directory import RunDirectory
from lowlevel.training.hook import Hook
from lowlevel.training.state import TrainingState

FOLDER = "best"  # in the directory of a run


@dataclasses.dataclass(frozen=True)
class Criterion:
    """The metric that networks are judged by, and when.

    Attributes:
        name: the metric's name in a row of the history.
        mode: "max" or "min": whether higher or lower is better.
        warm_up_epochs: the first network is judged after this many epochs.
        every_epochs: from then on, a network is judged each time this many epochs have passed.

    Raises:
        ConfigError: a value is out of range.
    """

    name: str
    mode: str = "max"
    warm_up_epochs: int = 0
    every_epochs: int = 1

    def __post_init__(self) -> None:
        check_choice("mode", self.mode, ("max", "min"))
        check_integer("warm_up_epochs", self.warm_up_epochs, 0)
        check_integer("every_epochs", self.every_epochs, 1)

    def is_due(self, epoch: int) -> bool:
        """Whether to judge the network after this epoch, counted from 1."""
        since = epoch - self.warm_up_epochs
        return since >= 0 and since % self.every_epochs == 0


class BestNetwork(Hook):
    """Evaluates a copy of the network from time to time, and keeps the best one on disk.

    The trained variables are copied into a separate store, which is evaluated eagerly, so the
    compiled training step is neither used nor traced again. The metric goes into the row of its
    epoch. A network is completely on disk before the run is saved with its metric, and the network
    that it replaces is deleted only then. So a run that is killed at any moment still has its best
    network. Of a cluster, the chief alone evaluates, and writes.

    Attributes:
        best: the row of the history for the best network, or None.
        run: the `RunDirectory` with the best network, for prediction only.
    """

    def __init__(
        self,
        evaluate: Callable[[Store], float],
        evaluation_variables: Store,
        directory: FilePath,
        config: dict,
        criterion: Criterion,
        say: Callable[[str], None] = print,
    ) -> None:
        """Sets what to evaluate and when.

        Args:
            evaluate: function of a `VariableStore` that returns a number.
            evaluation_variables: a store of the same form as the trained one, to copy it into.
            directory: a directory for the best network alone, for example `FOLDER` in the run's;
                other checkpoints in it are deleted.
            config: the run's config, from which prediction rebuilds the network.
            criterion: a `Criterion`.
            say: function that prints a line.
        """
        self._cluster = cluster.current()
        self._evaluate = evaluate
        self._variables = evaluation_variables
        self._config = config
        self._criterion = criterion
        self._name = criterion.name
        self._sign = 1 if criterion.mode == "max" else -1
        self._say = say
        self.best: dict | None = None
        self.run = RunDirectory(directory)

    def on_train_begin(self, state: TrainingState) -> None:
        self._state = state
        self._copy()  # fails at once if the stores do not match
        state.occasional_metrics.add(self._name)
        best = self._cluster.chief_first(self._best_on_disk)
        [step] = self._cluster.agree([-1 if best is None else best["step"]])
        known = [row for row in state.history if row["step"] == step]
        self.best = best if self._cluster.is_chief else next(iter(known), None)

    def on_epoch_begin(self, epoch: int) -> None:
        self._forget_others()

    def on_train_end(self, state: TrainingState) -> None:
        self._forget_others()

    def on_epoch_end(self, row: dict) -> None:
        if not self._criterion.is_due(row["epoch"]):
            return
        self._copy()
        [value] = self._cluster.agree([self._cluster.chief_first(self._judge) or 0.0])
        row[self._name] = value
        if not math.isfinite(value):
            raise NonFiniteError(f"the {self._name} is not finite after step {row['step']}")
        is_best = self.best is None or self._goodness(row) > self._goodness(self.best)
        self._say(self._describe(value, is_best))
        if is_best:
            self.best = row
            self._keep()

    def _best_on_disk(self):
        """The row of the best network in the directory, or None."""
        records = map(checkpoint.read_record, filter(checkpoint.is_whole, self.run.checkpoints()))
        rows = [row for record in records for row in record["history"][-1:]]
        # A run that was killed may have kept the network of a step that is yet to come.
        last = int(self._state.step)
        judged = [row for row in rows if self._name in row and row["step"] <= last]
        return max(judged, key=self._goodness, default=None)

    def _judge(self):
        return float(self._evaluate(self._variables))

    def _copy(self):
        variables.assign(self._variables.all(), self._state.variables.all())

    def _goodness(self, row):
        return self._sign * row[self._name]

    def _describe(self, value, is_best):
        what = self._name.replace("val_", "validation ").replace("_", " ")
        so_far = "none yet"
        if self.best is not None:
            so_far = f"{self.best[self._name]:.4f} in epoch {self.best['epoch']}"
        return f"{what}: best so far {so_far}; now {value:.4f}{' (kept)' * is_best}"

    def _keep(self):
        if not self._cluster.is_chief:
            return
        network = variables.join(variables=self._variables.all())
        about = {"config": self._config, "exported": True}
        self.run.save(network, self._state.record() | about)

    def _paths(self, row):
        """A list with the checkpoint of a row's network, if it is whole; else empty."""
        ending = f"-step-{row['step']:08d}"
        named = [path for path in self.run.checkpoints() if path.name.endswith(ending)]
        return [path for path in named if checkpoint.is_whole(path)]

    def _forget_others(self):
        if not self._cluster.is_chief:
            return
        best = [] if self.best is None else self._paths(self.best)
        try:
            for path in self.run.checkpoints():
                if path not in best:
                    files.delete(path)
        except OSError as error:
            raise CheckpointError(f"{path} cannot be deleted: {reason_of(error)}.") from error
