"""Writes and reads Keras's own files, `.keras` and `.weights.h5`, without Keras.

A `.keras` file is a zip archive. Of its members `config.json` is read, which describes layers as
data, and `model.weights.h5`; nothing in it is run. `lowlevel.exchange.keras_layout` knows where
what is.
"""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import tensorflow as tf

from lowlevel import __version__, optimizers
from lowlevel.checks import CheckpointError, ConfigError, check_path, import_extra
from lowlevel.exchange import (
    descriptions,
    keras_config,
    keras_layout,
    keras_member,
    places,
    whole_file,
)
from lowlevel.exchange.graph import Graph
from lowlevel.exchange.places import Place
from lowlevel.files import FilePath
from lowlevel.nets.network import Network
from lowlevel.storage import hdf5
from lowlevel.training.state import TrainingState

KERAS, WEIGHTS = ".keras", ".weights.h5"
LAYOUT_OF = "3.12.0"  # the version of Keras whose layout this is


def write(path: FilePath, network: Network, state: TrainingState | None = None) -> list[Place]:
    """Writes a network's variables, and in a `.keras` file its layers, for Keras to load.

    Args:
        path: the file; its name ends in `.keras` or `.weights.h5`.
        network: a network of the registry.
        state: its training so far, to go on with in Keras: the number of steps, and the slots of
            Adam. A `.keras` file then says how it is trained, with the learning rate of now.

    Returns:
        Where each variable is in the file.

    Raises:
        CheckpointError: the file cannot be written.
        ConfigError: the optimizer is not one that Keras's Adam equals, or the file has another
            ending.
        MissingExtraError: h5py is not installed.
    """
    h5py = import_extra("h5py", "hdf5")
    where = _check_ending(path)
    graph = descriptions.describe(network)
    variables = network.variables.all()
    found = keras_layout.places(graph, _shapes(variables))
    arrays = {place.theirs: place.to_theirs(variables[place.ours].numpy()) for place in found}
    arrays |= {} if state is None else _optimizer_arrays(found, state)
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        file.create_group("vars").attrs["name"] = graph.name
        for layer, _, group in keras_layout.groups(graph):
            file.create_group(f"{group}/vars").attrs["name"] = layer.name
        for name, array in arrays.items():
            file[name] = array
    if where.name.endswith(KERAS):
        content = _archive(graph, state, content.getvalue())
    whole_file.replace(where, content.getvalue())
    return found


def read(path: FilePath, network: Network, state: TrainingState | None = None) -> list[Place]:
    """Gives a network the variables in a file: all, or none if there is an error.

    Args:
        path: a `.keras` or `.weights.h5` file of Keras, or of `write`.
        network: a network of the registry. A `.keras` file must have its layers with its settings.
        state: if it is given, it takes the number of steps and the slots of Adam, too.

    Returns:
        Where each variable was.

    Raises:
        CheckpointError: the file is damaged, or does not fit the network; the text says where.
        ConfigError: the optimizer is not Adam, or the file has another ending.
        MissingExtraError: h5py is not installed.
    """
    import_extra("h5py", "hdf5")
    where = _check_ending(path)
    if not where.is_file():
        raise CheckpointError(f"{where} is not a file.")
    graph = descriptions.describe(network)
    variables = network.variables.all()
    found = keras_layout.places(graph, _shapes(variables))
    wanted, extra = found, {}
    if state is not None:
        check_optimizer(state)
        slots = keras_layout.slot_places(found, network.variables.trainable())
        wanted, extra = [*found, *slots], state.optimizer.slots
    limit = keras_member.limit(places.size(found), len(found))
    if where.name.endswith(WEIGHTS):
        arrays, step = _read_hdf5(where, where, wanted, state is not None)
    else:
        with keras_member.unpacked(where, limit) as (config, weights):
            keras_config.check(config, graph, where)
            arrays, step = _read_hdf5(weights, where, wanted, state is not None)
    places.assign(wanted, arrays, variables | extra, where)
    if state is not None:
        state.step.assign(step)
    return found


def check_optimizer(state: TrainingState) -> None:
    """Raises ConfigError unless the optimizer is one whose state Keras's Adam can go on with."""
    optimizer = state.optimizer
    if type(optimizer) is not optimizers.Adam:
        raise ConfigError(f"only Adam's slots go to Keras, not {type(optimizer).__name__}'s.")
    if optimizer.weight_decay:
        raise ConfigError("Adam with weight decay cannot go to Keras, which shrinks biases, too.")


def _check_ending(path):
    path = check_path("a file of Keras", path)
    if not path.name.endswith((KERAS, WEIGHTS)):
        raise ConfigError(f"{path} must end in {KERAS} or {WEIGHTS}: Keras tells them apart by it.")
    return path


def _shapes(variables: dict[str, tf.Variable]) -> dict[str, list[int]]:
    return {name: variable.shape.as_list() for name, variable in variables.items()}


def _optimizer_arrays(found, state):
    """The optimizer's variables by their names in the file."""
    check_optimizer(state)
    step, rate = state.step.numpy(), state.optimizer.learning_rate(state.step)
    arrays = {
        keras_layout.ITERATIONS: np.int64(step),
        keras_layout.LEARNING_RATE: np.float32(rate),
    }
    for place in keras_layout.slot_places(found, state.variables.trainable()):
        arrays[place.theirs] = place.to_theirs(state.optimizer.slots[place.ours].numpy())
    return arrays


def _archive(graph: Graph, state, weights: bytes) -> io.BytesIO:
    """The bytes of a `.keras` file; the same network gives the same bytes."""
    model = keras_layout.model_json(graph)
    if state is not None:
        rate = float(state.optimizer.learning_rate(state.step))
        model["compile_config"] = keras_config.compiled(graph.name, state.optimizer, rate)
    metadata = {"keras_version": LAYOUT_OF, "lowlevel_version": __version__}
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, member in (
            (keras_member.METADATA, json.dumps(metadata).encode()),
            (keras_member.CONFIG, json.dumps(model).encode()),
            (keras_member.WEIGHTS, weights),
        ):
            archive.writestr(zipfile.ZipInfo(name), member)
    return content


def _read_hdf5(file_path: Path, shown: Path, wanted: list[Place], with_step: bool):
    """The arrays wanted by their names in the file, and the number of steps, or None.

    `shown` is the file that the user knows.
    """
    try:
        with hdf5.opened(file_path) as file:
            names = {keras_layout.renamed(name): name for name in file.datasets}
            datasets = {
                name: file.datasets[there]
                for name, there in names.items()
                if keras_layout.SEEDS not in name
                and (with_step or not name.startswith(f"{keras_layout.OPTIMIZER}/"))
            }
            if with_step:
                found = datasets.pop(keras_layout.ITERATIONS, None)
                if found is None or found[0] not in ("int64", "int32") or found[1]:
                    raise CheckpointError(f"{shown} holds no state of an optimizer.")
                datasets.pop(keras_layout.LEARNING_RATE, None)
            places.check(wanted, datasets, shown)
            arrays = {place.theirs: file.read(names[place.theirs]) for place in wanted}
            step = int(file.read(keras_layout.ITERATIONS)) if with_step else None
    except CheckpointError as error:
        raise CheckpointError(str(error).replace(str(file_path), str(shown))) from error
    if step is not None and step < 0:
        raise CheckpointError(f"{shown} counts {step} steps.")
    return arrays, step
