"""The directory that TensorFlow Serving watches: `name/1/`, with requests that warm a model up."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import tensorflow as tf

from lowlevel import files
from lowlevel.checks import CheckpointError, check_path, import_extra, reason_of
from lowlevel.files import FilePath
from lowlevel.prediction import export, trained
from lowlevel.prediction.serving import TrainedNetwork

FOLDER, REQUESTS = "assets.extra", "tf_serving_warmup_requests"
BATCH_SIZES = (1, 32)
LENGTH = 8  # of a sentence


def write(network_path: FilePath, directory: FilePath) -> Path:
    """Writes a SavedModel as the next version of a model: `directory/1`, then `directory/2`.

    The server runs its requests before it answers others, so that the first user does not wait.

    Args:
        network_path: what `lowlevel.prediction.trained.load` loads.
        directory: the model's directory; its name is the model's.

    Returns:
        The directory of the version.

    Raises:
        CheckpointError: there is no network, or the directory has other files in it, or cannot be
            written.
        MissingExtraError: tensorflow-serving-api is not installed.
    """
    where = check_path("the model's directory", directory).resolve()
    version = where / str(next_version(where))
    library = import_extra("tensorflow_serving.apis.prediction_log_pb2", "serving")
    network = trained.load(network_path)
    temporary = files.temporary_beside(version)
    try:
        where.mkdir(parents=True, exist_ok=True)
        export.save_savedmodel(network_path, temporary)
        (temporary / FOLDER).mkdir()
        with tf.io.TFRecordWriter(str(temporary / FOLDER / REQUESTS)) as records:
            for log in _logs(network, where.name, library):
                records.write(log.SerializeToString())
        temporary.rename(version)
    except (OSError, tf.errors.OpError) as error:
        raise CheckpointError(f"{version} cannot be written: {reason_of(error)}.") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return version


def next_version(directory: FilePath) -> int:
    """One more than the newest version in a directory.

    Raises:
        CheckpointError: there are other files in it.
        MissingExtraError: tensorflow-serving-api is not installed.
    """
    import_extra("tensorflow_serving.apis.prediction_log_pb2", "serving")
    where = Path(directory)
    if where.exists() and not where.is_dir():
        raise CheckpointError(f"{where} is a file; choose a new directory.")
    there = [path.name for path in where.iterdir()] if where.exists() else []
    foreign = [name for name in there if not name.isdecimal()]
    if foreign:
        raise CheckpointError(
            f"{where} holds {min(foreign)}, which is no version of a model; choose a new directory."
        )
    return max(map(int, there), default=0) + 1


def _logs(network: TrainedNetwork, name: str, library) -> Iterator:
    """A `PredictionLog` for each signature and batch size; all its inputs are zeros."""
    signatures = {"serving_default": network.input_spec.dtype}
    if network.image_shape is not None:
        signatures = {"serving_default": tf.uint8, "float_images": tf.float32}
    sizes = [LENGTH if size is None else size for size in network.input_spec.shape[1:]]
    for signature, dtype in signatures.items():
        for batch_size in BATCH_SIZES:
            log = library.PredictionLog()
            request = log.predict_log.request
            request.model_spec.name, request.model_spec.signature_name = name, signature
            inputs = tf.make_tensor_proto(tf.zeros([batch_size, *sizes], dtype))
            request.inputs[network.input_spec.name].CopyFrom(inputs)
            yield log
