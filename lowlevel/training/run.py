"""A run: a network, a task, data, a recipe and, if it is saved, a directory."""

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import tensorflow as tf

from lowlevel import __version__, cluster, files
from lowlevel.checks import CheckpointError, ConfigError, reason_of
from lowlevel.data.training_data import TrainingData
from lowlevel.nets.network import Network
from lowlevel.storage import checkpoint, records
from lowlevel.storage.background import BackgroundSaver
from lowlevel.storage.run_directory import ABOUT, RunDirectory
from lowlevel.training import loop, opening, run_config, tasks
from lowlevel.training.compiled import Compiled
from lowlevel.training.recipe import Recipe
from lowlevel.training.state import TrainingState
from lowlevel.training.steps import Steps
from lowlevel.types import GraphFunction


class Run:
    """Everything that `lowlevel.training.loop.train` needs.

    Attributes:
        network: a `lowlevel.nets.network.Network`.
        task: a `lowlevel.training.tasks.Task`.
        data: a `lowlevel.data.training_data.TrainingData`; it may be replaced between two
            trainings.
        recipe: a `lowlevel.training.recipe.Recipe`.
        directory: the `RunDirectory`, or None for a run that is not saved.
        state: the `TrainingState`.
    """

    def __init__(
        self, network: Network, task: tasks.Task, data: TrainingData | None,
        recipe: Recipe | Compiled, directory: RunDirectory | str | Path | None = None,
    ) -> None:  # fmt: skip
        """Assembles a run.

        `directory` may be a path. For a run that is not saved, the data may be None at first.
        """
        self.network = network
        self.task = task
        self.data: Any = data
        self.recipe = recipe
        if isinstance(directory, str | Path):
            directory = RunDirectory(directory)
        self.directory: Any = directory
        self._is_open = False
        self._saver = BackgroundSaver()
        optimizer = recipe.make_optimizer()
        self.state = TrainingState(network.variables, optimizer, task.metric_names)
        self._steps = Steps(network, task, self.state, recipe)
        self._about = {"command": "", "lowlevel": __version__, "tensorflow": tf.__version__}

    def __repr__(self) -> str:
        where = "not saved" if self.directory is None else f"in {self.directory.path}"
        return f"Run of {self.network!r}, at step {int(self.state.step)}, {where}"

    @property
    def train_step(self) -> GraphFunction:
        """The compiled training step for the data. Raises ConfigError if there is none yet."""
        return self._steps.train(self._known_data().train)

    @property
    def make_steps(self) -> GraphFunction:
        """The compiled loop that makes many training steps in one call, see `build_step_loop`."""
        return self._steps.train_loop(self._known_data().train)

    @property
    def finite_check(self) -> GraphFunction:
        """The compiled look at the next step, see `build_finite_check`."""
        return self._steps.finite_check(self._known_data().train)

    @property
    def steps_per_epoch(self) -> int:
        """Batches in an epoch, including the short last one."""
        return self._known_data().steps(self.recipe.batch_size)

    @property
    def config(self) -> dict:
        """The contents of config.json for a run whose recipe is a `Recipe`: a dict for JSON."""
        config = run_config.make(self.network, self.task, self._known_data(), self.recipe)
        return config | {ABOUT: self._about}

    def batches(self) -> Iterable:
        """The remaining batches of the current epoch, in order."""
        return self._known_data().batches(self.state, self.recipe)

    def evaluate(self, examples: Any, quiet: bool = True) -> dict:
        """A `Mean` of the loss and of each metric over examples, by name.

        Args:
            examples: for example `run.data.held_out`.
            quiet: show no progress.

        Raises:
            DataError: there are no examples, or they do not fit the task.
        """
        step = self._steps.evaluate(examples)
        return loop.evaluate(step, examples.batches(self.recipe.eval_batch_size), quiet)

    def open(self, resume: bool = False, fresh: bool = False, command: str = "") -> Path | None:
        """Resumes the run in the directory, or starts one; returns the checkpoint's path or None.

        Args:
            resume: fail if there is no run to resume.
            fresh: delete the existing run.
            command: what the user typed, for config.json.

        Raises:
            CheckpointError: as `RunDirectory.open` raises it.
            ConfigError: likewise; or the run has no directory.
        """
        if self.directory is None:
            raise ConfigError("the run has no directory to open: pass one to Run.")
        self._about["command"] = command
        named = len(self.data.facts.get("class_names", ()))
        classes = getattr(self.network.config, "num_classes", named)
        if named not in (0, classes):  # it could be trained, but not loaded
            raise ConfigError(f"the data names {named} classes, but the network has {classes}.")
        here, defaults = cluster.current(), run_config.defaults(self.network)
        newest = opening.open_directory(self.directory, self.config, resume, fresh, defaults)
        if newest is None:
            here.check_alike("first values", self.state.tensors())
            self._is_open = True
            return None
        path, record = newest
        if record.get("exported"):
            raise CheckpointError(
                f"{self.directory.path} holds an exported network without its optimizer, "
                f"which cannot be trained further; choose another directory."
            )
        records.check(record, path, self.task.metric_names)
        checkpoint.restore(path, self.state.tensors())
        records.check_step(record, path, int(self.state.step))
        self.state.load_record(record)
        here.check_alike("checkpoint", self.state.tensors())
        self._is_open = True
        return path

    def roll_back(self) -> None:
        """Goes back to the newest checkpoint; from there on, examples come in another order."""
        self.finish_saving()
        path, record = opening.newest(self.directory)
        checkpoint.restore(path, self.state.tensors())
        self.state.load_record(record | {"rollbacks": self.state.rollbacks + 1})

    @property
    def _writes(self):
        """Whether this process writes to the directory: of a cluster, the chief alone."""
        return self.directory is not None and cluster.current().is_chief

    def lock(self) -> None:
        """Keeps other processes out of the directory.

        Raises:
            CheckpointError: another process is there.
            ConfigError: the run is not open: its saves would replace those of the run there.
        """
        if self.directory is not None:
            if not self._is_open:
                raise ConfigError(f"open the run in {self.directory.path} first: run.open().")
            if self._writes:
                self.directory.lock()

    def unlock(self) -> None:
        """Lets other processes train in the directory."""
        if self._writes:
            self.directory.unlock()

    def begin_saving(self) -> None:
        """Saves all that the run needs to resume, in the background, if it has a directory.

        Raises:
            CheckpointError: the save before this one has failed.
        """
        if self._writes:
            record = self.state.record() | {"config": self.config}
            self._saver.begin(self.directory, self.state.tensors(), record)

    def check_saving(self) -> None:
        """Raises CheckpointError if the last save has failed meanwhile."""
        self._saver.check()

    def finish_saving(self) -> None:
        """Waits until the last save is on disk. Raises CheckpointError if it has failed."""
        self._saver.finish()

    def check_export(self, path: str | Path) -> None:
        """Raises CheckpointError or ConfigError if `export` would overwrite something else.

        The directory may be new, empty, or an earlier export of the same run.
        """
        path = Path(path)
        if not path.exists() or (path.is_dir() and not any(path.iterdir())):
            return
        there = RunDirectory(path)
        if not there.exists():
            raise CheckpointError(f"{path} exists already; export to a new directory.")
        there.check_config(self.config, run_config.defaults(self.network))
        newest = there.newest()
        if newest is None or not newest[1].get("exported"):
            raise CheckpointError(f"{path} holds a run; export to a new directory.")

    def export(self, path: str | Path, **about: object) -> None:
        """Writes the network without its optimizer to a run directory, for prediction only.

        Args:
            path: the directory; it is written under a temporary name and renamed.
            about: facts to add to the `about` of its config, for example its accuracy.

        Raises:
            CheckpointError, ConfigError: as for `check_export`, or the export cannot be written.
        """
        self.check_export(path)
        path = Path(path)
        temporary = path.with_name(f"{files.TEMPORARY}{path.name}")
        config = self.config | {ABOUT: self._about | about}
        try:
            shutil.rmtree(temporary, ignore_errors=True)
            directory = RunDirectory(temporary)
            directory.open(config)
            record = self.state.record() | {"config": config, "exported": True}
            directory.save(self.state.network_tensors(), record)
            if path.exists():
                shutil.rmtree(path)
            temporary.rename(path)
        except OSError as error:
            raise CheckpointError(f"{path} cannot be written: {reason_of(error)}.") from error

    def _known_data(self):
        """The data. Raises ConfigError if the run has none yet."""
        if self.data is None:
            raise ConfigError("the run has no data yet: call fit first, or pass data to Run.")
        return self.data
