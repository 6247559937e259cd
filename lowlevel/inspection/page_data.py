"""What a page shows of a trace: a dict for JSON, and the arrays it refers to by number."""

import numpy as np
import tensorflow as tf

from lowlevel.inspection import as_json, page_diagram
from lowlevel.inspection.answers import LOSSES
from lowlevel.inspection.arrays_file import Arrays
from lowlevel.inspection.number_paths import PASSING, passes, through
from lowlevel.inspection.number_paths import uses as uses_of
from lowlevel.inspection.traced import Trace, TracedOperation
from lowlevel.optimizer import Optimizer

HIDDEN = PASSING | {"Const", "ReadVariableOp", "Placeholder", "StatelessRandomUniformV2"}
ENDED = "The schedule has ended: its rate is 0, so no weight changes."
# Shares of the numbers that a page has room for.
VALUES, GRADIENTS, WEIGHTS, UPDATES = 0.4, 0.3, 0.22, 0.08


def of_trace(trace: Trace, arrays: Arrays, max_numbers: int, examples: int) -> dict:
    """The layers, operations and variables of a trace, for JSON.

    Args:
        trace: a `Trace`.
        arrays: where all arrays are added.
        max_numbers: how many numbers there is room for. Of the largest arrays only some channels
            are kept, so that all fit.
        examples: how many of the batch's examples are kept.
    """
    layers: dict[str, dict] = {}
    for layer, members in trace.by_layer().items():
        shown = [found.name for found in members if _is_shown(found, trace)]
        if shown:
            shape = list(trace.operations[shown[-1]].value.statistics.shape[1:])
            layers[layer] = {"operations": shown, "variables": [], "shape": shape}
    for name, variable in trace.variables.items():
        if variable.layer in layers:
            layers[variable.layer]["variables"].append(name)
    variables = _variables(trace, arrays, max_numbers)
    operations = _operations(trace, layers, variables, arrays, max_numbers, examples)
    places, edges = page_diagram.of_layers(trace, layers)
    return {
        "step": trace.step,
        "replay": str(trace.replay),
        "operations": operations,
        "layers": layers,
        "variables": variables,
        "places": places,
        "edges": edges,
    }


def _is_shown(operation, trace):
    """Whether a page shows an operation: not what passes numbers on, settings, moving averages."""
    has_axes = bool(operation.value.statistics.shape)
    return operation.kind not in HIDDEN and has_axes and trace.leads_to_loss(operation.name)


def examples_that_fit(trace: Trace, max_numbers: int) -> int:
    """How many of the examples of a trace a page has room for, at least one."""
    shown = [found for found in trace.operations.values() if _is_shown(found, trace)]
    numbers = sum(found.value.array.size for found in shown if not _rule(found, trace))
    examples = len(trace.losses)
    return int(max(1, min(examples, VALUES * max_numbers * examples / max(1, numbers))))


def _variables(trace, arrays, max_numbers):
    """The variables, each cut so that all fit."""
    found = {}
    whole = _limit([v.before for v in trace.variables.values()], WEIGHTS * max_numbers)
    parts = [part for v in trace.variables.values() for part in _changes(v) if part is not None]
    changes = _limit(parts, UPDATES * max_numbers)
    for name, variable in trace.variables.items():
        after, update, gradient, *slots = (
            part and arrays.add(part.cut(4 * changes)) for part in _changes(variable)
        )
        found[name] = {
            "layer": variable.layer,
            "before": arrays.add(variable.before.cut(4 * whole)),
            "after": after,
            "update": update,
            "gradient": gradient,
            "slots": {
                kind: slots[2 * i : 2 * i + 2] for i, kind in enumerate(variable.slots)
            },
        }  # fmt: skip
    return found


def _changes(variable):
    pairs = [part for pair in variable.slots.values() for part in pair]
    return variable.after, variable.update, variable.gradient, *pairs


def _operations(trace, layers, variables, arrays, max_numbers, examples):
    """The operations of the layers, and what they take numbers from."""
    names = [name for layer in layers.values() for name in layer["operations"]]
    inputs = {
        through(tensor, trace).partition(":")[0]
        for name in names
        for tensor in trace.operations[name].inputs
    }
    wanted = [
        found
        for found in trace.operations.values()
        if found.name in {*names, *inputs} and found.value.array.dtype.kind in "fVb"
    ]
    batch = len(trace.losses)
    values = {}  # of each operation, what is kept of its outputs
    for found in wanted:
        values[found.name] = [_first(kept, batch, examples) for kept in found.outputs]
    gradients = {
        found.name: _first(found.gradient, batch, examples)
        for found in wanted
        if found.gradient is not None
    }
    packed = [kept for found in wanted for kept in values[found.name] if not _rule(found, trace)]
    most = _limit(packed, VALUES * max_numbers)
    most_gradient = _limit(list(gradients.values()), GRADIENTS * max_numbers)
    entries, uses = {}, uses_of(trace)
    for found in wanted:
        rule = None
        if (kind := _rule(found, trace)) and found.value.array.size:
            numbers = [
                _number(through(tensor, trace), entries, variables) for tensor in found.inputs
            ]
            if all(n is not None and arrays.entries[n]["channels"] is None for n in numbers):
                rule = [kind, *numbers]
        outputs = [arrays.add(values[found.name][0].cut(2**31 if rule else 4 * most), rule)]
        outputs += [arrays.add(kept.cut(4 * most)) for kept in values[found.name][1:]]
        gradient = gradients.get(found.name)
        entries[found.name] = _entry(found, trace) | {
            "outputs": outputs,
            "uses": uses.get(found.name, []),
            "gradient": gradient and arrays.add(gradient.cut(4 * most_gradient)),
        }
    for found in trace.operations.values():  # what the last layer leads to
        if found.kind in LOSSES:
            entries[found.name] = _entry(found, trace) | {"outputs": [], "gradient": None}
    return entries


