"""A layer of a traced step, computed again: from other inputs, or with something altered."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from lowlevel.inspection import replay
from lowlevel.inspection.traced import Trace, TracedOperation
from lowlevel.types import GraphFunction

READS = ("ReadVariableOp", "ResourceGather")
SAME_NUMBERS = ("Identity", "Reshape", "Squeeze", "ExpandDims")


@dataclasses.dataclass(frozen=True)
class Alteration:
    """Something in a layer that could be otherwise.

    Attributes:
        words: what it is, for example "no biases/c1".
        instead: by operation, a function of its inputs that gives its output.
        end: an operation and a function of its output, which gives that of the layer; or None.
    """

    words: str
    instead: dict[str, Callable] = dataclasses.field(default_factory=dict)
    end: tuple[str, Callable] | None = None


class LayerAgain:
    """The operations of a layer that lead to the loss.

    Attributes:
        layer: its name.
        operations: its `TracedOperation`s by name, in their order; the last gives its result.
        entries: names of the tensors that it takes from other layers.
    """

    def __init__(self, trace: Trace, step: GraphFunction, layer: str) -> None:
        """Takes a layer out of a trace.

        Args:
            trace: a `Trace` that keeps all of each tensor.
            step: the compiled step that was traced.
            layer: the name of a layer of `results`.
        """
        self.layer = layer
        self._trace, self._graph = trace, step.get_concrete_function().graph
        last = results(trace)[layer].name
        self.operations: dict[str, TracedOperation] = {}
        for name, operation in trace.operations.items():
            if operation.layer == layer and trace.leads_to_loss(name):
                self.operations[name] = operation
            if name == last:
                break
        outside = [
            name
            for operation in self.operations.values()
            if operation.kind not in READS
            for name in operation.inputs
            if name.partition(":")[0] not in self.operations and self._is_computed(name)
        ]
        self.entries = list(dict.fromkeys(outside))

    def _is_computed(self, tensor):
        source = self._trace.operations.get(tensor.partition(":")[0])
        if source is None or source.value.array.dtype.kind != "f":
            return False
        return source.kind not in ("Const", *READS) and self._trace.leads_to_loss(source.name)

    def operation(self, name: str) -> tf.Operation:
        """An operation as it stands in the graph."""
        return self._graph.get_operation_by_name(name)

    def can_run(self) -> bool:
        """Whether each operation can be computed again, and what it takes is known."""
        return bool(self.entries) and not any(
            replay.why_not(self.operation(name))
            for name, operation in self.operations.items()
            if operation.kind not in READS
        )

    def output(
        self, inputs: Sequence[np.ndarray] | None = None, alteration: Alteration | None = None
    ) -> np.ndarray:
        """What the layer gives.

        Args:
            inputs: an array for each of `entries`; None for those that were traced.
            alteration: what to do otherwise.

        Raises:
            tf.errors.InvalidArgumentError, ValueError: what is altered does not fit.
        """
        alteration = alteration or Alteration("")
        known: dict[str, Any] = {}
        if inputs is not None:
            known = dict(zip(self.entries, inputs, strict=True))
        end, change = alteration.end or (None, None)
        found = []
        for name, operation in self.operations.items():
            taken = [known[t] if t in known else self._traced(t) for t in operation.inputs]
            if name in alteration.instead:
                found = [np.asarray(alteration.instead[name](taken))]
            elif operation.kind in ("Const", *READS):
                found = [kept.array for kept in operation.outputs]
            else:
                found = [part.numpy() for part in replay.run(self.operation(name), taken)]
            known |= {f"{name}:{number}": part for number, part in enumerate(found)}
            if name == end and change is not None:
                return np.asarray(change(found[0]))
        return found[0]

    def _traced(self, tensor):
        kept = self._trace.tensor(tensor)
        return None if kept is None else kept.array  # None: a variable, which is not read again


def results(trace: Trace) -> dict[str, TracedOperation]:
    """The operation that gives the result of each layer, by the layer's name, in their order."""
    found = {}
    for layer, operations in trace.by_layer().items():
        leading = [part for part in operations if trace.leads_to_loss(part.name)]
        if leading and leading[-1].kind not in ("Const", "ReadVariableOp"):
            found[layer] = leading[-1]
    return found


def source_layer(trace: Trace, tensor: str) -> str:
    """The layer whose result a tensor is, but for its shape; "" if it is none's."""
    operation = trace.operations[tensor.partition(":")[0]]
    while operation.layer == "" and operation.kind in SAME_NUMBERS:
        source = operation.inputs[0].partition(":")[0]
        if source not in trace.operations:
            break
        operation = trace.operations[source]
    return operation.layer
