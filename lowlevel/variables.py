"""The parameters of a network, in plain dicts."""

import hashlib
import math

import numpy as np
import tensorflow as tf

from lowlevel import initializers, seeds
from lowlevel.checks import ConfigError, NonFiniteError

KINDS = ("weights", "biases", "state")
MAX_NUMBERS = 2**40  # in a variable


class VariableStore:
    """Three dicts of `tf.Variable`s, keyed by layer name.

    Attributes:
        weights: factors, for example `weights["c1"]` of shape `[3, 3, 1, 16]`.
        biases: addends, for example `biases["c1"]` of shape `[16]`.
        state: variables that training updates without a gradient: `state["bn1/mean"]`.
        frozen: prefixes of the names of layers that training leaves unchanged.

    Every variable is made when it is added, with a complete shape. Its initial value depends only
    on the store's seed and its own name, so the order of the layers does not matter.
    """

    def __init__(self, seed):
        self.seed = seed
        self.weights = {}
        self.biases = {}
        self.state = {}
        self.frozen = ()

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
        if math.prod(shape) > MAX_NUMBERS:
            raise ConfigError(f"{name} of shape {tuple(shape)} is too large.")
        value = initializer(shape, seeds.derive(self.seed, name))
        variables[layer] = tf.Variable(value, name=name, trainable=kind != "state")

    def freeze(self, *layers):
        """Excludes layers from `trainable()` from now on, and leaves their state unchanged.

        A frozen batch norm uses its moving averages in training too, as Keras's does.

        Args:
            layers: names of layers, or prefixes of them: "block1" also freezes "block1/c1".

        Raises:
            ConfigError: a name matches no layer.
        """
        _check_layers(layers, self.all())
        self.frozen = (*self.frozen, *layers)

    def unfreeze(self, *layers):
        """Undoes `freeze` of the same names; a model must then be compiled again.

        Raises:
            ConfigError: a name is not frozen.
        """
        missing = [layer for layer in layers if layer not in self.frozen]
        if missing:
            raise ConfigError(f"{', '.join(missing)} is not frozen; only {self.frozen} are.")
        self.frozen = tuple(layer for layer in self.frozen if layer not in layers)

    def is_frozen(self, layer):
        """Whether training leaves a layer unchanged."""
        return is_in(layer, self.frozen)

    def trainable(self):
        """The variables that gradients update, by full name, for example `weights/c1`."""
        weights = {f"weights/{layer}": variable for layer, variable in self.weights.items()}
        biases = {f"biases/{layer}": variable for layer, variable in self.biases.items()}
        return {
            name: variable
            for name, variable in (weights | biases).items()
            if not self.is_frozen(layer_of(name))
        }

    def updated_state(self):
        """The state that training updates, by name, for example `bn1/mean`."""
        return {
            name: variable
            for name, variable in self.state.items()
            if not self.is_frozen(layer_of(f"state/{name}"))
        }

    def all(self):
        """All variables by full name: the trainable ones, and `state/...`."""
        return {
            f"{kind}/{name}": variable
            for kind in KINDS
            for name, variable in getattr(self, kind).items()
        }


class JoinedStores:
    """Several `VariableStore`s that are trained as one, each under its own name.

    Attributes:
        stores: the `VariableStore`s by name.
        weights, biases, state: as in a store, with names like `encoder/c1`.
    """

    def __init__(self, **stores):
        self.stores = stores
        self.weights, self.biases, self.state = (
            join(**{part: getattr(store, kind) for part, store in stores.items()}) for kind in KINDS
        )

    def freeze(self, *layers):
        """Freezes layers of the stores, by names like "encoder" and "encoder/c1"."""
        for store, names in self._in_stores(layers):
            store.freeze(*names)

    def unfreeze(self, *layers):
        """Undoes `freeze` of the same names. Raises ConfigError if one is not frozen."""
        for store, names in self._in_stores(layers):
            store.unfreeze(*names)

    def _in_stores(self, layers):
        """For each name, the store that it is in and the store's names for it."""
        _check_layers(layers, self.all())
        for layer in layers:
            part, _, rest = layer.partition("/")
            store = self.stores[part]
            yield store, [rest] if rest else _layers(store.all())

    def trainable(self):
        """The variables that gradients update, by full name, for example `encoder/weights/c1`."""
        return join(**{part: store.trainable() for part, store in self.stores.items()})

    def updated_state(self):
        """The state that training updates, by name, for example `encoder/bn1/mean`."""
        return join(**{part: store.updated_state() for part, store in self.stores.items()})

    def all(self):
        """All variables by full name."""
        return join(**{part: store.all() for part, store in self.stores.items()})


def join(**parts):
    """`join(encoder={"c1": x})` is `{"encoder/c1": x}`: several dicts as one."""
    return {f"{part}/{name}": value for part, d in parts.items() for name, value in d.items()}


def is_in(layer, prefixes):
    """Whether a layer is one of these, or in one: "block1/c1" is in "block1", "block10" is not."""
    return any(f"{layer}/".startswith(f"{prefix}/") for prefix in prefixes)


def _layers(named_variables):
    return list(dict.fromkeys(map(layer_of, named_variables)))


def _check_layers(layers, named_variables):
    known = _layers(named_variables)
    for layer in layers:
        if not any(is_in(name, [layer]) for name in known):
            raise ConfigError(f"there is no layer {layer!r} to freeze, only {', '.join(known)}.")


def layer_of(full_name):
    """The layer that a variable belongs to: "encoder/c1" for "encoder/weights/c1"."""
    *parts, last = full_name.split("/")
    if "state" in parts:
        last = None  # "state/bn1/mean" belongs to bn1
    return "/".join(part for part in (*parts, last) if part and part not in KINDS)


def values(named_variables):
    """The variables of a dict as arrays by the same names."""
    return {name: variable.numpy() for name, variable in named_variables.items()}


def assign(named_variables, new_values):
    """Assigns new values by name to the variables of a dict: to all, or to none on an error.

    Raises:
        ConfigError: names or shapes differ, or a number is not finite.
    """
    if not isinstance(new_values, dict):
        raise ConfigError(
            f"values must be a dict of arrays by name, not {type(new_values).__name__}."
        )
    if new_values.keys() != named_variables.keys():
        wrong = ", ".join(sorted(new_values.keys() ^ named_variables.keys()))
        raise ConfigError(f"values and variables must have the same names; {wrong} differ.")
    for name, variable in named_variables.items():
        received = list(np.shape(new_values[name]))
        if received != variable.shape.as_list():
            raise ConfigError(f"{name} is {variable.shape.as_list()}, not {received}.")
        if not np.isfinite(new_values[name]).all():
            raise ConfigError(f"the new {name} holds a number that is not finite.")
    for name, variable in named_variables.items():
        variable.assign(new_values[name])


def check_finite(named_variables, when=""):
    """Raises NonFiniteError with the name of a variable that is not finite, and `when` after it.

    A network can hide it: of a number that is not finite, a compiled ReLU makes 0.
    """
    for name, variable in named_variables.items():
        if not np.isfinite(variable.numpy()).all():
            raise NonFiniteError(f"{name} is not finite{when}")


def count_parameters(named_variables):
    """The total size of the variables of a dict."""
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
