"""A trained network made anew from its config: from a run directory, or from a weights file."""

import json
import sys
from pathlib import Path

import tensorflow as tf

from lowlevel.checks import CheckpointError, reason_of
from lowlevel.prediction import serving
from lowlevel.storage import checkpoint, weights_file
from lowlevel.storage.history import best_epoch
from lowlevel.storage.run_directory import RunDirectory, checkpoint_name

# What a config that is not what it should be can lead to.
DAMAGE = (
    *(KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError),
    *(MemoryError, tf.errors.OpError),
)
PREDICTS_WITH, BEST_EPOCH = "predicts_with", "best epoch"
SAVED_MODEL = "saved_model.pb"
SAVED_MODEL_CONFIG = "lowlevel.json"
SAVED_MODEL_VARIABLES = "network_variables"


class Trained:
    """A network as its config describes it, its variables still to be restored.

    Attributes:
        config: the run's config, see `lowlevel.storage.run_directory`.
        source: the path it comes from, for messages.
        service: the network as a `Service`.
    """

    def __init__(self, config, source):
        """Makes the network that a config describes.

        Raises:
            CheckpointError: the config is damaged, or not one that this version knows.
        """
        self.config = config
        self.source = source
        try:
            self.service = serving.make(config)
        except DAMAGE as error:
            raise CheckpointError(
                f"the config of {source} is damaged: {reason_of(error)}."
            ) from error


def load(path):
    """A trained network with its variables.

    Args:
        path: a run directory, of which the newest whole checkpoint is taken, or that of the best
            epoch if the run's config says `"predicts_with": "best epoch"`; a weights file, see
            `lowlevel.storage.weights_file`; or a SavedModel of `prediction.export`, of which the
            variables are read and nothing is run.

    Raises:
        CheckpointError: there is none, or it does not fit its own config.
    """
    path = Path(path)
    if not path.exists():
        raise CheckpointError(f"{path} does not exist.")
    if path.is_file():
        trained = Trained(weights_file.read_config(path), path)
        weights_file.restore(path, trained.service.variables.all())
        return trained
    if (path / SAVED_MODEL).is_file():
        return _load_saved_model(path)
    newest = RunDirectory(path).newest()
    if newest is None:
        raise CheckpointError(f"{path} holds no checkpoint of a run.")
    checkpoint_path, record = newest
    if "config" not in record:
        raise CheckpointError(
            f"{path} holds variables, but no config to predict with: `Model.restore` reads it."
        )
    if not isinstance(record["config"], dict):
        raise CheckpointError(f"the config of {path} is damaged: it is no JSON object.")
    if record["config"].get(PREDICTS_WITH) == BEST_EPOCH:
        checkpoint_path = _best(checkpoint_path, record)
    trained = Trained(record["config"], checkpoint_path)
    tensors = {
        f"variables/{name}": value for name, value in trained.service.variables.all().items()
    }
    checkpoint.restore(checkpoint_path, tensors, prefix="variables/")
    return trained


def _best(newest, record):
    """The checkpoint of the best epoch; the newest before there is one, or if it is damaged."""
    try:
        if not record["history"]:
            return newest
        row = best_epoch(record["history"])
        path = newest.with_name(checkpoint_name(row["epoch"], row["step"]))
        checkpoint.read_record(path)
    except CheckpointError as error:
        print(f"{error}\nusing {newest} instead.", file=sys.stderr)
        return newest
    except DAMAGE as error:
        raise CheckpointError(f"the record of {newest} is damaged: {error!r}.") from error
    return path


def _load_saved_model(path):
    try:
        config = json.loads((path / SAVED_MODEL_CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError(
            f"{path} is not a SavedModel of scripts/export.py: {reason_of(error)}."
        ) from error
    if not isinstance(config, dict):
        raise CheckpointError(f"the config of {path} is damaged: it is no JSON object.")
    trained = Trained(config, path)
    prefix = f"{SAVED_MODEL_VARIABLES}/"
    tensors = {prefix + name: value for name, value in trained.service.variables.all().items()}
    checkpoint.restore(path / checkpoint.PREFIX, tensors, prefix)
    return trained
