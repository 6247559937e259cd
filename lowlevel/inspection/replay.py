"""Each operation of a step, computed again by itself from the values that went into it."""

import dataclasses
import inspect
from typing import Any

import numpy as np
import tensorflow as tf

NO_NUMBERS = (tf.resource, tf.variant, tf.string)
# What computes nothing that could be computed again.
GIVEN = {"Const", "Placeholder", "NoOp", "ReadVariableOp"}


@dataclasses.dataclass
class Replay:
    """How the operations of a step compare with themselves computed again.

    Attributes:
        count: how many operations were computed again.
        differences: the largest difference of each operation that gave other numbers, by name.
        left_out: why operations were not computed again, by name.
    """

    count: int = 0
    differences: dict[str, float] = dataclasses.field(default_factory=dict)
    left_out: dict[str, str] = dataclasses.field(default_factory=dict)

    @property
    def largest(self) -> float:
        """The largest difference between a number of the step and the same computed again."""
        return max(self.differences.values(), default=0.0)

    def __str__(self) -> str:
        """What was computed again, what differs, what was left out, and why: lines of text."""
        same = self.count - len(self.differences)
        lines = [
            f"{self.count} operations were computed again, each by itself: {same} gave the same "
            f"bits; the largest difference is {self.largest:.3g}"
        ]
        if self.differences:
            worst = sorted(self.differences.items(), key=lambda item: -item[1])[:5]
            named = ", ".join(f"{name} {difference:.3g}" for name, difference in worst)
            most = f"the most: {named}" if len(self.differences) > len(worst) else named
            lines.append(
                f"{len(self.differences)} differ by rounding, because a compiled step rearranges "
                f"arithmetic and adds in the order of its threads; {most}"
            )
        for reason in dict.fromkeys(self.left_out.values()):
            names = [name for name, why in self.left_out.items() if why == reason]
            more = f" and {len(names) - 3} more" if len(names) > 3 else ""
            lines.append(f"not computed again, {reason}: {', '.join(names[:3])}{more}")
        return "\n".join(lines)

    def add(self, operation: tf.Operation, values: dict[str, np.ndarray]) -> None:
        """Computes an operation again and compares.

        Args:
            operation: an operation of the step's graph.
            values: arrays by the name of a tensor, such as "c3/Relu:0": those that it takes and
                those that it has returned.
        """
        reason = why_not(operation)
        if reason is not None:
            self.left_out |= {operation.name: reason} if reason else {}
            return
        again = run(operation, [values[tensor.name] for tensor in operation.inputs])
        self.count += 1
        pairs = [
            (values[tensor.name], new.numpy())
            for tensor, new in zip(operation.outputs, again, strict=True)
            if tensor.name in values
        ]
        largest = max((_difference(*pair) for pair in pairs), default=0.0)
        if largest > 0:
            self.differences[operation.name] = largest


def why_not(operation: tf.Operation) -> str | None:
    """None if an operation can be computed again; "" if there is nothing to compute; or why not."""
    if operation.type in GIVEN or not operation.outputs:
        return ""
    if any(tensor.dtype in NO_NUMBERS for tensor in [*operation.inputs, *operation.outputs]):
        return "because it takes or gives no numbers"
    if any(attr.HasField("func") or attr.list.func for attr in operation.node_def.attr.values()):
        return "because it calls a function of the graph"
    if not hasattr(tf.raw_ops, operation.type):
        return "because TensorFlow offers it only inside of graphs"
    return None


def run(operation: tf.Operation, inputs: list, **altered: Any) -> list[tf.Tensor]:
    """What an operation gives for inputs, eagerly: a list of its outputs.

    Args:
        operation: an operation of a graph.
        inputs: arrays.
        altered: settings to use instead of its own, for example `padding="VALID"`.
    """
    function = getattr(tf.raw_ops, operation.type)
    definition, parameters = operation.op_def, list(inspect.signature(function).parameters)
    attributes = {
        attr.name: _attribute(operation, attr.name)
        for attr in definition.attr
        if attr.name in parameters
    } | altered
    # Some arguments are called otherwise in Python than in the graph; their order is the same.
    names = [name for name in parameters if name not in attributes]
    waiting, arguments = list(zip(operation.inputs, inputs, strict=True)), {}
    for arg, name in zip(definition.input_arg, names, strict=False):
        count = None  # for one tensor
        if arg.number_attr:
            count = operation.get_attr(arg.number_attr)
        elif arg.type_list_attr:
            count = len(operation.get_attr(arg.type_list_attr))
        taken, waiting = waiting[: count or 1], waiting[count or 1 :]
        found = [tf.constant(value, tensor.dtype) for tensor, value in taken]
        arguments[name] = found[0] if count is None else found
    with tf.device("CPU:0"):
        result: Any = function(**arguments, **attributes)
    return list(result) if isinstance(result, list | tuple) else [result]


def _attribute(operation, name):
    value = operation.get_attr(name)
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, list):
        return [item.decode() if isinstance(item, bytes) else item for item in value]
    return value


def _difference(one, other):
    """The largest difference of two arrays; infinity where only one of them is finite."""
    if np.array_equal(one, other, equal_nan=one.dtype.kind in "fV"):
        return 0.0
    one, other = np.asarray(one, np.float64), np.asarray(other, np.float64)
    alike = (one == other) | (np.isnan(one) & np.isnan(other))
    with np.errstate(invalid="ignore"):
        distance = np.where(alike, 0, np.abs(one - other))
    return float(np.nan_to_num(distance, nan=np.inf, posinf=np.inf).max())
