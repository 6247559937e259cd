"""Each format that a trained network can be written to: one function each, which says what it did.

Each takes what `lowlevel.prediction.trained.load` loads, and a path that is still free, and returns
text: for weights a table, name by name.
"""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from lowlevel.checks import import_extra
from lowlevel.exchange import (
    keras_file,
    litert,
    onnx_file,
    places,
    pytorch,
    safetensors_file,
    serving_directory,
    stablehlo,
    whole_file,
    with_state,
)
from lowlevel.prediction import export, trained


def to_keras(source: Path, path: Path) -> str:
    """Weights for Keras, with the state of the optimizer if it is Adam."""
    network, state, reason = with_state.load(source)
    found = keras_file.write(path, network.network, state)
    left = f"without the optimizer: {reason}" if state is None else "with the slots of Adam"
    return f"{_table(found, network)}\n{left}"


def to_safetensors(source: Path, path: Path) -> str:
    """Weights under our names, with the run's config."""
    network = trained.load(source)
    return _table(safetensors_file.write(path, network.network, config=network.config), network)


def to_pytorch(source: Path, path: Path) -> str:
    """Weights as a `state_dict` of PyTorch, without pickle."""
    network = trained.load(source)
    counters = pytorch.counters(network.network)
    found = safetensors_file.write(path, network.network, pytorch.layout, beside=counters)
    return _table(found, network)


def to_litert(source: Path, path: Path, kind: str = "float32", examples: Any = None) -> str:
    """The network for LiteRT, see `litert.write`."""
    names = litert.write(path, trained.load(source), kind, examples)
    return f"{kind}, {path.stat().st_size:,} bytes; outputs: {', '.join(names)}"


def to_onnx(source: Path, path: Path) -> str:
    """The network as ONNX."""
    names = onnx_file.write(path, trained.load(source))
    return f"{path.stat().st_size:,} bytes; outputs: {', '.join(names)}"


def to_stablehlo(source: Path, path: Path) -> str:
    """The network as text, for a batch of one."""
    stablehlo.write(path, trained.load(source))
    return f"{len(path.read_text().splitlines())} lines"


def to_serving(source: Path, path: Path) -> str:
    """The next version of a model of TensorFlow Serving."""
    return f"version {serving_directory.write(source, path).name}"


def to_savedmodel(source: Path, path: Path) -> str:
    """A SavedModel."""
    network = export.save_savedmodel(source, path)
    for_images = network.image_shape is not None
    return f"signatures: serving_default{' (uint8), float_images' if for_images else ''}"


def to_weights(source: Path, path: Path) -> str:
    """An HDF5 file of our own."""
    network = export.save_weights(source, path)
    return _table(safetensors_file.own_layout(network.network), network)


def _table(found, network):
    return places.table(found, network.variables)


def _needs(module, extra):
    """A check that a path is free and a library is there."""

    def check(path):
        import_extra(module, extra)
        whole_file.check_free(path)

    return check


@dataclasses.dataclass(frozen=True)
class Format:
    """How a format is written.

    Attributes:
        write: function of (source, path) that returns text.
        check: function of a path that raises an error if it cannot be written.
    """

    write: Callable[..., str]
    check: Callable[[Path], Any] = whole_file.check_free


FORMATS = {
    "savedmodel": Format(to_savedmodel, export.check_new_directory),
    "weights": Format(to_weights, export.check_new_file),
    "keras": Format(to_keras, _needs("h5py", "hdf5")),
    "safetensors": Format(to_safetensors, _needs("safetensors", "safetensors")),
    "pytorch": Format(to_pytorch, _needs("safetensors", "safetensors")),
    "litert": Format(to_litert),
    "serving": Format(to_serving, serving_directory.next_version),
    "onnx": Format(to_onnx, _needs("tf2onnx", "onnx")),
    "stablehlo": Format(to_stablehlo),
}


def examples_of(network_path: Path, image_paths: list[Path]) -> np.ndarray:
    """Image files as the network takes them, uint8 `[images, height, width, channels]`.

    Raises:
        CheckpointError: the network does not take images.
        DataError: a file cannot be read as an image.
    """
    from lowlevel.data import image_file
    from lowlevel.prediction.predictor import Predictor

    predictor = Predictor(network_path)
    return np.stack(
        [
            image_file.read_for(predictor.image_files, predictor.image_shape, path)
            for path in image_paths
        ]
    )
