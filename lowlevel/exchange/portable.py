"""A trained network as a function that other runtimes can run, and the file it is written to."""

from pathlib import Path

import tensorflow as tf

from lowlevel import files
from lowlevel.checks import CheckpointError, check_path, reason_of
from lowlevel.files import FilePath
from lowlevel.prediction.serving import TrainedNetwork
from lowlevel.types import GraphFunction


def function_of(network: TrainedNetwork) -> GraphFunction:
    """The compiled function of a batch of inputs that returns a dict of answers.

    It is `network.serve`, with preprocessing; but for a detector it gives `cells`, what the network
    says of each cell: other runtimes have no op for the choice of the best boxes.
    """
    if "boxes" not in network.answers:
        return network.serve

    def cells(inputs):
        return {"cells": network.network(network.preprocess(inputs))}

    return tf.function(cells, input_signature=[network.input_spec], autograph=False)


def check_free(path: FilePath) -> Path:
    """Returns the path of a new file. Raises CheckpointError if there is one."""
    where = check_path("the file", path)
    if where.exists():
        raise CheckpointError(f"{where} exists already; choose a new name.")
    return where


def write(path: FilePath, content: bytes) -> None:
    """Writes a new file, whole or not at all. Raises CheckpointError if it cannot be written."""
    where = check_free(path)
    temporary = files.temporary_beside(where)
    try:
        temporary.write_bytes(content)
        files.sync(temporary)
        temporary.replace(where)
    except OSError as error:
        raise CheckpointError(f"{where} cannot be written: {reason_of(error)}.") from error
    finally:
        temporary.unlink(missing_ok=True)
