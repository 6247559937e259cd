"""A traced step and the step of another program, layer by layer and in the same shapes."""

import dataclasses
import functools
from typing import Any

import numpy as np
import tensorflow as tf

from lowlevel.inspection.distances import distance
from lowlevel.inspection.layer_again import Alteration, LayerAgain, results, source_layer
from lowlevel.inspection.other_step import OtherStep, fits, in_shape
from lowlevel.inspection.traced import Trace
from lowlevel.types import GraphFunction

KINKED = ("Relu", "Relu6", "LeakyRelu", "Selu")


class Matched:
    """Two steps whose layers have the same names.

    Attributes:
        trace: our `Trace`.
        other: the `OtherStep`, its arrays in our shapes where they fit.
        results: the operation that gives each layer's result here, by the layer's name.
        layers: the `LayerAgain` of each.
        variables: our variables before the step, by name.
        values: by layer, what it gives there.
        inputs: by layer, what it takes there.

    A layer there that is not named as ours, such as a pooling, is found by what it takes: what the
    layer before it gives; or else what it gives is what the layer after it takes. The latter holds
    for an activation, too.
    """

    def __init__(self, step: GraphFunction, trace: Trace, other: OtherStep) -> None:
        self.trace = trace
        self.results = results(trace)
        self.layers = {name: LayerAgain(trace, step, name) for name in self.results}
        self.variables = {name: found.before.array for name, found in trace.variables.items()}
        self.other = self.in_our_shapes(self._name_by_inputs(other))
        self.values, self.inputs = dict(self.other.values), dict(self.other.inputs)
        for name in self.layers:
            self._add_values_before(name)
        for name in self.layers:
            self._add_inputs(name)

    def _name_by_inputs(self, other):
        """The same step, with our names for layers that take what a layer of our name gives."""
        names = {name: name for name in other.values if name in self.results}
        for name, layer in self.layers.items():
            sources = {source_layer(self.trace, tensor) for tensor in layer.entries}
            if name in names or len(sources) != 1:
                continue
            before, shape = names.get(sources.pop()), self.results[name].value.array.shape
            for there, taken in other.inputs.items() if before else ():
                [value, *_] = other.values.get(there, (None,))
                if there in names.values() or len(taken) != 1 or value is None:
                    continue
                is_taken = functools.partial(np.array_equal, taken[0])
                if fits(value.shape, shape) and any(map(is_taken, other.values[before])):
                    names[name] = there
        renamed = {
            part: {
                name: getattr(other, part)[there]
                for name, there in names.items()
                if there in getattr(other, part)
            }
            for part in ("values", "inputs", "value_gradients")
        }
        return dataclasses.replace(other, **renamed)

    def in_our_shapes(self, other: OtherStep) -> OtherStep:
        """The same step with arrays in the shapes that they have here, if they fit."""
        layers = {name: found.value.array.shape for name, found in self.results.items()}
        variables = {name: array.shape for name, array in self.variables.items()}
        arrays: dict[str, Any] = {
            part: {
                name: tuple(in_shape(array, layers[name]) for array in arrays)
                for name, arrays in getattr(other, part).items()
                if name in layers
            }
            for part in ("values", "value_gradients")
        } | {
            part: {
                name: in_shape(array, variables[name]) if name in variables else array
                for name, array in getattr(other, part).items()
            }
            for part in ("gradients", "before", "after")
        }
        return dataclasses.replace(other, **arrays)

    def _add_values_before(self, name):
        layer, taken = self.layers[name], self.inputs.get(name, ())
        if len(taken) == len(layer.entries):
            for tensor, array in zip(layer.entries, taken, strict=True):
                source = source_layer(self.trace, tensor)
                if source in self.results and array.shape == self._shape(tensor):
                    array = in_shape(array, self.results[source].value.array.shape)
                    self.values[source] = (*self.values.get(source, ()), array)

    def _shape(self, tensor):
        return self.trace.operations[tensor.partition(":")[0]].value.array.shape

    def _add_inputs(self, name):
        sources = [source_layer(self.trace, tensor) for tensor in self.layers[name].entries]
        if name not in self.inputs and all(source in self.values for source in sources):
            self.inputs[name] = tuple(self.value(source) for source in sources)

    def variables_of(self, layer: str) -> list[str]:
        """Names of our variables of a layer."""
        return [name for name, found in self.trace.variables.items() if found.layer == layer]

    def chosen(self, layer: str) -> int:
        """Which of a layer's values there is nearest to ours: with an activation, or without."""
        ours, values = self.results[layer].value.array, self.values[layer]
        return min(range(len(values)), key=lambda number: distance(ours, values[number]))

    def value(self, layer: str) -> np.ndarray:
        """What a layer gives there; if there are two values, the one that is nearer to ours."""
        return self.values[layer][self.chosen(layer)]

    def switched(self, layer: str) -> bool:
        """Whether a ReLU at a layer's end is on for some numbers here and off there."""
        if layer not in self.values or self.results[layer].kind not in KINKED:
            return False
        ours, theirs = self.results[layer].value.array, self.value(layer)
        return ours.shape == theirs.shape and bool(np.any((ours > 0) != (theirs > 0)))

    def output(self, name: str, alteration: Alteration | None = None) -> np.ndarray | None:
        """What our layer makes of the inputs there; None if that cannot be computed.

        Altered, it takes our inputs if those there do not fit: they may be padded, for example.
        """
        layer, taken = self.layers[name], self.inputs.get(name, ())
        shapes = [self._shape(tensor) for tensor in layer.entries]
        pairs = list(zip(taken, shapes, strict=False))
        fit = len(taken) == len(shapes) and all(fits(array.shape, to) for array, to in pairs)
        if not layer.can_run() or not (fit or alteration):
            return None
        inputs = [array.reshape(shape) for array, shape in pairs] if fit else None
        try:
            return layer.output(inputs, alteration)
        except (tf.errors.InvalidArgumentError, ValueError):  # what is altered does not fit
            return None
