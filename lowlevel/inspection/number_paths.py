"""Which operations take the numbers of which, seen through what only passes them on."""

import numpy as np

from lowlevel.inspection.traced import Trace, TracedOperation

PASSING = {"Identity", "EnsureShape", "IdentityN", "StopGradient", "Cast"}


def uses(trace: Trace) -> dict[str, list]:
    """By which paths gradients come: for each operation, pairs of a user and the place of input.

    An operation that passes numbers on is left out: its own users count instead. What has no
    gradient in the network is no path: shapes, moving averages, the inside of a custom gradient.
    """
    found: dict = {}
    waiting = [name for name, operation in trace.operations.items() if operation.gradient]
    for operation in trace.operations.values():
        is_loss = not waiting and operation.value.array.dtype.kind in "fV"
        if operation.gradient is not None:
            waiting.remove(operation.name)
        elif not is_loss:
            continue
        only_passes = passes(operation, trace)
        for place, tensor in enumerate(operation.inputs):
            if not (only_passes and place == 0):
                source = through(tensor, trace).partition(":")[0]
                found.setdefault(source, []).append([operation.name, place])
    return found


def passes(operation: TracedOperation, trace: Trace) -> bool:
    """Whether an operation gives the very numbers that it takes."""
    if operation.kind not in PASSING:
        return False
    before = trace.tensor(operation.inputs[0]) if operation.inputs else None
    return before is not None and np.array_equal(before.array, operation.value.array)


def through(tensor_name: str, trace: Trace) -> str:
    """The tensor whose numbers another passes on, or "variable:weights/c1"."""
    name, _, index = tensor_name.partition(":")
    operation = trace.operations.get(name)
    if operation is None:
        return tensor_name
    if operation.kind == "ReadVariableOp" and operation.reads:
        return f"variable:{operation.reads}"
    if index in ("", "0") and passes(operation, trace):
        return through(operation.inputs[0], trace)
    return tensor_name
