"""A network that is built: what it is called, its sizes, its variables, and the function."""

import dataclasses
import functools
import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

import tensorflow as tf

from lowlevel.checks import ConfigError, check_choice
from lowlevel.data.tensors import check_inputs
from lowlevel.joined_stores import Store
from lowlevel.types import GraphFunction, Nest, Outputs, Tensor
from lowlevel.variables import count_parameters

PRECISIONS = ("float32", "bfloat16")  # what a network may compute in


@dataclasses.dataclass(frozen=True, repr=False)
class Network:
    """A function with the variables that it computes with.

    Attributes:
        forward: function of (inputs, training=False, seed=None), see `lowlevel.nets`.
        variables: a `VariableStore`, or several that are `JoinedStores`.
        input_spec: `tf.TensorSpec` of the inputs, its batch size unknown; for several inputs, a
            dict or tuple of them.
        precision: what it computes in, "float32" or "bfloat16"; variables stay float32.
        name: its name in the registry, or None if it is not there.
        config: its config, or None.
        parts: the modules of the networks that it is nested from, by name.
    """

    forward: Callable
    variables: Store
    input_spec: Nest
    precision: str = "float32"
    name: str | None = None
    config: Any = None
    parts: dict = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        check_choice("precision", self.precision, PRECISIONS)
        if not callable(self.forward):
            raise ConfigError(f"forward must be a function of inputs, not {self.forward!r}.")
        _check_signature(self.forward)
        _check_spec(self.input_spec)

    def __repr__(self) -> str:
        name, count = self.name or "a function", count_parameters(self.variables.all())
        return f"{name}: {count:,} parameters, computed in {self.precision}"

    def __call__(self, inputs: Nest, training: bool = False, seed: Tensor | None = None) -> Outputs:
        """What `forward` returns for inputs that are cast to the network's precision.

        Outputs are cast back: losses, metrics and users get float32 in both precisions.

        Raises:
            DataError: an input has another shape than its spec.
        """
        inputs = tf.nest.map_structure(_fitting, self.input_spec, inputs)
        inputs = cast(inputs, tf.dtypes.as_dtype(self.precision))
        if not training:
            return cast(self.forward(inputs), tf.float32)
        result = self.forward(inputs, training=True, seed=seed)
        if not (isinstance(result, tuple) and len(result) == 2):
            return result  # which a training step refuses
        outputs, new_state = result
        return cast(outputs, tf.float32), new_state

    def part(self, name: str) -> "Network":
        """One of the networks that this one is nested from, such as "encoder".

        It computes with the very same variables.
        """
        joined: Any = self.variables  # a network that is not nested has no `stores`
        config, variables = getattr(self.config, name), joined.stores[name]
        return _of(self.parts[name], None, config, variables, self.precision)

    def compile(self) -> GraphFunction:
        """The network as a `tf.function` of inputs alone."""
        return tf.function(lambda x: self(x), input_signature=[self.input_spec], autograph=False)


def _check_signature(forward):
    """Refuses a function that a training step could not call."""
    try:
        signature = inspect.signature(forward)
    except ValueError:  # of a function in C
        return
    try:
        signature.bind(None)
        signature.bind(None, training=True, seed=None)
    except TypeError:
        raise ConfigError(
            f"forward must be forward(inputs, training=False, seed=None), not forward{signature}."
        ) from None


def _check_spec(input_spec):
    """Refuses what is not a `tf.TensorSpec` with an axis for the batch, or several of them."""
    for spec in tf.nest.flatten(input_spec):
        if not isinstance(spec, tf.TensorSpec):
            example = "tf.TensorSpec"
            if isinstance(input_spec, list | tuple) and {*map(type, input_spec)} <= {
                int,
                type(None),
            }:
                example += f"({[None, *input_spec[input_spec[0] is None :]]})"
            raise ConfigError(f"input_spec must be {example}, or several, not {input_spec!r}.")
        shape = spec.shape
        if shape.rank is not None and (shape.rank == 0 or shape[0] is not None):
            shown = shape.as_list()
            raise ConfigError(
                f"input_spec must begin with None, the batch axis, such as "
                f"tf.TensorSpec({[None, *shown]}), not {shown}."
            )


def build_network(
    net: ModuleType, name: str | None, config: Any, seed: int, precision: str
) -> Network:
    """The `Network` of a module of `lowlevel.nets`, with new variables from a seed."""
    return _of(net, name, config, net.build(config, seed), precision)


def _of(net, name, config, variables, precision):
    forward = functools.partial(net.forward, config, variables)
    parts = getattr(net, "PARTS", {})
    return Network(forward, variables, net.input_spec(config), precision, name, config, parts)


def cast(inputs: Nest, dtype: tf.DType) -> Nest:
    """A nest with float tensors in another dtype; whole numbers stay as they are."""
    return tf.nest.map_structure(lambda x: tf.cast(x, dtype) if x.dtype.is_floating else x, inputs)


def _fitting(spec, x):
    """An input as a tensor, if it has the shape of its spec."""
    x, name = tf.convert_to_tensor(x), spec.name or "inputs"
    check_inputs(name, spec, x)
    return x
