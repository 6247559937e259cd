"""Trained networks as files for other programs: a SavedModel, or the weights alone."""

import json
import shutil
from pathlib import Path

import tensorflow as tf

from lowlevel import files
from lowlevel.checks import CheckpointError, import_extra, reason_of
from lowlevel.files import FilePath
from lowlevel.prediction import trained
from lowlevel.prediction.serving import TrainedNetwork
from lowlevel.prediction.trained import (
    SAVED_MODEL,
    SAVED_MODEL_CONFIG,
    SAVED_MODEL_MANIFEST,
    SAVED_MODEL_VARIABLES,
)
from lowlevel.storage import checkpoint, weights_file


def save_savedmodel(network_path: FilePath, directory: FilePath) -> TrainedNetwork:
    """Writes a SavedModel that can be used without this package.

    Its signatures return what the network's `TrainedNetwork.answer` does, for any
    batch size, preprocessing included. A network for images has two: `serving_default` of uint8
    `images`, and `float_images` of float32 `images` in [0, 1]; any other has `serving_default`.

    Args:
        network_path: a run directory or a weights file.
        directory: a directory that does not exist or is empty.

    Returns:
        The network.

    Raises:
        CheckpointError: there is no network, or the directory is not empty or cannot be written.
    """
    directory = Path(directory).resolve()
    check_new_directory(directory)
    network = trained.load(network_path)
    module = tf.Module()
    setattr(module, SAVED_MODEL_VARIABLES, checkpoint.nest(network.variables))

    signatures = _signatures(network)
    temporary = directory.with_name(f"{files.TEMPORARY}{directory.name}")
    try:
        shutil.rmtree(temporary, ignore_errors=True)
        tf.saved_model.save(module, str(temporary), signatures)
        config = json.dumps(network.config, indent=1) + "\n"
        (temporary / SAVED_MODEL_CONFIG).write_text(config, encoding="utf-8")
        manifest = {
            file.relative_to(temporary).as_posix(): files.fingerprint(file)
            for file in sorted(temporary.rglob("*"))
            if file.is_file() and file.name != SAVED_MODEL  # which is not read here
        }
        (temporary / SAVED_MODEL_MANIFEST).write_text(json.dumps(manifest, indent=1))
        if directory.exists():
            directory.rmdir()
        temporary.rename(directory)
    except (OSError, tf.errors.OpError) as error:
        raise CheckpointError(f"{directory} cannot be written: {reason_of(error)}.") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return network


def _signatures(network):
    if network.image_shape is None:
        return {"serving_default": network.serve}

    def of_images(dtype, divide_by):
        return tf.function(
            lambda images: network.answer(tf.cast(images, tf.float32) / divide_by),
            input_signature=[tf.TensorSpec(network.input_spec.shape, dtype, name="images")],
            autograph=False,
        )

    return {"serving_default": of_images(tf.uint8, 255), "float_images": of_images(tf.float32, 1)}


def save_weights(network_path: FilePath, file: FilePath) -> TrainedNetwork:
    """Writes all variables by name to an HDF5 file, see `lowlevel.storage.weights_file`.

    Args:
        network_path: a run directory.
        file: a file that does not exist.

    Returns:
        The network.

    Raises:
        CheckpointError: there is no network, or the file exists or cannot be written.
        MissingExtraError: h5py is not installed.
    """
    check_new_file(file)
    network = trained.load(network_path)
    weights_file.write(file, network.variables, network.config)
    return network


def check_new_file(file: FilePath) -> None:
    """Raises CheckpointError if the file exists, MissingExtraError without h5py."""
    import_extra("h5py", "hdf5")
    if Path(file).exists():
        raise CheckpointError(f"{file} exists already; choose a new name.")


def check_new_directory(directory: FilePath) -> None:
    """Raises CheckpointError if the path exists and is not an empty directory."""
    directory = Path(directory)
    if directory.exists() and not (directory.is_dir() and not any(directory.iterdir())):
        raise CheckpointError(f"{directory} exists already; choose a new directory.")
