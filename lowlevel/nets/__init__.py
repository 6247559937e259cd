"""Networks, one a file, and their registry; `parts` holds what several of them are made of.

A network is a module with four names:

- `Config`: a frozen dataclass of sizes and rates. Its fields are numbers, texts, tuples of them,
  and configs of parts, so that it can be kept as JSON.
- `build(config, seed)`: makes all variables, a `VariableStore`.
- `forward(config, variables, inputs, training=False, seed=None)`: a pure function. It returns the
  output, or, if `training`, a pair: the output, and a dict of new values for `variables.state`,
  which is empty for a network that keeps no state.
- `input_spec(config)`: a `tf.TensorSpec` of the inputs, `[None, ...]`: the batch size is free.
"""

import dataclasses

from lowlevel.checks import ConfigError, check_choice
from lowlevel.nets import (
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

PRECISIONS = ("float32", "bfloat16")  # what a network may compute in

NETS = {
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


def get(name):
    """The network of that name. Raises ConfigError, which lists the names, if there is none."""
    return NETS[check_choice("net", name, NETS)]


def config_from_dict(name, fields):
    """The config of network `name` from a dict as read from JSON.

    Raises:
        ConfigError: a field is unknown or missing, or its value cannot work.
    """
    return _from_dict(f"the config of {name}", get(name).Config, fields)


def _from_dict(what, config_class, values):
    known = {field.name: field for field in dataclasses.fields(config_class)}
    if not isinstance(values, dict) or values.keys() != known.keys():
        received = ", ".join(sorted(values)) if isinstance(values, dict) else repr(values)
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
