"""A trained network with its preprocessing and its answers."""

import functools
from pathlib import Path
from typing import Any

import tensorflow as tf

from lowlevel import nets, variables
from lowlevel.checks import ConfigError, check_printable
from lowlevel.data import preprocessing
from lowlevel.files import FilePath
from lowlevel.nets.network import Network
from lowlevel.storage import configs
from lowlevel.training import tasks
from lowlevel.training.run import Run
from lowlevel.training.tasks import Task
from lowlevel.types import GraphFunction, Nest, Tensor


class TrainedNetwork:
    """A network, the task it was trained for, and the config of its run.

    Attributes:
        network: a `lowlevel.nets.network.Network`.
        task: a `lowlevel.training.tasks.Task`.
        config: the run's config, see `lowlevel.storage.run_directory`.
        source: the path it was loaded from, for messages.
        class_names: a name for each class; empty for a network without classes.
        preprocess: function from inputs, as users have them, to those of the network.
    """

    def __init__(self, network: Network, task: Task, config: dict, source: FilePath) -> None:
        """Assembles a trained network.

        Raises:
            ConfigError: the config does not fit the network.
        """
        self.network = network
        self.task = task
        self.config = config
        self.source = source
        self.preprocess = preprocessing.from_config(config.get("preprocessing"), network.input_spec)
        self.class_names = _class_names(config, network.config)

    @classmethod
    def from_config(cls, config: dict, source: FilePath) -> "TrainedNetwork":
        """Builds the network that a config describes; its variables are still to be restored.

        Raises:
            CheckpointError: the config is damaged or unknown to this version.
        """
        with configs.blame(source):
            if not isinstance(config, dict):
                raise ConfigError("it must be a JSON object")
            config = configs.modernize(config)
            name: Any = config.get("net")
            precision = configs.precision_of(config)
            net_config = nets.config_from_dict(name, config.get("net_config"))
            if Path(source).exists():
                check_size(name, net_config, Path(source))
            network = nets.make(name, net_config, precision=precision)
            return cls(network, tasks.of_net(name, net_config), config, source)

    @classmethod
    def of_run(cls, run: Run) -> "TrainedNetwork":
        """The network of a `lowlevel.training.run.Run` as it is now, with the run's variables."""
        return cls(run.network, run.task, run.config, run.directory.path)

    @property
    def variables(self) -> dict[str, tf.Variable]:
        """All variables of the network by name."""
        return self.network.variables.all()

    @property
    def sha256(self) -> str:
        """Digest of every bit of the network, see `lowlevel.variables.sha256`."""
        return variables.sha256(self.variables)

    @property
    def input_spec(self) -> Nest:
        """`tf.TensorSpec` of its inputs: images are float32 in [0, 1]."""
        return self.network.input_spec

    @property
    def image_shape(self) -> tuple[int, int, int] | None:
        """(height, width, channels) of images; None if the inputs are something else."""
        spec = self.input_spec
        return tuple(spec.shape[1:]) if spec.shape.rank == 4 else None

    @functools.cached_property
    def serve(self) -> GraphFunction:
        """The compiled function of a batch of inputs that returns a dict of answers."""
        return tf.function(self.answer, input_signature=[self.input_spec], autograph=False)

    @property
    def answers(self) -> set[str]:
        """The set of names of its answers."""
        return set(self.serve.get_concrete_function().structured_outputs)

    def answer(self, inputs: Nest) -> dict[str, Tensor]:
        """The network's answers for inputs: a dict of tensors, `[batch, ...]` each."""
        answer: Any = self.task.answer
        return answer(self.network, self.preprocess(inputs))


def check_size(name: str, net_config: Any, source: Path) -> None:
    """Raises ConfigError if a network has more numbers than are in a file or a directory.

    They are counted in a graph, which allocates nothing.
    """
    with tf.Graph().as_default():
        try:
            count = variables.count_parameters(nets.make(name, net_config).variables.all())
        except (OverflowError, ValueError) as error:
            if isinstance(error, ConfigError):
                raise
            raise ConfigError("its network is too large") from error
    files = source.rglob("*") if source.is_dir() else [source]
    there = sum(file.stat().st_size for file in files if file.is_file())
    if 4 * count > there:
        raise ConfigError(f"its network has {count} numbers, more than are in {source.name}")


def _class_names(config, net_config):
    """The names in a config. Raises ConfigError unless there is one for each class."""
    names = config.get("class_names", ())
    if not isinstance(names, list | tuple):
        raise ConfigError(f"class_names must be a list, not {names!r}")
    classes = getattr(net_config, "num_classes", len(names))
    if len(names) != classes:
        raise ConfigError(f"it names {len(names)} classes, but its network has {classes}")
    return check_printable(tuple(map(str, names)), "a class name")
