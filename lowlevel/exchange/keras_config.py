"""What `config.json` in a `.keras` file says: whether it fits a network, and how to train it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lowlevel.checks import CheckpointError
from lowlevel.exchange import graph as graphs
from lowlevel.exchange.graph import Graph
from lowlevel.optimizers import Adam

# Settings that decide what a layer computes with its variables. Others are of no concern, such as
# initializers and regularizers.
COMPARED = (
    *("kernel_size", "strides", "padding", "use_bias", "axis", "epsilon", "momentum"),
    *("center", "scale", "num_heads", "key_dim", "activation"),
)
FIXED = {
    "dilation_rate": [1, 1],
    "groups": 1,
    "data_format": "channels_last",
    "output_padding": None,
    "renorm": False,
    "synchronized": False,
}
LAST_AXIS = {"BatchNormalization": (-1, 3), "LayerNormalization": (-1, 1, 2)}
WITH_VARIABLES = (*graphs.VARIABLES, "MultiHeadAttention")
ENDS = ("softmax", "sigmoid")  # what a last layer may do in Keras: our networks give logits
LOSSES = {
    "conv_net": "classes",
    "mini_inception": "classes",
    "mish_net": "classes",
    "mlp": "classes",
    "strided_net": "classes",
    "vision_transformer": "classes",
    "text_classifier": "binary",
}


def check(config: dict, graph: Graph, path: Path) -> None:
    """Compares the layers with variables in a config with those of a network.

    Raises:
        CheckpointError: there are others, or one has another setting.
    """
    theirs, ours = list(_found(config, path)), list(_wanted(graph))
    for kind in WITH_VARIABLES:
        found = [layer for layer in theirs if layer[0] == kind]
        wanted = [layer for layer in ours if layer[0] == kind]
        if len(found) != len(wanted):
            raise CheckpointError(
                f"{path} has {len(found)} layers {kind}, but {graph.name} has {len(wanted)}."
            )
        for (_, name, there), (_, our_name, here) in zip(found, wanted, strict=True):
            for setting, expected in (FIXED | here).items():
                received = _plain(there.get(setting, expected))
                if not _fits(kind, setting, received, expected, here, our_name):
                    raise CheckpointError(
                        f"layer {name} in {path} has {setting} {received!r}, but {our_name} of "
                        f"{graph.name} has {expected!r}."
                    )


def _fits(kind, setting, received, expected, settings, name):
    if setting == "activation":
        # Another layer may follow with the activation.
        return received in (expected, "linear") or (name == "out" and received in ENDS)
    if setting == "axis":
        axis = received[0] if isinstance(received, list) and len(received) == 1 else received
        return received == expected or axis in LAST_AXIS[kind]
    if setting == "padding" and settings.get("kernel_size") == [1, 1]:
        return True
    return received == expected


def _plain(value):
    """A setting, however Keras writes it: one number for both axes, or an object with a name."""
    if isinstance(value, dict):
        config = value.get("config")
        return config if isinstance(config, str) else value.get("class_name")
    return value


def _wanted(graph: Graph) -> Iterator[tuple[str, str, dict]]:
    """(kind, our name, settings to compare) of each layer with variables, in Keras's order."""
    for layer, _ in graph.walk():
        if layer.kind in WITH_VARIABLES:
            settings = {name: layer.settings[name] for name in COMPARED if name in layer.settings}
            yield layer.kind, layer.layer, settings


def _found(model: Any, path: Path) -> Iterator[tuple[str, str, dict]]:
    """(kind, name, settings) of each layer in a config, those of models inside it too."""
    config = model.get("config") if isinstance(model, dict) else None
    layers = config.get("layers") if isinstance(config, dict) else None
    if not isinstance(layers, list):
        raise CheckpointError(f"{path} does not hold a model that is a list of layers.")
    for layer in layers:
        settings = layer.get("config") if isinstance(layer, dict) else None
        if not isinstance(settings, dict):
            raise CheckpointError(f"{path} holds a layer without settings.")
        if isinstance(settings.get("layers"), list):
            yield from _found(layer, path)
        else:
            yield str(layer.get("class_name")), str(settings.get("name")), settings


def compiled(name: str, optimizer: Adam, rate: float) -> dict:
    """What Keras's `compile` is given to go on with a training: the optimizer, and a loss.

    Args:
        name: the network's name in the registry.
        optimizer: its rates and epsilon.
        rate: the learning rate.
    """
    losses = {
        "classes": ("SparseCategoricalCrossentropy", {"from_logits": True}),
        "binary": ("BinaryCrossentropy", {"from_logits": True}),
        "numbers": ("MeanSquaredError", {}),
    }
    loss, settings = losses[LOSSES.get(name, "numbers")]
    adam = {
        "learning_rate": rate,
        "beta_1": optimizer.beta_1,
        "beta_2": optimizer.beta_2,
        "epsilon": optimizer.epsilon,
    }

    def described(module, kind, config):
        return {"module": module, "class_name": kind, "config": config, "registered_name": None}

    return {
        "optimizer": described("keras.optimizers", "Adam", adam),
        "loss": described("keras.losses", loss, settings),
        "jit_compile": False,
    }
