"""The parameters of a network, in plain dicts."""

import hashlib

import tensorflow as tf

from lowlevel import initializers, seeds
from lowlevel.checks import ConfigError


class VariableStore:
    """Three dicts of `tf.Variable`s, keyed by layer name.

    Attributes:
        weights: what multiplies, such as `weights["c1"]` of shape `[3, 3, 1, 16]`.
        biases: what is added, such as `biases["c1"]` of shape `[16]`.
        state: what training updates without a gradient, such as `state["bn1/mean"]`.

    Every variable is made when it is added, with a shape given in full. Its first value is a
    function of the store's seed and its own name, so the order of the layers does not matter.
    """

    def __init__(self, seed):
        self.seed = seed
        self.weights = {}
        self.biases = {}
        self.state = {}

    def add_weights(self, layer, shape, initializer=initializers.glorot_uniform):
        """Makes `weights[layer]`. Raises ConfigError if it exists or a dimension is unknown."""
        self._add("weights", layer, shape, initializer)

    def add_biases(self, layer, size, initializer=initializers.zeros):
        """Makes `biases[layer]` of shape `[size]`. Raises ConfigError as `add_weights` does."""
        self._add("biases", layer, (size,), initializer)

    def add_state(self, name, shape, initializer=initializers.zeros):
        """Makes `state[name]`, not trainable. Raises ConfigError as `add_weights` does."""
        self._add("state", name, shape, initializer)

    def _add(self, kind, layer, shape, initializer):
        variables = getattr(self, kind)
        name = f"{kind}/{layer}"
        if layer in variables:
            raise ConfigError(f"{name} exists already: every layer needs a name of its own.")
        if not all(isinstance(size, int) and size > 0 for size in shape):
            raise ConfigError(
                f"{name} needs a shape of whole numbers above 0, not {tuple(shape)}: "
                f"variables are made before any data is seen."
            )
        value = initializer(shape, seeds.derive(self.seed, name))
        variables[layer] = tf.Variable(value, name=name, trainable=kind != "state")

    def trainable(self):
        """The variables that gradients update, by full name, such as `weights/c1`."""
        weights = {f"weights/{layer}": variable for layer, variable in self.weights.items()}
        biases = {f"biases/{layer}": variable for layer, variable in self.biases.items()}
        return weights | biases

    def all(self):
        """All variables by full name: the trainable ones, and `state/...`."""
        state = {f"state/{name}": variable for name, variable in self.state.items()}
        return self.trainable() | state


class JoinedStores:
    """Several `VariableStore`s that are trained as one, each under a name of its own.

    Attributes:
        stores: the `VariableStore`s by name.
        state: as a store's, with names such as `encoder/bn1/mean`.
    """

    def __init__(self, **stores):
        self.stores = stores
        self.state = join(**{part: store.state for part, store in stores.items()})

    def trainable(self):
        """The variables that gradients update, by full name, such as `encoder/weights/c1`."""
        return join(**{part: store.trainable() for part, store in self.stores.items()})

    def all(self):
        """All variables by full name."""
        return join(**{part: store.all() for part, store in self.stores.items()})


def join(**parts):
    """`join(encoder={"c1": x})` is `{"encoder/c1": x}`: several dicts as one."""
    return {f"{part}/{name}": value for part, d in parts.items() for name, value in d.items()}


def count_parameters(named_variables):
    """How many numbers the variables of a dict hold."""
    return sum(variable.shape.num_elements() for variable in named_variables.values())


def sha256(named_variables):
    """Digest of names, dtypes, shapes and bytes, in name order: 64 hexadecimal digits.

    Two networks have the same digest only if every bit of every variable is the same.
    """
    digest = hashlib.sha256()
    for name, variable in sorted(named_variables.items()):
        digest.update(f"{name} {variable.dtype.name} {variable.shape.as_list()}\n".encode())
        digest.update(variable.numpy().tobytes())
    return digest.hexdigest()
