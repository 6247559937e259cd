"""What a page shows of a trace: a dict for JSON, and the arrays it refers to by number."""

from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

import lowlevel
from lowlevel.inspection import layered_layout
from lowlevel.inspection.arrays_file import Arrays
from lowlevel.inspection.sampling import Kept
from lowlevel.inspection.trace import Trace, TracedOperation
from lowlevel.optimizer import Optimizer

# What passes numbers on; an operation that takes one of these is shown as taking what it passes.
SAME_NUMBERS = {"Identity", "EnsureShape", "IdentityN", "StopGradient", "Cast"}
HIDDEN = SAME_NUMBERS | {
    *("Const", "ReadVariableOp", "Placeholder", "Shape", "Pack", "Size", "StridedSlice"),
    *("StatelessRandomUniformV2", "StatelessRandomGetKeyCounter", "GreaterEqual", "Range", "Prod"),
}
MAX_WEIGHTS = 2**19  # numbers of a variable that a page holds; of its slots and update, as many
MAX_SLOTS = 2**16


def of_trace(trace: Trace, arrays: Arrays) -> dict:
    """The layers, operations and variables of a trace, for JSON.

    Args:
        trace: a `Trace`.
        arrays: where all arrays are added.
    """
    operations = {
        name: _operation(operation, trace, arrays)
        for name, operation in trace.operations.items()
        if operation.value.array.dtype.kind in "fVb" or operation.kind in ("Range",)
    }
    layers = {}
    for layer, members in trace.by_layer().items():
        shown = [operation.name for operation in members if operation.kind not in HIDDEN]
        # What keeps a moving average or an assertion, and feeds nothing, is no part of the picture.
        shown = [name for name in shown if _is_on_the_way(name, trace)]
        if shown:
            layers[layer] = {"operations": shown, "variables": [], "shape": _shape(trace, shown)}
    variables = {}
    for name, variable in trace.variables.items():
        if variable.layer in layers:
            layers[variable.layer]["variables"].append(name)
        variables[name] = {
            "layer": variable.layer,
            "before": arrays.add(_limit(variable.before, MAX_WEIGHTS)),
            "after": arrays.add(_limit(variable.after, MAX_SLOTS)),
            "update": arrays.add(_limit(variable.update, MAX_SLOTS)),
            "gradient": variable.gradient and arrays.add(_limit(variable.gradient, MAX_SLOTS)),
            "slots": {
                kind: [arrays.add(_limit(kept, MAX_SLOTS)) for kept in pair]
                for kind, pair in variable.slots.items()
            },
        }
    places, edges = _diagram(trace, layers)
    return {
        "step": trace.step,
        "replay": str(trace.replay),
        "operations": operations,
        "layers": layers,
        "variables": variables,
        "places": places,
        "edges": edges,
    }


def of_optimizer(optimizer: Optimizer, step: int) -> dict:
    """The settings of an optimizer at a step, for the formula of its update."""
    settings = {
        name: value for name, value in vars(optimizer).items() if isinstance(value, float | bool)
    }
    rate = float(optimizer.learning_rate(tf.constant(step, tf.int64)))
    rule = type(optimizer).__name__
    return {"rule": rule, "learning_rate": rate, "t": step + 1, "settings": settings}


def _operation(operation: TracedOperation, trace: Trace, arrays: Arrays) -> dict:
    inputs = [_through(name, trace) for name in operation.inputs]
    return {
        "kind": operation.kind,
        "layer": operation.layer,
        "inputs": inputs,
        "attributes": _plain(operation.attributes),
        "numbers": _small_inputs(operation, trace),
        "outputs": [arrays.add(_limit(kept, MAX_WEIGHTS)) for kept in operation.outputs],
        "gradient": operation.gradient and arrays.add(_limit(operation.gradient, MAX_WEIGHTS)),
        "source": [
            {"file": _relative(line.file), "line": line.line, "text": line.text}
            for line in operation.source
        ],
    }


def _through(tensor_name: str, trace: Trace) -> str:
    """The tensor whose numbers another passes on, or "variable:weights/c1"."""
    name, _, index = tensor_name.partition(":")
    operation = trace.operations.get(name)
    if operation is None:
        return tensor_name
    if operation.kind == "ReadVariableOp" and operation.reads:
        return f"variable:{operation.reads}"
    if operation.kind in SAME_NUMBERS and operation.inputs and index in ("", "0"):
        before = trace.tensor(operation.inputs[0])
        if before is not None and np.array_equal(before.array, operation.value.array):
            return _through(operation.inputs[0], trace)
    return tensor_name


def _small_inputs(operation, trace):
    """Values of inputs that are few whole numbers, such as axes and shapes, by their place."""
    found = {}
    for place, tensor in enumerate(operation.inputs):
        name, _, index = tensor.partition(":")
        if name in trace.operations:
            value = trace.operations[name].outputs[int(index or 0)].array
            if value.dtype.kind in "iu" and value.size <= 64:
                found[place] = value.tolist()
    return found


def _is_on_the_way(name, trace):
    """Whether an operation's result is used, or leads to the loss: it has a gradient or a user."""
    users = trace.users.get(name, ())
    return bool(users) or trace.operations[name].gradient is not None


def _shape(trace, shown):
    return list(trace.operations[shown[-1]].value.statistics.shape[1:])


def _diagram(trace, layers):
    """Places of layers, (column, row), and pairs of layers that are connected."""
    of = {name: layer for layer, entry in layers.items() for name in entry["operations"]}
    edges = {}
    for layer, entry in layers.items():
        for name in entry["operations"]:
            for source in _sources(name, trace, of, set()):
                if source != layer:
                    edges[source, layer] = None
    names = ["input", *layers]
    fixed = [edge for edge in edges if edge[0] in names and edge[1] in names]
    places, routes = layered_layout.place(names, fixed)
    return (
        {name: list(place) for name, place in places.items()},
        [[source, target, [list(point) for point in routes[source, target]]]
         for source, target in fixed],
    )  # fmt: skip


def _sources(name, trace, of, seen):
    """Layers that an operation's numbers come from; "input" for the network's inputs."""
    for tensor in trace.operations[name].inputs:
        source = tensor.partition(":")[0]
        if source in seen or source not in trace.operations:
            continue
        seen.add(source)
        operation = trace.operations[source]
        if source in of:
            yield of[source]
        elif operation.kind == "Placeholder" and operation.outputs:
            yield "input"
        elif operation.kind != "ReadVariableOp":
            yield from _sources(source, trace, of, seen)


def _limit(kept: Kept, most: int) -> Kept:
    return kept if kept.array.size <= most else kept.cut(4 * most)


def _plain(value: Any) -> Any:
    """Attributes as JSON knows them."""
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if isinstance(value, bool | int | float | str) or value is None:
        return value
    return str(getattr(value, "name", value))


def _relative(file: str) -> str:
    """A path as people say it: from the package, from the current directory, or its name."""
    path = Path(file)
    for root in (Path(lowlevel.__file__).parent.parent, Path.cwd()):
        if path.is_relative_to(root):
            return path.relative_to(root).as_posix()
    return path.name
