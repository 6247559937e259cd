"""Where Keras 3 keeps variables in a weights file, and a network's description in a `.keras` file.

A group for each layer, `layers/conv2d_1`, is named for the layer's class and how many of that class
came before it; its variables are numbered: `layers/conv2d_1/vars/0`. The optimizer's are in
`optimizer/vars`. Source: files that Keras 3.12 to 3.15 has written.
"""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from lowlevel.exchange.graph import Graph, Layer
from lowlevel.exchange.places import Place

OPTIMIZER = "optimizer/vars"
ITERATIONS, LEARNING_RATE = f"{OPTIMIZER}/0", f"{OPTIMIZER}/1"
SEEDS = "/seed_generator/"  # of a dropout layer: we draw from the step instead


def snake_case(kind: str) -> str:
    """A class's name as Keras writes it in a file: "MaxPooling2D" is "max_pooling2d"."""
    kind = re.sub(r"\W+", "", kind)
    kind = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", kind)
    return re.sub("([a-z])([A-Z])", r"\1_\2", kind).lower()


def groups(graph: Graph, prefix: str = "") -> list[tuple[Layer, str, str]]:
    """Each layer with the part of the network that it is in, such as "encoder/", and its group."""
    found, counts = [], {}
    for layer in graph.in_order():
        kind = snake_case(layer.kind)
        number = counts[kind] = counts.get(kind, -1) + 1
        group = f"{prefix}layers/{kind}" + (f"_{number}" if number else "")
        if layer.inner is None:
            found.append((layer, "", group))
        else:
            inner = groups(layer.inner, f"{group}/")
            found += [(inside, f"{layer.name}/{part}", path) for inside, part, path in inner]
    return found


def places(graph: Graph, shapes: Mapping[str, Sequence[int]]) -> list[Place]:
    """Where each variable is, in Keras's order.

    Args:
        graph: the network.
        shapes: the shape of each variable by our name.
    """
    found = []
    for layer, part, group in groups(graph):
        numbers: dict[str, int] = {}
        for ours, inside in layer.variables:
            number = numbers[inside] = numbers.get(inside, -1) + 1
            ours = f"{part}{ours}"
            shape = _shape(layer, ours, tuple(shapes[ours]))
            found.append(Place(ours, f"{group}/{inside}vars/{number}", shape))
    return found


def _shape(layer, ours, shape):
    """The shape of a variable in Keras."""
    settings = layer.settings
    if layer.kind == "Conv2D" and len(shape) == 2:  # a dense layer on patches
        window = settings["kernel_size"]
        return (*window, shape[0] // math.prod(window), shape[1])
    if layer.kind == "LayerNormalization":
        return shape[-len(settings["axis"]) :]
    if layer.kind == "MultiHeadAttention":
        heads = (settings["num_heads"], settings["key_dim"])
        if not ours.endswith("/merge"):
            return (*shape[:-1], *heads)
        return (*heads, shape[-1]) if len(shape) == 2 else shape
    return shape


def slot_places(of_variables: list[Place], trainable: Mapping) -> list[Place]:
    """Where Adam's slots are: `m` and `v` of each trainable variable, in Keras's order."""
    of_trainable = [place for place in of_variables if place.ours in trainable]
    return [
        Place(f"{kind}/{place.ours}", f"{OPTIMIZER}/{2 + 2 * number + offset}", place.shape)
        for number, place in enumerate(of_trainable)
        for offset, kind in enumerate("mv")
    ]


def model_json(graph: Graph) -> dict:
    """A model as Keras's `config.json` describes it: Sequential if it is a chain of layers."""
    shape, dtype = graph.inputs
    settings = {"batch_shape": [None, *shape], "dtype": dtype, "name": "inputs"}
    layers = [
        _object("InputLayer", settings)
        if layer.kind == "InputLayer"
        else model_json(layer.inner)
        if layer.inner is not None
        else _object(layer.kind, {"name": layer.name, "dtype": "float32", **layer.settings})
        for layer in graph.layers.values()
    ]
    config: dict[str, Any] = {"name": graph.name, "trainable": True, "layers": layers}
    if graph.is_chain:
        return _object("Sequential", config, module="keras")
    for layer, described in zip(graph.layers.values(), layers, strict=True):
        described["name"] = layer.name
        described["inbound_nodes"] = [_call(layer, call) for call in layer.calls if call]
    config |= {"input_layers": ["inputs", 0, 0], "output_layers": [*graph.last, 0]}
    return _object("Functional", config, module="keras.src.models.functional")


def _object(kind, config, module="keras.layers"):
    return {"module": module, "class_name": kind, "config": config, "registered_name": None}


def _call(layer, call):
    """The arguments of one call: the merging layers take a list, attention several tensors."""
    tensors = [
        {
            "class_name": "__keras_tensor__",
            # Keras looks the tensor up, and takes its shape from there.
            "config": {"shape": [None], "dtype": "float32", "keras_history": [*output, 0]},
        }
        for output in call
    ]
    takes_list = layer.kind in ("Add", "Concatenate", "Dot")
    return {"args": [tensors] if takes_list else tensors, "kwargs": {}}


def renamed(name: str) -> str:
    """A dataset's name as `places` gives it: a model in a model may be functional in the file."""
    return re.sub(r"^layers/functional(?=(_\d+)?/layers/)", "layers/sequential", name)