def of_other(data: dict, other: Trace, arrays: Arrays, room: int) -> dict[str, int]:
    """The numbers of another run's arrays, by the name of an operation or a variable.

    Args:
        data: the result of `of_trace`.
        other: the `Trace` of the other run, of the same examples.
        arrays: where its arrays are added: the result of each layer and the variables, of each
            the part that is kept of ours, while there is room.
        room: for how many numbers.
    """
    ours = {
        name: data["operations"][name]["outputs"][0]
        for layer in data["layers"].values()
        for name in layer["operations"][-1:]
    } | {name: variable["before"] for name, variable in data["variables"].items()}
    found = {}
    for name, number in ours.items():
        entry = arrays.entries[number]
        kept = other.tensor(f"{name}:0") if name in data["operations"] else None
        if name in other.variables:
            kept = other.variables[name].before
        if kept is None or list(kept.statistics.shape) != entry["whole"]:
            continue
        if entry["channels"] is not None:
            kept = kept.of_channels(entry["channels"])
        if entry["shape"]:
            kept = kept.first_examples(entry["shape"][0])
        room -= kept.array.size
        if room >= 0:
            found[name] = arrays.add(kept)
    return found


def _first(kept, batch, examples):
    has_batch = kept.array.ndim and kept.statistics.shape[0] == batch
    return kept.first_examples(examples) if has_batch else kept


def _limit(parts, room):
    """How many numbers of each array there is room for."""
    limit = 2**30
    while limit > 64 and sum(min(part.array.size, limit) for part in parts) > room:
        limit = limit * 4 // 5
    return limit


def _rule(operation, trace):
    """The rule by which a page computes an operation's value to the same bits, or None."""
    inputs = [trace.tensor(name) for name in operation.inputs]
    if operation.kind not in ("Relu", "BiasAdd") or None in inputs:
        return None
    arrays = [kept.array for kept in inputs]
    if any(array.dtype != np.float32 for array in arrays):
        return None
    again = np.maximum(arrays[0], 0) if operation.kind == "Relu" else arrays[0] + arrays[1]
    return operation.kind if np.array_equal(again, operation.value.array) else None


def _number(tensor, entries, variables):
    """The number of a tensor's array, None if it is not among the entries."""
    if tensor.startswith("variable:"):
        return variables[tensor.partition(":")[2]]["before"]
    name = tensor.partition(":")[0]
    return entries[name]["outputs"][0] if name in entries else None


def of_optimizer(optimizer: Optimizer, step: int) -> dict:
    """The settings of an optimizer at a step, for the formula of its update."""
    settings = {
        name: value for name, value in vars(optimizer).items() if isinstance(value, float | bool)
    }
    rates = [optimizer.learning_rate(tf.constant(at, tf.int64)) for at in (step, 0)]
    rate, first = map(float, rates)
    rule = type(optimizer).__name__
    found = {"rule": rule, "learning_rate": rate, "t": step + 1, "settings": settings}
    return found | {"ended": ENDED if rate == 0 < first else ""}


def _entry(operation: TracedOperation, trace: Trace) -> dict:
    """What is known of an operation beside its arrays."""
    return {
        "kind": operation.kind,
        "layer": operation.layer,
        "passes": passes(operation, trace),
        "inputs": [through(name, trace) for name in operation.inputs],
        "attributes": as_json.plain(operation.attributes),
        "numbers": _whole_numbers(operation, trace),
        "source": [
            {"file": as_json.relative(line.file), "line": line.line, "text": line.text}
            for line in operation.source
        ],
    }


def _whole_numbers(operation, trace):
    """Values of inputs that are few whole numbers, such as axes and shapes, by their place."""
    found = {}
    for place, tensor in enumerate(operation.inputs):
        name, _, index = tensor.partition(":")
        if name in trace.operations:
            value = trace.operations[name].outputs[int(index or 0)].array
            if value.dtype.kind in "iu" and value.size <= 64:
                found[place] = value.tolist()
    return found
