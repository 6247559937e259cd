"""ONNX files, made by tf2onnx from the network's function."""

import tensorflow as tf

from lowlevel.checks import CheckpointError, ConfigError, import_extra, reason_of
from lowlevel.exchange import portable, whole_file
from lowlevel.files import FilePath
from lowlevel.prediction.serving import TrainedNetwork

OPSET = 17  # the newest that has all that the networks need in onnxruntime since 1.12


def write(path: FilePath, network: TrainedNetwork) -> list[str]:
    """Writes a network, with preprocessing, for any batch size.

    Args:
        path: a file that does not exist.
        network: a `TrainedNetwork`.

    Returns:
        The names of the outputs.

    Raises:
        CheckpointError: the file exists, or cannot be written, or tf2onnx does not know an op of
            the network.
        ConfigError: TensorFlow is too old for onnx.
        MissingExtraError: tf2onnx is not installed.
    """
    whole_file.check_free(path)
    try:
        library = import_extra("tf2onnx", "onnx")
    except AttributeError as error:  # onnx takes names from ml_dtypes that an old one lacks
        raise ConfigError(
            f"the installed onnx does not work beside TensorFlow {tf.__version__}, "
            f"but beside 2.18 and later: {reason_of(error)}."
        ) from error
    function = portable.function_of(network)
    try:
        model, _ = library.convert.from_function(
            function, input_signature=[network.input_spec], opset=OPSET
        )
    except (ValueError, RuntimeError, tf.errors.OpError) as error:  # of ops that it does not know
        raise CheckpointError(
            f"{network.source} cannot become ONNX: {reason_of(error)}."
        ) from error
    whole_file.write_new(path, model.SerializeToString())
    return [output.name for output in model.graph.output]
