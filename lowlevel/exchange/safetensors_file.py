"""Writes and reads `.safetensors` files: named arrays, a header of JSON, and no code.

The names are ours, such as `weights/c1`, or those of a PyTorch `state_dict`, such as `c1.weight`,
see `lowlevel.exchange.pytorch`. A file of ours holds the run's config in its header.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lowlevel import files
from lowlevel.checks import CheckpointError, check_path, import_extra, reason_of
from lowlevel.exchange import places, whole_file
from lowlevel.exchange.places import Place
from lowlevel.files import FilePath
from lowlevel.nets.network import Network

SUFFIX, CONFIG = ".safetensors", "config"
Layout = Callable[[Network], list[Place]]


def own_layout(network: Network) -> list[Place]:
    """Every variable under our name, in our shape."""
    return [
        Place(name, name, tuple(variable.shape.as_list()))
        for name, variable in network.variables.all().items()
    ]


def write(
    path: FilePath, network: Network, layout: Layout = own_layout, config: dict | None = None,
    beside: Mapping[str, np.ndarray] | None = None,
) -> list[Place]:  # fmt: skip
    """Writes a network's variables.

    Args:
        path: the file.
        network: the network.
        layout: names and shapes in the file: `own_layout` or `pytorch.layout`.
        config: the run's config, to be kept in the header.
        beside: other arrays to write, by name.

    Returns:
        Where each variable is in the file.

    Raises:
        CheckpointError: the file cannot be written.
        MissingExtraError: safetensors is not installed.
    """
    library = import_extra("safetensors.numpy", "safetensors")
    where = check_path("a safetensors file", path)
    variables = network.variables.all()
    found = layout(network)
    arrays = {place.theirs: place.to_theirs(variables[place.ours].numpy()) for place in found}
    header = {} if config is None else {CONFIG: json.dumps(config)}
    whole_file.replace(where, library.save(arrays | dict(beside or {}), header))
    return found


def read(
    path: FilePath, network: Network, layout: Layout = own_layout, left: tuple[str, ...] = ()
) -> list[Place]:
    """Gives a network the variables in a file: all, or none if there is an error.

    Args:
        path: the file.
        network: the network.
        layout: see `write`.
        left: ends of the names of arrays that are left aside.

    Returns:
        Where each variable was.

    Raises:
        CheckpointError: the file is damaged or does not fit the network; the text says where.
        MissingExtraError: safetensors is not installed.
    """
    variables, wanted = network.variables.all(), layout(network)
    with _Opened(path) as (file, where):
        found = {}
        for name in file.keys():  # noqa: SIM118 (it is no dict)
            if not (left and name.endswith(left)):
                about = file.get_slice(name)
                found[name] = (about.get_dtype(), about.get_shape())
        places.check(wanted, found, where, dtype="F32")
        arrays = {place.theirs: file.get_tensor(place.theirs) for place in wanted}
    places.assign(wanted, arrays, variables, where)
    return wanted


def names(path: FilePath) -> list[str]:
    """The names of the arrays in a file. Raises CheckpointError as `read` does."""
    with _Opened(path) as (file, _):
        return list(file.keys())


def read_config(path: FilePath) -> Any:
    """The config in a file's header; None if there is none. Raises CheckpointError if damaged."""
    with _Opened(path) as (file, where):
        text = (file.metadata() or {}).get(CONFIG)
        try:
            return None if text is None else files.parse_json(text)
        except ValueError as error:
            raise CheckpointError(
                f"the config in {where} is damaged: {reason_of(error)}."
            ) from error


class _Opened:
    """Opens a file: a context manager that gives the library's object and the path."""

    def __init__(self, path: FilePath) -> None:
        self.library = import_extra("safetensors", "safetensors")
        self.path: Path = check_path("a safetensors file", path)

    def __enter__(self) -> tuple[Any, Path]:
        if not self.path.is_file():
            raise CheckpointError(f"{self.path} is not a file.")
        try:
            self.file = self.library.safe_open(str(self.path), framework="numpy")
            return self.file.__enter__(), self.path
        except (self.library.SafetensorError, OSError, ValueError) as error:
            raise self._damaged(error) from error

    def __exit__(self, kind, error, trace) -> None:
        self.file.__exit__(kind, error, trace)
        if isinstance(error, self.library.SafetensorError):
            raise self._damaged(error) from error

    def _damaged(self, error):
        return CheckpointError(f"{self.path} is not a safetensors file: {reason_of(error)}.")
