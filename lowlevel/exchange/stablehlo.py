"""A network as StableHLO: the text that XLA compiles, to be read."""

import re

import tensorflow as tf

from lowlevel.checks import ConfigError, check_integer
from lowlevel.exchange import portable, whole_file
from lowlevel.files import FilePath
from lowlevel.prediction.serving import TrainedNetwork

LENGTH = 8  # of a sentence: XLA compiles for sizes that are known


def write(path: FilePath, network: TrainedNetwork, batch_size: int = 1) -> None:
    """Writes what XLA is given for a batch of that size.

    A comment at the top tells which variable each argument is, and one behind each line the op
    that it is from, such as `c1/Conv2D`.

    Args:
        path: a file that does not exist.
        network: a `TrainedNetwork`.
        batch_size: XLA compiles for sizes that are known.

    Raises:
        CheckpointError: the file exists or cannot be written.
        ConfigError: the batch size is not a whole number above 0, or TensorFlow is too old.
    """
    whole_file.check_free(path)
    whole_file.write_new(path, text(network, batch_size).encode())


def text(network: TrainedNetwork, batch_size: int = 1) -> str:
    """What `write` writes."""
    check_integer("batch_size", batch_size, 1)
    spec = network.input_spec
    sizes = [LENGTH if size is None else size for size in spec.shape[1:]]
    inner = portable.function_of(network).python_function
    function = tf.function(inner, jit_compile=True, autograph=False)
    spec = tf.TensorSpec([batch_size, *sizes], spec.dtype, name=spec.name)
    try:
        lowered = function.experimental_get_compiler_ir(spec)(stage="stablehlo")
    except ValueError as error:
        raise ConfigError(
            f"StableHLO needs TensorFlow 2.19 or later, not {tf.__version__}."
        ) from error
    names = [spec.name, *_arguments(function.get_concrete_function(spec))]
    head = [f"// %arg{number} of main is {name}" for number, name in enumerate(names)]
    return "\n".join([*head, *_readable(lowered), ""])


def _arguments(function):
    """The names of the variables that a function takes, in its order."""
    by_handle = {id(variable.handle): variable.name for variable in function.variables}
    return [
        by_handle.get(id(tensor), "a constant").partition(":")[0]
        for tensor in function.captured_inputs
    ]


def _readable(lowered):
    """Lines without places in source files, each with the op that it is from."""
    named = dict(re.findall(r'^(#loc\d*) = loc\("([^"/][^"]*)"\)$', lowered, re.M))
    for place, inside in re.findall(r"^(#loc\d*) = loc\(fused\[(#loc\d*)", lowered, re.M):
        named[place] = named.get(inside, "")
    for line in lowered.splitlines():
        if not line.startswith("#loc"):
            place = re.search(r" loc\((#loc\d*)\)$", line)
            short = re.sub(r" loc\([^()]*\)", "", line)
            name = named.get(place[1], "") if place else ""
            yield f"{short}  // {name}" if name else short
