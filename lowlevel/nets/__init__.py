"""Networks, one a file, and their registry; `parts` holds what several of them are made of.

A network is a module with four names:

- `Config`: a frozen dataclass of sizes and rates. Its fields are numbers and tuples of numbers, so
  that it can be kept as JSON.
- `build(config, seed)`: makes all variables, a `VariableStore`.
- `forward(config, variables, inputs, training=False, seed=None)`: a pure function. It returns the
  output, or, if `training`, a pair: the output, and a dict of new values for `variables.state`,
  which is empty for a network that keeps no state.
- `input_spec(config)`: a `tf.TensorSpec` of the inputs, `[None, ...]`: the batch size is free.
"""

import dataclasses

from lowlevel.checks import ConfigError, check_choice
from lowlevel.nets import bottle_decoder, bottle_encoder, conv_net, mini_inception, strided_net

NETS = {
    "bottle_decoder": bottle_decoder,
    "bottle_encoder": bottle_encoder,
    "conv_net": conv_net,
    "mini_inception": mini_inception,
    "strided_net": strided_net,
}


def get(name):
    """The network of that name. Raises ConfigError, which lists the names, if there is none."""
    return NETS[check_choice("net", name, NETS)]


def config_from_dict(name, fields):
    """The config of network `name` from a dict as read from JSON.

    Raises:
        ConfigError: a field is unknown or missing, or its value cannot work.
    """
    config_class = get(name).Config
    known = {field.name for field in dataclasses.fields(config_class)}
    if not isinstance(fields, dict) or fields.keys() != known:
        received = ", ".join(sorted(fields)) if isinstance(fields, dict) else repr(fields)
        raise ConfigError(
            f"the config of {name} has the fields {', '.join(sorted(known))}, not {received}."
        )
    return config_class(**{key: _to_tuples(value) for key, value in fields.items()})


def _to_tuples(value):
    """JSON's lists, at any depth, to tuples."""
    return tuple(map(_to_tuples, value)) if isinstance(value, list) else value
