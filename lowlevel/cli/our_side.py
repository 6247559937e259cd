"""Our side of a comparison with another program: a network, batches, and a traced step."""

import dataclasses
import importlib
import math
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from lowlevel import losses, nets
from lowlevel.arrays import to_numbers
from lowlevel.checks import ConfigError, DataError, reason_of
from lowlevel.cli import networks
from lowlevel.inspection import trace, twin
from lowlevel.inspection.traced import Trace
from lowlevel.nets.network import Network
from lowlevel.prediction import trained
from lowlevel.training.recipe import Recipe
from lowlevel.training.state import TrainingState
from lowlevel.training.step import build_train_step
from lowlevel.training.tasks import Task
from lowlevel.types import GraphFunction

LARGE = 100_000  # numbers in an example
OPEN_AXIS = 6  # what an input's axis of any size gets


@dataclasses.dataclass(frozen=True)
class OurStep:
    """Training steps of a network here.

    Attributes:
        step: the compiled step.
        trace: the first one, as a `Trace`.
        losses: the mean loss of each.
    """

    step: GraphFunction
    trace: Trace
    losses: list[float]


def load(path: str) -> Any:
    """What "module:name" names; the module may stand in the current directory.

    Raises:
        ConfigError: there is no such thing.
    """
    module, _, name = path.partition(":")
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, ValueError) as error:
        raise ConfigError(f"{path} cannot be loaded: {reason_of(error)}.") from error
    except AttributeError as error:
        raise ConfigError(f"{path} must be MODULE:FUNCTION; {reason_of(error)}.") from error


def of_function(path: str) -> Network:
    """The network that a function returns, see `load`. Raises ConfigError if it is none."""
    found = load(path)()
    network = getattr(found, "network", found)
    if not isinstance(network, Network):
        raise ConfigError(f"{path} must return a Network or a Model, not {found!r}.")
    return network


def of_name_or_run(text: str) -> Network:
    """The network of a name, with new variables, or of a run, with its own; in float32."""
    chosen = networks.choose(text)
    network = nets.make(chosen.name, chosen.config)
    if text not in nets.NETS:
        there = trained.load(text).network.variables.all()
        for name, variable in network.variables.all().items():
            variable.assign(there[name])
    return network


def vary(network: Network, seed: int) -> None:
    """Gives random numbers to vectors whose numbers are all alike, which would hide mistakes.

    A bias of zeros is as good as none, and of two scales of ones it cannot be told which is which.
    """
    generator = np.random.default_rng(seed)
    for name, variable in network.variables.all().items():
        array = variable.numpy()
        if array.ndim == 1 and np.all(array == array[0]):
            low = 0.5 if array[0] == 1 or name.endswith("variance") else -0.1
            variable.assign(generator.uniform(low, low + 0.5, array.shape).astype(np.float32))


def dropout_rate(config: Any) -> float:
    """The dropout rate in a network's config, or in that of a part of it; 0 if there is none."""
    if not dataclasses.is_dataclass(config):
        return 0.0
    parts = [getattr(config, field.name) for field in dataclasses.fields(config)]
    rates = [getattr(config, "dropout_rate", 0.0), *map(dropout_rate, parts)]
    return max(rates)


def without_dropout(network: Network) -> Network:
    """The same network, with the same variables, that drops nothing."""
    if network.name is None or dropout_rate(network.config) == 0:
        return network
    config, net = _without(network.config), nets.get(network.name)

    def forward(inputs, training=False, seed=None):
        return net.forward(config, network.variables, inputs, training, seed)

    return dataclasses.replace(network, config=config, forward=forward)


def _without(config):
    changes = {
        field.name: _without(getattr(config, field.name))
        for field in dataclasses.fields(config)
        if dataclasses.is_dataclass(getattr(config, field.name))
    }
    if hasattr(config, "dropout_rate"):
        changes["dropout_rate"] = 0.0
    return dataclasses.replace(config, **changes)


def read_inputs(path: Path) -> np.ndarray:
    """The array in an .npy file. Raises DataError if there is none, or no examples."""
    try:
        array = to_numbers(str(path), np.load(path, allow_pickle=False))
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"{path} is not an .npy file of numbers: {reason_of(error)}.") from error
    if array.ndim < 2 or not len(array) or not np.isfinite(array).all():
        raise DataError(f"{path} must hold finite numbers, one row an example.")
    return array


def make_batches(
    network: Network,
    batch_size: int | None,
    steps: int,
    seed: int,
    inputs: np.ndarray | None = None,
) -> list[tuple[tf.Tensor, tf.Tensor]]:
    """Inputs and targets for each step: random numbers in [0, 1), or words of a vocabulary.

    Args:
        network: a `Network` of one input.
        batch_size: how many examples in a step; None for a few.
        steps: how many steps.
        seed: of the random numbers.
        inputs: arrays to use instead, `[examples, ...]`; each step takes the next ones.
    """
    spec = network.input_spec
    if not isinstance(spec, tf.TensorSpec):
        raise ConfigError("a network of several inputs is compared in Python, with twin.compare.")
    generator, found = np.random.default_rng(seed), []
    example = [OPEN_AXIS if size is None else size for size in spec.shape[1:]]
    batch_size = batch_size or (8 if math.prod(example) <= LARGE else 2)
    for step in range(steps):
        shape = [batch_size, *example]
        if inputs is not None:
            rows = np.arange(step * batch_size, (step + 1) * batch_size) % len(inputs)
            batch = tf.convert_to_tensor(inputs[rows].astype(spec.dtype.as_numpy_dtype))
        elif spec.dtype.is_integer:
            words = getattr(network.config, "words", 2)
            batch = tf.constant(generator.integers(0, words, shape), spec.dtype)
        else:
            batch = tf.constant(generator.random(shape), spec.dtype)
        targets = generator.random(network(batch).shape, np.float32)
        found.append((batch, tf.constant(targets)))
    return found


def train(network: Network, recipe: Recipe, batches: list) -> OurStep:
    """Traces a step, and makes it and those after it. The loss is the mean squared error.

    Args:
        network: a `Network`; it is trained.
        recipe: a `Recipe`.
        batches: a pair of inputs and targets for each step.
    """
    task = Task(losses.mean_squared_error)
    state = TrainingState(network.variables, recipe.make_optimizer(), task.metric_names)
    targets = tf.TensorSpec([None, *batches[0][1].shape[1:]], tf.float32)
    step = build_train_step(network, task, state, recipe, [network.input_spec, targets])
    found = trace.of_step(step, network.variables.all(), *batches[0], max_kept=twin.ALL)
    means = [float(tf.reduce_mean(step(*batch)["loss"])) for batch in batches]
    return OurStep(step, found, means)
