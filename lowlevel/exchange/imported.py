"""Weights of other programs as a run directory, which predicts like any other."""

import dataclasses
import shutil
from pathlib import Path
from typing import Any

from lowlevel import __version__, files, nets
from lowlevel.checks import CheckpointError, ConfigError, check_path, reason_of
from lowlevel.exchange import keras_file, pytorch, safetensors_file
from lowlevel.exchange.places import Place
from lowlevel.files import FilePath
from lowlevel.nets.network import Network
from lowlevel.prediction import export, trained
from lowlevel.prediction.serving import TrainedNetwork
from lowlevel.storage.run_directory import ABOUT, PREDICTS_WITH, RunDirectory
from lowlevel.variables import join

ENDINGS = (keras_file.KERAS, keras_file.WEIGHTS, safetensors_file.SUFFIX)


def read(path: FilePath, like: str | None = None) -> tuple[TrainedNetwork, list[Place]]:
    """A trained network with the variables in a file.

    Args:
        path: a `.keras`, `.weights.h5` or `.safetensors` file. In the last, the names may be ours
            or PyTorch's.
        like: the name of a network, or the path of a trained one with the same config. None takes
            the config in a `.safetensors` file of ours.

    Returns:
        The network, and where each variable was.

    Raises:
        CheckpointError: the file is damaged or does not fit the network.
        ConfigError: there is no such network, or the file's ending is not known.
        MissingExtraError: h5py or safetensors is not installed.
    """
    where = check_path("a file of weights", path)
    pytorch.check_no_pickle(where)
    if not where.name.endswith(ENDINGS):
        raise ConfigError(f"{where} must end in {', '.join(ENDINGS)}.")
    if not where.is_file():
        raise CheckpointError(f"{where} is not a file.")
    # A file's own config must not claim more numbers than the file has.
    source = where if like is None else "the network to import"
    network = TrainedNetwork.from_config(_config(where, like), source)
    network.source = where
    return network, read_variables(where, network.network)


def read_variables(path: Path, network: Network) -> list[Place]:
    """Gives a network the variables in a file, see `read`; returns where each was."""
    if not path.name.endswith(safetensors_file.SUFFIX):
        return keras_file.read(path, network)
    ours = network.variables.all().keys()
    if ours & set(safetensors_file.names(path)):
        return safetensors_file.read(path, network)
    return safetensors_file.read(path, network, pytorch.layout, (pytorch.BATCHES,))


def save(network: TrainedNetwork, directory: FilePath, source: FilePath) -> None:
    """Writes a run directory without an optimizer.

    Args:
        network: a `TrainedNetwork`.
        directory: a directory that does not exist or is empty.
        source: the file that the weights are from, for the run's config.

    Raises:
        CheckpointError: there is something in the directory, or it cannot be written.
    """
    where = check_path("the run directory", directory).resolve()
    export.check_new_directory(where)
    about = {"imported_from": Path(source).name, "lowlevel": __version__}
    config = {name: part for name, part in network.config.items() if name != PREDICTS_WITH}
    config = config | {ABOUT: about}
    temporary = files.temporary_beside(where)
    try:
        run = RunDirectory(temporary)
        run.open(config)
        run.unlock()
        record = {"step": 0, "history": [], "config": config, "exported": True}
        run.save(join(variables=network.variables), record)
        if where.exists():
            where.rmdir()
        temporary.rename(where)
    except OSError as error:
        raise CheckpointError(f"{where} cannot be written: {reason_of(error)}.") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _config(path: Path, like: str | None) -> dict:
    """The config that the weights are for."""
    if like is None:
        in_file = path.name.endswith(safetensors_file.SUFFIX)
        there = safetensors_file.read_config(path) if in_file else None
        if there is None:
            raise ConfigError(f"{path} does not say which network it is for; say it with like=.")
        return there
    if like not in nets.NETS and Path(like).exists():
        return trained.load(like).config
    network = nets.make(like)
    config: Any = network.config
    names = [str(number) for number in range(getattr(config, "num_classes", 0))]
    return {
        "net": like,
        "net_config": dataclasses.asdict(config),
        "class_names": names,
        "preprocessing": preprocessing_of(network),
        "training": {"precision": network.precision},
    }


def preprocessing_of(network: Network) -> dict:
    """The preprocessing in the config of a network whose weights are all that is known: none."""
    shape = network.input_spec.shape
    if shape.rank == 4:
        return {"divide_by": 255, "image_files": "resize"}
    return {"mean": [0.0] * (shape[-1] or 0), "std": [1.0] * (shape[-1] or 0)}
