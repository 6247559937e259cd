"""Loads trained networks from a run directory, a weights file or a SavedModel."""

import sys
from pathlib import Path

import tensorflow as tf

from lowlevel import files
from lowlevel.checks import CheckpointError, check_path, reason_of
from lowlevel.files import FilePath
from lowlevel.prediction.serving import TrainedNetwork
from lowlevel.storage import checkpoint, records, weights_file
from lowlevel.storage.history import best_epoch
from lowlevel.storage.kept_checkpoints import checkpoint_name
from lowlevel.storage.run_directory import BEST_EPOCH, PREDICTS_WITH, RunDirectory
from lowlevel.variables import join

SAVED_MODEL = "saved_model.pb"
SAVED_MODEL_CONFIG = "lowlevel.json"
SAVED_MODEL_MANIFEST = "lowlevel-manifest.json"  # of files read here; older ones have none
SAVED_MODEL_VARIABLES = "network_variables"


def load(path: FilePath) -> TrainedNetwork:
    """A `TrainedNetwork` with its variables.

    Args:
        path: a run directory: its newest whole checkpoint is taken, or that of the best epoch if
            the run's config says `"predicts_with": "best epoch"`; a weights file, see
            `lowlevel.storage.weights_file`; or a SavedModel of `prediction.export`: its variables
            are read, and nothing in it is run.

    Raises:
        CheckpointError: there is no network, or it does not fit its config.
        MissingExtraError: it is a weights file, and h5py is not installed.
    """
    path = check_path("a trained network", path)
    if not path.exists():
        raise CheckpointError(f"{path} does not exist.")
    if path.is_file():
        network = TrainedNetwork.from_config(weights_file.read_config(path), path)
        weights_file.restore(path, network.variables)
        return network
    if (path / SAVED_MODEL).is_file():
        return _load_saved_model(path)
    config, checkpoint_path = find_checkpoint(path)
    network = TrainedNetwork.from_config(config, checkpoint_path)
    restore(network.variables, checkpoint_path)
    return network


def find_checkpoint(path: FilePath) -> tuple[dict, Path]:
    """The config of the run in a directory, and the checkpoint that it predicts with.

    Raises:
        CheckpointError: there is no checkpoint.
    """
    newest = RunDirectory(path).newest()
    if newest is None:
        raise CheckpointError(f"{path} contains no checkpoint of a run.")
    checkpoint_path, record = newest
    if "config" not in record:
        raise CheckpointError(
            f"{path} holds variables, but no config to predict with: `Model.restore` reads it."
        )
    config = record["config"]
    if isinstance(config, dict) and config.get(PREDICTS_WITH) == BEST_EPOCH:
        checkpoint_path = _best(checkpoint_path, records.check_history(record, checkpoint_path))
    return config, checkpoint_path


def restore(
    named_variables: dict[str, tf.Variable], checkpoint_path: Path, part: str = "variables"
) -> None:
    """Gives variables the values in a part of a checkpoint, such as "variables/encoder".

    Raises:
        CheckpointError: they do not fit.
    """
    checkpoint.restore(checkpoint_path, join(**{part: named_variables}), f"{part}/")


def _best(newest, history):
    """The checkpoint of the best epoch; the newest if there is none or it is damaged."""
    if not history:
        return newest
    row = best_epoch(history)
    path = newest.with_name(checkpoint_name(row["epoch"], row["step"]))
    try:
        checkpoint.read_record(path)
    except CheckpointError as error:
        print(f"{error}\nusing {newest} instead.", file=sys.stderr)
        return newest
    return path


def _check_manifest(path):
    """Raises CheckpointError if a file of a SavedModel is not as it was written."""
    if not (path / SAVED_MODEL_MANIFEST).exists():
        return
    manifest = files.read_json(path / SAVED_MODEL_MANIFEST)
    wrong = [SAVED_MODEL_MANIFEST]
    if isinstance(manifest, dict):
        inside = {file.relative_to(path).as_posix() for file in path.rglob("*")}
        wrong = [
            name
            for name, entry in manifest.items()
            if name not in inside or not files.matches(path / name, entry)
        ]
    if wrong:
        raise CheckpointError(f"{path} is damaged: {min(wrong)} is not as it was written.")


def _load_saved_model(path):
    try:
        _check_manifest(path)
        config = files.read_json(path / SAVED_MODEL_CONFIG)
    except (OSError, ValueError) as error:
        raise CheckpointError(
            f"{path} is not a SavedModel of scripts/export.py: {reason_of(error)}."
        ) from error
    network = TrainedNetwork.from_config(config, path)
    restore(network.variables, path / checkpoint.PREFIX, SAVED_MODEL_VARIABLES)
    return network
