"""Where a PyTorch `state_dict` keeps our variables, and in what shape.

The file is `.safetensors`, which torch loads without pickle: a `.pt` file is a pickle, which can
run anything when it is opened, and is not read here.

A layer `block1/c1` is the module `block1.c1`. Kernels are transposed: `Conv2d` has `[out, in,
height, width]`, `ConvTranspose2d` `[in, out, height, width]`, `Linear` `[out, in]`. PyTorch
flattens channels first, so a dense layer's inputs are put into that order. The module's settings
are not in a `state_dict`: batch norm's momentum is 1 minus ours, and its epsilon is 1e-3.
"""

import math

import numpy as np

from lowlevel.checks import CheckpointError
from lowlevel.exchange import descriptions
from lowlevel.exchange.graph import Layer
from lowlevel.exchange.places import Place
from lowlevel.files import FilePath
from lowlevel.nets.network import Network

BATCHES = ".num_batches_tracked"  # PyTorch counts them; nothing is computed from it
PICKLES = (".pt", ".pth", ".bin", ".pkl", ".ckpt")
ENDS = {"weights": "weight", "biases": "bias", "mean": "running_mean", "variance": "running_var"}


def layout(network: Network) -> list[Place]:
    """Where each variable of a network is. Raises ConfigError if it is not of the registry."""
    shapes = {name: tuple(v.shape.as_list()) for name, v in network.variables.all().items()}
    return [
        _place(layer, part, ours, shapes[f"{part}{ours}"])
        for layer, part in descriptions.describe(network).walk()
        for ours, _ in layer.variables
    ]


def counters(network: Network) -> dict[str, np.ndarray]:
    """What a `state_dict` has beside our variables: how many batches each batch norm has seen."""
    return {
        place.theirs.replace(".running_mean", BATCHES): np.array(0, np.int64)
        for place in layout(network)
        if place.theirs.endswith(".running_mean")
    }


def check_no_pickle(path: FilePath) -> None:
    """Raises CheckpointError, with the way out, for a file that torch has pickled."""
    if str(path).endswith(PICKLES):
        raise CheckpointError(
            f"{path} is a pickle by its name, which could run anything; in PyTorch, write "
            f"safetensors.torch.save_file(model.state_dict(), 'model.safetensors') instead."
        )


def _place(layer: Layer, part: str, ours: str, shape: tuple[int, ...]) -> Place:
    kind, _, name = ours.partition("/")
    if kind == "state":
        name, _, kind = name.rpartition("/")
    theirs = f"{part}{name}".replace("/", ".") + f".{ENDS[kind]}"
    if layer.kind == "LayerNormalization" and not layer.settings["scale"]:  # a learned tensor
        return Place(f"{part}{ours}", theirs.removesuffix(".weight"), shape)
    split, axes = _moved(layer, kind, shape)
    there = shape
    if axes is not None and layer.kind.startswith("Conv2D"):
        there = tuple(split[axis] for axis in axes)
    elif axes is not None and len(shape) == 2:
        there = shape[::-1]
    return Place(f"{part}{ours}", theirs, there, split, axes)


def _moved(layer, kind, shape):
    """The axes that a variable of ours is split into, and their order in PyTorch; None for none."""
    inputs, outputs = layer.pixels
    if kind != "weights":
        # The bias of a dense layer whose outputs become an image is put in order with them.
        return (None, None) if kind != "biases" or outputs is None else (outputs, (2, 0, 1))
    if layer.kind == "Conv2D":  # one that sees patches has weights [height * width * in, out]
        window = layer.settings["kernel_size"]
        channels = shape[0] // math.prod(window) if len(shape) == 2 else shape[2]
        return (*window, channels, shape[-1]), (3, 2, 0, 1)
    if layer.kind == "Conv2DTranspose":
        return shape, (3, 2, 0, 1)
    if inputs is not None:
        return (*inputs, shape[1]), (3, 2, 0, 1)
    if outputs is not None:
        return (shape[0], *outputs), (3, 1, 2, 0)
    return (None, None) if len(shape) == 1 or layer.kind == "Embedding" else (shape, (1, 0))
