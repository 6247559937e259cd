"""Training a network to classify images: all the parts of this package, put together."""

import dataclasses
import functools
import shutil
from pathlib import Path

import tensorflow as tf

from lowlevel import __version__, files, losses, nets, optimizers, schedules, seeds
from lowlevel.checks import CheckpointError, DataError, reason_of
from lowlevel.data import augment, pipeline
from lowlevel.training import checkpoint, loop
from lowlevel.training.interruption import Interruption
from lowlevel.training.run_directory import ABOUT, RunDirectory
from lowlevel.training.state import TrainingState
from lowlevel.training.step import build_eval_step, build_train_step

EVAL_BATCH_SIZE = 256


@dataclasses.dataclass(frozen=True)
class Recipe:
    """What fixes the result of a run, beside the network and the data.

    The fields are those of the command-line options of the same names, see `arguments`;
    `schedule_steps` is the length of a schedule other than constant.
    """

    seed: int = 0
    batch_size: int = 128
    optimizer: str = "adam"
    learning_rate: float = 1e-4
    schedule: str = "constant"
    schedule_steps: int | None = None
    warm_up: int = 0
    label_smoothing: float = 0.0
    rotate: float = 0.0
    zoom: float = 0.0
    shift: float = 0.0
    precision: str = "float32"

    @classmethod
    def from_arguments(cls, args, steps):
        """The recipe that command-line arguments ask for, in a run of that many steps."""
        names = {field.name for field in dataclasses.fields(cls)} - {"schedule_steps"}
        schedule_steps = None if args.schedule == "constant" else steps
        return cls(schedule_steps=schedule_steps, **{name: getattr(args, name) for name in names})


class Classifier:
    """A run of training: network, data and recipe in, files in a run directory out.

    Attributes:
        config: what is kept in config.json.
        state: the `TrainingState`.
        run: the `RunDirectory`.
    """

    def __init__(self, net_name, net_config, dataset, recipe, run_dir, command=""):
        self.dataset = dataset
        self.recipe = recipe
        self.run = RunDirectory(run_dir)
        self.config = {
            "net": net_name,
            "net_config": dataclasses.asdict(net_config),
            "preprocessing": {"divide_by": 255},
            "class_names": [str(index) for index in range(net_config.num_classes)],
            "data": {
                "name": dataset.name,
                "train_images": len(dataset.train),
                "test_images": len(dataset.test),
                "sha256": dataset.sha256(),
            },
            "training": dataclasses.asdict(recipe),
            ABOUT: {"command": command, "lowlevel": __version__, "tensorflow": tf.__version__},
        }
        net = nets.get(net_name)
        variables = net.build(net_config, recipe.seed)
        rate = schedules.by_name(
            recipe.schedule, recipe.learning_rate, recipe.schedule_steps, recipe.warm_up
        )
        self.state = TrainingState(variables, optimizers.by_name(recipe.optimizer, rate))
        forward = functools.partial(net.forward, net_config, variables)
        dtype = tf.dtypes.as_dtype(recipe.precision)
        self.train_step = build_train_step(
            forward,
            functools.partial(losses.softmax_cross_entropy, label_smoothing=recipe.label_smoothing),
            variables,
            self.state.optimizer,
            self.state.step,
            net.input_spec(net_config),
            recipe.seed,
            dtype,
        )
        self.eval_step = build_eval_step(
            forward, losses.softmax_cross_entropy, net.input_spec(net_config), dtype
        )

    @property
    def steps_per_epoch(self):
        """Batches in an epoch, the short last one included."""
        return pipeline.steps_per_epoch(len(self.dataset.train), self.recipe.batch_size)

    def open(self, resume=False, fresh=False):
        """Takes up the run in the directory, or starts one; returns the checkpoint's path or None.

        Raises:
            DataError: the data has a class that the run in the directory does not know.
            CheckpointError, ConfigError: as `RunDirectory.open` raises them.
        """
        if not fresh and self.run.exists():
            names = self.run.read_config().get("class_names")
            known = len(names) if isinstance(names, list) else self.dataset.num_classes
            if self.dataset.num_classes > known:
                raise DataError(
                    f"{self.dataset.train.source} has the label {self.dataset.num_classes - 1}, "
                    f"beyond the {known} classes of the run in {self.run.path}."
                )
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

    def train(self, epochs, max_steps=None, save_every=None, report=lambda row: None, quiet=False):
        """Trains to the end of the epochs, to `max_steps`, or until Ctrl-C.

        Returns:
            None, or the number of the signal that stopped it; the run is saved in any case.

        Raises:
            NonFiniteError: training diverged; the checkpoints before are untouched.
            CheckpointError: a checkpoint cannot be written.
        """
        schedule = loop.Schedule(epochs, self.steps_per_epoch, max_steps, save_every)
        with Interruption() as interruption:
            loop.train(
                self.state,
                self.train_step,
                self.batches,
                self.evaluate,
                self.save,
                schedule,
                interruption.requested,
                report,
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

    def batches(self, epoch, skip):
        """The training batches of an epoch, but for the first `skip`."""
        recipe = self.recipe
        order = pipeline.epoch_order(len(self.dataset.train), recipe.seed, epoch)
        first_step = epoch * self.steps_per_epoch + skip

        def change(images, position):
            seed = seeds.derive(recipe.seed, "augment", first_step + position)
            return augment.random_affine(images, seed, recipe.rotate, recipe.zoom, recipe.shift)

        augmented = recipe.rotate or recipe.zoom or recipe.shift
        return pipeline.batches(
            self.dataset.train,
            order[skip * recipe.batch_size :],
            recipe.batch_size,
            change if augmented else None,
        )

    def evaluate(self, quiet=True):
        """`Mean`s of loss and accuracy over the test images."""
        order = tf.range(len(self.dataset.test))
        batches = pipeline.batches(self.dataset.test, order, EVAL_BATCH_SIZE)
        return loop.evaluate(self.eval_step, batches, quiet)
