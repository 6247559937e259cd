"""Several networks as one, one after the other: what the autoencoders share.

Such a network names its parts in `PARTS`, a dict of modules, and its config has a field for each,
the config of that part.
"""

from types import ModuleType
from typing import Any

import tensorflow as tf

from lowlevel.joined_stores import JoinedStores
from lowlevel.types import Nest, Outputs
from lowlevel.variables import join


def build(parts: dict[str, ModuleType], config: Any, seed: int) -> JoinedStores:
    """Makes the variables of all parts from one seed.

    Args:
        parts: the modules by name, such as `{"encoder": ..., "decoder": ...}`.
        config: the config of the whole.
        seed: see `lowlevel.nets`.

    Returns:
        A `JoinedStores` with names such as `encoder/weights/c1`.
    """
    return JoinedStores(
        **{name: net.build(getattr(config, name), seed) for name, net in parts.items()}
    )


def forward(
    parts: dict[str, ModuleType], config: Any, variables: JoinedStores, inputs: Nest, training: bool
) -> Outputs:
    """Runs each part on what the one before it returns.

    No part gets a seed, so none may use dropout.

    Args:
        parts: the modules by name, in their order.
        config: the config of the whole.
        variables: what `build` returned.
        inputs: what the first part takes.
        training: see `lowlevel.nets`.

    Returns:
        What the last part returns; if `training`, the pair of that and the new values of all
        states, with names such as `encoder/bn1/mean`.
    """
    x, new_states = inputs, {}
    for name, net in parts.items():
        with tf.name_scope(name):
            result = net.forward(getattr(config, name), variables.stores[name], x, training)
        x, new_states[name] = result if training else (result, {})
    return (x, join(**new_states)) if training else x
