"""LiteRT files (`.tflite`) for phones and small machines, in float32 or in 8 bits."""

import contextlib
import os
import re
import sys
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from lowlevel.arrays import to_numbers
from lowlevel.checks import CheckpointError, ConfigError, DataError, check_choice, reason_of
from lowlevel.exchange import portable, whole_file
from lowlevel.files import FilePath
from lowlevel.prediction.serving import TrainedNetwork
from lowlevel.storage import checkpoint
from lowlevel.types import ArrayLike

KINDS = ("float32", "dynamic", "int8")
MOST_EXAMPLES = 500  # more change little: what is kept is the range of each tensor
LENGTH = 64  # of a sentence, padded: LiteRT has no op for one of unknown length


def write(
    path: FilePath, network: TrainedNetwork, kind: str = "float32", examples: ArrayLike = None
) -> list[str]:
    """Writes a network, with preprocessing, for a batch of one; LiteRT can resize the batch.

    The signature `serving_default` takes and gives what the SavedModel's `float_images` does, by
    the same names; sentences are padded to `LENGTH` words.

    Args:
        path: a file that does not exist.
        network: a `TrainedNetwork`.
        kind: "float32"; "dynamic", whose weights are int8, and whose sums are made in float32 or
            int8 as the runtime likes; or "int8", which takes and gives int8 throughout: the scales
            are in the file.
        examples: for "int8", inputs from which the range of each tensor is measured, `[examples,
            ...]`: images uint8, or float in [0, 1].

    Returns:
        The names of the outputs.

    Raises:
        CheckpointError: the file exists, or cannot be written, or the network has an op that LiteRT
            does not have.
        ConfigError: there is no such kind, or examples are missing or superfluous.
        DataError: the examples do not fit the network.
    """
    whole_file.check_free(path)
    check_choice("the kind of LiteRT file", kind, KINDS)
    module, function = _frozen(network)
    converter: Any = tf.lite.TFLiteConverter.from_concrete_functions([function], module)
    if kind != "float32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if kind == "int8":
        inputs = _check(examples, network)
        converter.representative_dataset = lambda: _one_by_one(inputs)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.int8
    elif examples is not None:
        raise ConfigError(f"examples are for int8; {kind} needs none.")
    try:
        with _quietly():
            content = converter.convert()
    except Exception as error:
        if type(error).__name__ != "ConverterError":  # whose module is not public
            raise
        ops = re.search(r"TF Select ops: (.*)", str(error))
        missing = ops[1] if ops else reason_of(error).splitlines()[0]
        raise CheckpointError(
            f"{network.source} cannot become LiteRT, which lacks the ops {missing}."
        ) from error
    whole_file.write_new(path, content)
    return sorted(function.structured_outputs)


def _frozen(network):
    """The network's function for inputs of known length, and what holds its variables."""
    module: Any = tf.Module()
    module.variables_by_name = checkpoint.nest(network.variables)
    spec = network.input_spec
    sizes = [LENGTH if size is None else size for size in spec.shape[1:]]
    spec = tf.TensorSpec([None, *sizes], spec.dtype, name=spec.name)
    inner = portable.function_of(network).python_function
    module.function = tf.function(inner, input_signature=[spec], autograph=False)
    return module, module.function.get_concrete_function()


@contextlib.contextmanager
def _quietly():
    """Sends what the converter prints nowhere: its errors are raised as well."""
    sys.stderr.flush()
    kept = os.dup(2)
    with open(os.devnull, "w") as nowhere, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        os.dup2(nowhere.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def _check(examples, network):
    """The examples as float32. Raises ConfigError without them, DataError if they do not fit."""
    if examples is None:
        raise ConfigError("int8 needs examples, from which the range of each tensor is measured.")
    spec = network.input_spec
    if not spec.dtype.is_floating:
        raise ConfigError("int8 is for networks that take images or rows of a table.")
    array = to_numbers("examples", examples)
    if array.ndim == 0 or len(array) == 0 or not spec.shape.is_compatible_with(array.shape):
        raise DataError(f"examples must be {spec.shape}, not {array.shape}.")
    array = array / np.float32(255) if array.dtype == np.uint8 else array.astype(np.float32)
    return array[:MOST_EXAMPLES]


def _one_by_one(inputs) -> Iterator[list]:
    for number in range(len(inputs)):
        yield [inputs[number : number + 1]]
