"""What objects with a method `call`, such as Keras's layers, take and give while a model runs."""

import contextlib
import functools
from collections.abc import Iterator
from typing import Any

import tensorflow as tf


class Calls(dict):
    """The first arguments and the results of each call of some layers, in their order.

    The keys are the layers' names; that of a second call ends with "_1", as a scope's does. Each
    value is a pair: a list of tensors, and a tensor.
    """

    @contextlib.contextmanager
    def listening(self, layers: dict[str, Any]) -> Iterator[None]:
        """Meanwhile, each call of one of these layers, by their names, is kept."""
        self.clear()
        self._counts: dict[str, int] = {}
        for name, layer in layers.items():
            layer.call = functools.partial(self._call, name, layer.call)
        try:
            yield
        finally:
            for layer in layers.values():
                del layer.call

    def _call(self, name, call, *taken, **settings):
        given = call(*taken, **settings)
        count = self._counts[name] = self._counts.get(name, -1) + 1
        tensors = [part for part in tf.nest.flatten(taken[:1]) if part is not None]
        self[f"{name}_{count}" if count else name] = (tensors, given)
        return given

    def with_activation(self, name: str, activations: set[str]) -> list[tf.Tensor]:
        """What a layer gave, and what an activation made of it that is a layer of its own.

        Args:
            name: the layer's.
            activations: names of layers that are activations.
        """
        given = self[name][1]
        after = [
            result
            for key, (taken, result) in self.items()
            if key in activations and taken and taken[0] is given
        ]
        return [given, *after[:1]]
