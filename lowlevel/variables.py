"""The parameters of a network, in plain dicts."""

import difflib
import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import NoReturn

import numpy as np
import tensorflow as tf

from lowlevel import initializers, seeds
from lowlevel.arrays import to_numbers
from lowlevel.checks import ConfigError, DataError, NonFiniteError
from lowlevel.types import ArrayLike

KINDS = ("weights", "biases", "state")


class NamedVariables(dict):
    """Variables of one of the `KINDS`; a KeyError lists names that are near the one asked for."""

    def __init__(self, kind: str, variables: dict[str, tf.Variable] | None = None) -> None:
        super().__init__(variables or {})
        self.kind = kind

    def __missing__(self, name: object) -> NoReturn:
        near = difflib.get_close_matches(str(name), map(str, self), n=3, cutoff=0.5) or list(self)
        there = f"there is {', '.join(near[:8])}" if near else f"add_{self.kind} makes them"
        raise KeyError(f"there are no {self.kind} of {name!r}; {there}")


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

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.weights, self.biases, self.state = map(NamedVariables, KINDS)
        self.frozen: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"VariableStore\n{table(self.all(), self.frozen)}"

    def add_weights(
        self, layer: str, shape: Sequence[int], initializer: Callable = initializers.glorot_uniform
    ) -> None:
        """Makes `weights[layer]`, by a function of shape and seed.

        Raises:
            ConfigError: it exists, a dimension is unknown, or the function gives another shape.
        """
        self._add("weights", layer, shape, initializer)

    def add_biases(self, layer: str, size: int, initializer: Callable = initializers.zeros) -> None:
        """Makes `biases[layer]` of shape `[size]`. Raises ConfigError as `add_weights` does."""
        if isinstance(size, list | tuple):
            raise ConfigError(f"add_biases takes a number, such as {[*size, 10][0]}, not {size}.")
        self._add("biases", layer, (size,), initializer)

    def add_state(
        self, name: str, shape: Sequence[int], initializer: Callable = initializers.zeros
    ) -> None:
        """Makes `state[name]`, not trainable. Raises ConfigError as `add_weights` does."""
        self._add("state", name, shape, initializer)

    def _add(self, kind, layer, shape, initializer):
        variables = getattr(self, kind)
        if not isinstance(layer, str) or not layer:
            raise ConfigError(f"a layer needs a name, not {layer!r}.")
        name = f"{kind}/{layer}"
        if layer in variables:
            raise ConfigError(f"{name} exists already: every layer needs a name of its own.")
        seed = seeds.derive(self.seed, name)
        value = initializers.initial_value(name, initializer, shape, seed)
        variables[layer] = tf.Variable(value, name=name, trainable=kind != "state")

    def freeze(self, *layers: str) -> None:
        """Excludes layers from `trainable()` from now on, and leaves their state unchanged.

        A frozen batch norm uses its moving averages in training too, as Keras's does.

        Args:
            layers: names of layers, or prefixes of them: "block1" also freezes "block1/c1".

        Raises:
            ConfigError: a name matches no layer.
        """
        check_layers(layers, self.all())
        self.frozen = (*self.frozen, *layers)

    def unfreeze(self, *layers: str) -> None:
        """Undoes `freeze` of the same names; a model must then be compiled again.

        Raises:
            ConfigError: a name is not frozen.
        """
        missing = [layer for layer in layers if layer not in self.frozen]
        if missing:
            raise ConfigError(f"{', '.join(missing)} is not frozen; only {self.frozen} are.")
        self.frozen = tuple(layer for layer in self.frozen if layer not in layers)

    def is_frozen(self, layer: str) -> bool:
        """Whether training leaves a layer unchanged."""
        return is_in(layer, self.frozen)

    def trainable(self) -> dict[str, tf.Variable]:
        """The variables that gradients update, by full name, for example `weights/c1`."""
        weights = {f"weights/{layer}": variable for layer, variable in self.weights.items()}
        biases = {f"biases/{layer}": variable for layer, variable in self.biases.items()}
        return {
            name: variable
            for name, variable in (weights | biases).items()
            if not self.is_frozen(layer_of(name))
        }

    def updated_state(self) -> dict[str, tf.Variable]:
        """The state that training updates, by name, for example `bn1/mean`."""
        return {
            name: variable
            for name, variable in self.state.items()
            if not self.is_frozen(layer_of(f"state/{name}"))
        }

    def all(self) -> dict[str, tf.Variable]:
        """All variables by full name: the trainable ones, and `state/...`."""
        return {
            f"{kind}/{name}": variable
            for kind in KINDS
            for name, variable in getattr(self, kind).items()
        }


