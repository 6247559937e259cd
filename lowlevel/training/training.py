"""A run of training: what is trained, on what, and the directory where it is kept."""

import shutil
from pathlib import Path

import tensorflow as tf

from lowlevel import __version__, files
from lowlevel.checks import CheckpointError, reason_of
from lowlevel.storage import checkpoint
from lowlevel.storage.run_directory import ABOUT, RunDirectory
from lowlevel.training import loop
from lowlevel.training.interruption import Interruption


class Training:
    """A run; a subclass says where its batches come from and how it is evaluated.

    Attributes:
        config: what is kept in config.json.
        state: the `TrainingState`.
        train_step: what `build_train_step` made.
        steps_per_epoch: batches in an epoch, the short last one included.
        run: the `RunDirectory`.
        evaluated_on: what the held-out data are: "test", or "validation" if the test is another.
    """

    evaluated_on = "test"

    def __init__(self, config, state, train_step, steps_per_epoch, run_dir, command=""):
        about = {"command": command, "lowlevel": __version__, "tensorflow": tf.__version__}
        self.config = config | {ABOUT: about}
        self.state = state
        self.train_step = train_step
        self.steps_per_epoch = steps_per_epoch
        self.run = RunDirectory(run_dir)

    def batches(self, epoch, skip):
        """The training batches of an epoch, but for the first `skip`."""
        raise NotImplementedError

    def evaluate(self, quiet=True):
        """A `Mean` of each metric over held-out data, by name."""
        raise NotImplementedError

    def open(self, resume=False, fresh=False):
        """Takes up the run in the directory, or starts one; returns the checkpoint's path or None.

        Raises:
            CheckpointError, ConfigError: as `RunDirectory.open` raises them.
        """
        newest = self.run.open(self.config, resume, fresh)
        if newest is None:
            return None
        path, record = newest
        if record.get("exported"):
            raise CheckpointError(
                f"{self.run.path} holds an exported network without its optimizer, "
                f"which cannot be trained further; choose another run directory."
            )
        checkpoint.restore(path, self.state.tensors())
        try:
            self.state.load_record(record)
        except (KeyError, TypeError, AttributeError) as error:
            raise CheckpointError(f"the record of {path} is damaged: {error!r}.") from error
        return path

    def train(
        self,
        epochs,
        max_steps=None,
        save_every=None,
        hooks=(),
        quiet=False,
    ):
        """Trains to the end of the epochs, to `max_steps`, or until Ctrl-C.

        Returns:
            None, or the number of the signal that stopped it; the run is saved in any case.

        Raises:
            NonFiniteError: training diverged; the checkpoints before are untouched.
            CheckpointError: a checkpoint cannot be written.
        """
        length = loop.RunLength(epochs, self.steps_per_epoch, max_steps, save_every)
        with Interruption() as interruption:
            loop.train(
                self.state,
                self.train_step,
                self.batches,
                self.evaluate,
                self.save,
                length,
                interruption.requested,
                hooks,
                quiet,
            )
        return interruption.signal_number

    def save(self):
        """Saves all that the run needs to go on."""
        self.run.save(self.state.tensors(), self.state.record() | {"config": self.config})

    def check_export(self, path):
        """Raises CheckpointError or ConfigError if `export` would overwrite anything else.

        A new or an empty directory will do, and one that holds an export of this very run.
        """
        path = Path(path)
        if not path.exists() or (path.is_dir() and not any(path.iterdir())):
            return
        there = RunDirectory(path)
        if not there.exists():
            raise CheckpointError(f"{path} exists already; export to a new directory.")
        there.check_config(self.config)
        newest = there.newest()
        if newest is None or not newest[1].get("exported"):
            raise CheckpointError(f"{path} holds a run; export to a new directory.")

    def export(self, path, **about):
        """Writes the network without its optimizer to a run directory, for prediction alone.

        Args:
            path: the directory; written under another name and renamed.
            about: facts to add to the `about` of its config, such as its accuracy.

        Raises:
            CheckpointError, ConfigError: as `check_export`, or it cannot be written.
        """
        self.check_export(path)
        path = Path(path)
        temporary = path.with_name(f"{files.TEMPORARY}{path.name}")
        config = self.config | {ABOUT: self.config[ABOUT] | about}
        tensors = self.state.tensors()
        network = {name: tensors[name] for name in tensors if name.startswith("variables/")}
        try:
            shutil.rmtree(temporary, ignore_errors=True)
            run = RunDirectory(temporary)
            run.open(config)
            run.save(network, self.state.record() | {"config": config, "exported": True})
            if path.exists():
                shutil.rmtree(path)
            temporary.rename(path)
        except OSError as error:
            raise CheckpointError(f"{path} cannot be written: {reason_of(error)}.") from error
