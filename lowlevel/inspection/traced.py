"""What a trace of a training step holds: operations, variables, and how they are connected."""

import dataclasses
import functools

import numpy as np

from lowlevel.inspection.replay import Replay
from lowlevel.inspection.sampling import Kept
from lowlevel.inspection.source_lines import SourceLine


@dataclasses.dataclass(frozen=True)
class TracedOperation:
    """An operation of the forward pass or of the loss.

    Attributes:
        name: its name in the graph, for example "c3/Relu".
        kind: its type in TensorFlow, for example "Relu".
        layer: the layer in whose scope it runs; "" for the loss.
        inputs: names of the tensors that it takes, for example "c3/BiasAdd:0".
        attributes: its settings by name, for example strides.
        outputs: what it gives, a list of `Kept`.
        gradient: that of the mean loss by its first output, `Kept`, or None.
        reads: the name of the variable that it reads, or None.
        source: the lines that wrote it, the innermost first.
    """

    name: str
    kind: str
    layer: str
    inputs: tuple[str, ...]
    attributes: dict
    outputs: list[Kept]
    gradient: Kept | None
    reads: str | None
    source: tuple[SourceLine, ...]

    @property
    def value(self) -> Kept:
        """Its first output."""
        return self.outputs[0]


@dataclasses.dataclass(frozen=True)
class TracedVariable:
    """A variable of the network, and what the step does to it.

    Attributes:
        name: for example "weights/c3".
        layer: for example "c3".
        before, after: its value, `Kept`.
        gradient: that of the mean loss, `Kept`; None if it has none.
        slots: by kind, for example "m": pairs of `Kept`, before and after the step.
        update: what the step adds, `Kept`.
    """

    name: str
    layer: str
    before: Kept
    after: Kept
    update: Kept
    gradient: Kept | None
    slots: dict[str, tuple[Kept, Kept]]


@dataclasses.dataclass(frozen=True)
class Trace:
    """All values of one training step.

    Attributes:
        operations: `TracedOperation`s by name, in the order in which they run.
        variables: `TracedVariable`s by name.
        step: the number of steps before this one.
        losses: the loss of each example, `[batch]`.
        replay: how the operations compare with themselves computed again.
    """

    operations: dict[str, TracedOperation]
    variables: dict[str, TracedVariable]
    step: int
    losses: np.ndarray
    replay: Replay

    @functools.cached_property
    def users(self) -> dict[str, list[str]]:
        """Names of the operations that take an output of each operation."""
        found: dict[str, list[str]] = {}
        for operation in self.operations.values():
            for tensor in operation.inputs:
                found.setdefault(tensor.partition(":")[0], []).append(operation.name)
        return found

    def leads_to_loss(self, name: str) -> bool:
        """Whether an operation, or one that its output leads to, has a gradient."""
        return name in self._leading

    @functools.cached_property
    def _leading(self) -> set[str]:
        found: set[str] = set()
        for operation in reversed(self.operations.values()):  # users come after what they use
            users = self.users.get(operation.name, ())
            if operation.gradient is not None or any(user in found for user in users):
                found.add(operation.name)
        return found

    def tensor(self, name: str) -> Kept | None:
        """A tensor such as "c3/Relu:0"; None if it holds no numbers, or is not in the trace."""
        operation, _, index = name.partition(":")
        outputs = self.operations[operation].outputs if operation in self.operations else []
        return outputs[int(index)] if int(index) < len(outputs) else None

    def by_layer(self) -> dict[str, list[TracedOperation]]:
        """The operations of the network that compute floats, by layer, in their order."""
        operations = list(self.operations.values())
        while operations and operations[-1].gradient is None:  # the loss
            operations.pop()
        layers: dict[str, list[TracedOperation]] = {}
        for operation in operations:
            if operation.layer and operation.value.array.dtype.kind in "fV":
                layers.setdefault(operation.layer, []).append(operation)
        return layers

    def arrays(self) -> dict[str, np.ndarray]:
        """What is kept of all arrays of the network, by the names of their nodes and variables.

        For example "c3/Relu", "gradients/c3/Relu", "weights/c3", "gradients/weights/c3" and
        "updates/weights/c3".
        """
        found = {}
        parts = [operation for layer in self.by_layer().values() for operation in layer]
        for operation in parts:
            found[operation.name] = operation.value.array
            if operation.gradient is not None:
                found[f"gradients/{operation.name}"] = operation.gradient.array
        for name, variable in self.variables.items():
            found[name] = variable.before.array
            found[f"updates/{name}"] = variable.update.array
            if variable.gradient is not None:
                found[f"gradients/{name}"] = variable.gradient.array
        return found

    def __str__(self) -> str:
        """A line for each layer's activations and for each variable, and on the replay."""
        lines = [f"step {self.step}"]
        for layer, operations in self.by_layer().items():
            last = operations[-1]
            lines.append(f"{layer}: {last.kind} {last.value.statistics}")
            if last.gradient is not None:
                lines.append(f"  its gradient {last.gradient.statistics}")
        for name, variable in self.variables.items():
            lines.append(f"{name} {variable.before.statistics}")
            if variable.gradient is not None:
                lines.append(f"  its gradient {variable.gradient.statistics}")
                lines.append(f"  its update {variable.update.statistics}")
        return "\n".join([*lines, str(self.replay)])
