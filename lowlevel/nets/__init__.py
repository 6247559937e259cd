"""Networks, one per file, and their registry. All of them keep the contract on this page.

A network is a module with four names:

`Config` is a frozen dataclass of sizes and rates. Its fields are numbers, strings, tuples of these,
and configs of parts, so it can be saved as JSON. Without arguments it is the default network. It
raises ConfigError for values that cannot work.

`input_spec(config)` is the `tf.TensorSpec` of the inputs. The batch size is left open: images are
float32 `[None, height, width, channels]`.

`build(config, seed)` makes all variables, in float32, and returns them in a `VariableStore`, or in
a `JoinedStores` if the network is nested from others. The seed is a whole number in [0, 2**63).
The same config and seed give the same bits.

`forward(config, variables, inputs, training=False, seed=None)` computes the output. It is a pure
function: it assigns nothing. Its arguments are

- config: the `Config` that the variables were built for.
- variables: what `build` returned.
- inputs: a tensor as `input_spec` describes it, or the same in bfloat16. The network computes in
  the dtype of its inputs and casts its variables to it.
- training: whether to use dropout and to normalize with the statistics of the batch.
- seed: int64 tensor `[2]`, see `lowlevel.seeds`, from which all dropout is drawn. Only a network
  that uses dropout needs it, and only in training.

It returns the output `[batch, ...]`, in the dtype of the inputs. If `training`, it returns a pair:
the output, and a dict of new values for `variables.updated_state()`, by the same names. The caller
assigns them. The dict is empty for a network that keeps no state.

Each `forward` says what it computes, the axes and ranges of its input and output, and whether it
uses dropout, keeps state, or always returns float32. The shapes in its comments are those of the
default config.

Two modules help the others: `parts` holds the layers that several networks share, and `nested`
makes one network of several.
"""

import dataclasses
from types import ModuleType
from typing import Any

from lowlevel.checks import ConfigError, check_choice, check_config
from lowlevel.keywords import NETWORK, explain
from lowlevel.nets import (
    bottle_autoencoder,
    bottle_decoder,
    bottle_encoder,
    conv_net,
    digit_autoencoder,
    digit_decoder,
    digit_encoder,
    grid_detector,
    leaky_net,
    mini_inception,
    mish_net,
    mlp,
    regression,
    strided_net,
    text_classifier,
    vision_transformer,
)
from lowlevel.nets.network import PRECISIONS, Network, build_network

__all__ = ["NETS", "PRECISIONS", "Network", "config_from_dict", "get", "make"]

NETS = {
    "bottle_autoencoder": bottle_autoencoder,
    "bottle_decoder": bottle_decoder,
    "bottle_encoder": bottle_encoder,
    "conv_net": conv_net,
    "digit_autoencoder": digit_autoencoder,
    "digit_decoder": digit_decoder,
    "digit_encoder": digit_encoder,
    "grid_detector": grid_detector,
    "leaky_net": leaky_net,
    "mini_inception": mini_inception,
    "mish_net": mish_net,
    "mlp": mlp,
    "regression": regression,
    "strided_net": strided_net,
    "text_classifier": text_classifier,
    "vision_transformer": vision_transformer,
}


def get(name: str) -> ModuleType:
    """The module of a network by name. Raises ConfigError, which lists the names, if unknown."""
    return NETS[check_choice("net", name, NETS)]


@explain(**NETWORK)
def make(name: str, config: object = None, seed: int = 0, precision: str = "float32") -> Network:
    """A `Network` of the registry with new variables.

    Args:
        name: a name in `NETS`.
        config: its `Config`; None for the default one.
        seed: see `build` above.
        precision: what it computes in, a name in `PRECISIONS`.

    Raises:
        ConfigError: there is no such network, or no such precision, or it is another's config.
    """
    net = get(name)
    config = net.Config() if config is None else check_config("config", config, net.Config)
    return build_network(net, name, config, seed, precision)


def config_from_dict(name: str, fields: object) -> Any:
    """The config of network `name` from a dict as read from JSON.

    A field that is missing takes its default: it may be newer than what was read.

    Raises:
        ConfigError: a field is unknown, or a value cannot work.
    """
    return _from_dict(f"the config of {name}", get(name).Config, fields)


def _from_dict(what, config_class, values):
    known = {field.name: field for field in dataclasses.fields(config_class)}
    if not isinstance(values, dict) or not values.keys() <= known.keys():
        received = ", ".join(sorted(map(str, values))) if isinstance(values, dict) else repr(values)
        raise ConfigError(f"{what} has the fields {', '.join(sorted(known))}, not {received}.")
    arguments = {}
    for name, value in values.items():
        if dataclasses.is_dataclass(known[name].type):  # the config of a part
            arguments[name] = _from_dict(f"{name} in {what}", known[name].type, value)
        else:
            arguments[name] = _to_tuples(value)
    return config_class(**arguments)


def _to_tuples(value):
    """JSON's lists, at any depth, to tuples."""
    return tuple(map(_to_tuples, value)) if isinstance(value, list) else value