def join(**parts: dict) -> dict:
    """`join(encoder={"c1": x})` is `{"encoder/c1": x}`: several dicts as one."""
    return {f"{part}/{name}": value for part, d in parts.items() for name, value in d.items()}


def is_in(layer: str, prefixes: Iterable[str]) -> bool:
    """Whether a layer is one of these, or in one: "block1/c1" is in "block1", "block10" is not."""
    return any(f"{layer}/".startswith(f"{prefix}/") for prefix in prefixes)


def layers_of(named_variables: Iterable[str]) -> list[str]:
    """Names of the layers that variables belong to, each once."""
    return list(dict.fromkeys(map(layer_of, named_variables)))


def check_layers(layers: Iterable[str], named_variables: Iterable[str]) -> None:
    """Raises ConfigError unless each of these layers, or prefixes, is one of the variables'."""
    known = layers_of(named_variables)
    for layer in layers:
        if not any(is_in(name, [layer]) for name in known):
            raise ConfigError(f"there is no layer {layer!r} to freeze, only {', '.join(known)}.")


def layer_of(full_name: str) -> str:
    """The layer that a variable belongs to: "encoder/c1" for "encoder/weights/c1"."""
    *parts, last = full_name.split("/")
    if "state" in parts:
        last = ""  # "state/bn1/mean" belongs to bn1
    return "/".join(part for part in (*parts, last) if part and part not in KINDS)


def values(named_variables: dict[str, tf.Variable]) -> dict[str, np.ndarray]:
    """The variables of a dict as arrays by the same names."""
    return {name: variable.numpy() for name, variable in named_variables.items()}


def assign(named_variables: dict[str, tf.Variable], new_values: dict[str, ArrayLike]) -> None:
    """Assigns new values by name to the variables of a dict: to all, or to none on an error.

    Raises:
        ConfigError: names or shapes differ, or a number is not finite in the variable's dtype.
    """
    if not isinstance(new_values, dict):
        raise ConfigError(
            f"values must be a dict of arrays by name, not {type(new_values).__name__}."
        )
    if new_values.keys() != named_variables.keys():
        wrong = ", ".join(sorted(map(str, new_values.keys() ^ named_variables.keys())))
        raise ConfigError(f"values and variables must have the same names; {wrong} differ.")
    arrays = {}
    for name, variable in named_variables.items():
        try:
            array = to_numbers(f"the new {name}", new_values[name])
        except DataError as error:
            raise ConfigError(str(error)) from error
        if list(array.shape) != variable.shape.as_list():
            raise ConfigError(f"{name} is {variable.shape.as_list()}, not {list(array.shape)}.")
        with np.errstate(over="ignore"):
            arrays[name] = array.astype(variable.dtype.as_numpy_dtype)
        if not np.isfinite(arrays[name]).all():
            raise ConfigError(f"the new {name} holds a number that is not finite.")
    for name, variable in named_variables.items():
        variable.assign(arrays[name])


def check_finite(named_variables: dict[str, tf.Variable], when: str = "") -> None:
    """Raises NonFiniteError with the name of a variable that is not finite, and `when` after it.

    A network can hide it: of a number that is not finite, a compiled ReLU makes 0.
    """
    for name, variable in named_variables.items():
        if not np.isfinite(variable.numpy()).all():
            raise NonFiniteError(f"{name} is not finite{when}")


def count_parameters(named_variables: dict[str, tf.Variable]) -> int:
    """The total size of the variables of a dict."""
    return sum(variable.shape.num_elements() for variable in named_variables.values())


def table(named_variables: dict[str, tf.Variable], frozen: Iterable[str] = ()) -> str:
    """The variables of a dict as lines of text: names, shapes, and how many numbers they hold."""
    rows = [
        (name, str(variable.shape.as_list()), f"{variable.shape.num_elements():,}")
        for name, variable in named_variables.items()
    ]
    total = f"{count_parameters(named_variables):,}"
    names, shapes = (max(len(row[i]) for row in [*rows, ("total", "")]) for i in (0, 1))
    lines = [
        f"{name:{names}}  {shape:{shapes}}  {count:>{len(total)}}"
        + ("  frozen" if is_in(layer_of(name), frozen) else "")
        for name, shape, count in [*rows, ("total", "", total)]
    ]
    return "\n".join(line.rstrip() for line in lines)


def sha256(named_variables: dict[str, tf.Variable]) -> str:
    """Digest of names, dtypes, shapes and bytes, in name order: 64 hexadecimal digits.

    Two networks have the same digest only if every bit of every variable is the same.
    """
    digest = hashlib.sha256()
    for name, variable in sorted(named_variables.items()):
        digest.update(f"{name} {variable.dtype.name} {variable.shape.as_list()}\n".encode())
        digest.update(variable.numpy().tobytes())
    return digest.hexdigest()
