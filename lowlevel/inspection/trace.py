"""All values of one training step, by layer: what a network computes, learns from, and learns.

    found = trace.of_run(run, images, labels)
    print(found)
    found.operations["c3/Relu"].gradient.array

The values come from the compiled step that trains, run once on copies of its variables: activations
and their gradients, weights, their gradients and slots, and what the step makes of them.
"""

import itertools
from typing import Any

import numpy as np
import tensorflow as tf

from lowlevel.checks import ConfigError
from lowlevel.inspection.copied_step import CopiedStep
from lowlevel.inspection.operations import BACKWARD, GRADIENTS, scope_of
from lowlevel.inspection.replay import NO_NUMBERS, Replay
from lowlevel.inspection.sampling import Kept
from lowlevel.inspection.source_lines import source_of
from lowlevel.inspection.traced import Trace, TracedOperation, TracedVariable
from lowlevel.training.run import Run
from lowlevel.types import GraphFunction, Nest
from lowlevel.variables import layer_of

MAX_BYTES = 2**30  # of tensors that are fetched at once
MAX_KEPT = 2**23  # bytes of one tensor


def of_run(run: Run, *batch: Nest, max_bytes: int = MAX_BYTES, max_kept: int = MAX_KEPT) -> Trace:
    """Traces the next step of a run, see `of_step`.

    Args:
        run: a `Run` that has data, for example `model.run` after `fit`.
        batch: inputs, targets, and weights if the run's data has them.
        max_bytes, max_kept: as for `of_step`.
    """
    if run.data is None:
        raise ConfigError("the run has no data yet: its step is known once it has.")
    named = run.network.variables.all()
    return of_step(run.train_step, named, *batch, max_bytes=max_bytes, max_kept=max_kept)


def of_step(
    train_step: GraphFunction,
    variables: dict[str, tf.Variable],
    *batch: Nest,
    max_bytes: int = MAX_BYTES,
    max_kept: int = MAX_KEPT,
) -> Trace:
    """Traces a compiled training step on a batch. Changes no variable, slot or step.

    Args:
        train_step: see `lowlevel.training.step.build_train_step`.
        variables: the network's variables by name.
        batch: what the step takes: inputs, targets and perhaps weights.
        max_bytes: how large the tensors may be that are computed at once. If all of them are
            larger, the step is run several times, for a part of them each.
        max_kept: bytes that are kept of one tensor. Of a larger one some channels are kept, and
            `Kept.note` says how many. Statistics are those of the whole tensor.

    Returns:
        A `Trace`.

    Raises:
        ConfigError: the function has no input signature.
        DataError: the batch does not fit the step.
    """
    step = CopiedStep(train_step, variables)
    values: dict[str, Kept] = {}
    replay, after = Replay(), {}
    before = {name: variable.numpy() for name, variable in step.variables.items()}
    for part in _parts(list(step.operations.values()), _batch_size(batch), max_bytes):
        names = {
            tensor.name: tensor.name
            for operation in part
            for tensor in [*operation.outputs, *operation.inputs]
            if tensor.dtype not in NO_NUMBERS
        }
        found = {name: value.numpy() for name, value in step.run(names, batch, whole=True).items()}
        after = step.after()
        for operation in part:
            replay.add(operation, found)
            for tensor in operation.outputs:
                if tensor.name in found:
                    values[tensor.name] = Kept.of(found[tensor.name], max_kept)
    operations = {
        operation.name: _operation(operation, step, values)
        for operation in _forward(step.operations.values())
        if operation.outputs and operation.outputs[0].name in values
    }
    traced = {
        name: _variable(name, before, after, values, max_kept)
        for name in variables
        if name in after
    }
    losses = values[step.outputs["loss"]].array if "loss" in step.outputs else np.zeros(0)
    return Trace(operations, traced, int(before.get("step", 0)), losses, replay)


def _forward(operations):
    """The operations of the forward pass and of the loss: those before the first gradient."""
    return itertools.takewhile(lambda found: not found.name.startswith(BACKWARD), operations)


def _operation(operation, step, values):
    names = {attr.name for attr in operation.op_def.attr} - {"value"}
    attributes = {name: operation.get_attr(name) for name in names}
    return TracedOperation(
        operation.name,
        operation.type,
        scope_of(operation.name, step.operations),
        tuple(tensor.name for tensor in operation.inputs),
        {name: value for name, value in attributes.items() if name not in ("T", "dtype")},
        [values[tensor.name] for tensor in operation.outputs if tensor.name in values],
        values.get(f"{GRADIENTS}{operation.name}:0"),
        next(
            (step.variable_of.get(t.op.name) for t in operation.inputs if t.dtype == tf.resource),
            None,
        ),
        source_of(operation),
    )


def _variable(name, before, after, values, max_kept):
    slots = {
        slot.removesuffix(f"/{name}"): (Kept.of(before[slot], max_kept), Kept.of(new, max_kept))
        for slot, new in sorted(after.items())
        if slot.endswith(f"/{name}")
    }
    return TracedVariable(
        name,
        layer_of(name),
        Kept.of(before[name], max_kept),
        Kept.of(after[name], max_kept),
        Kept.of(after[name] - before[name], max_kept),
        values.get(f"{GRADIENTS}{name}:0"),
        slots,
    )


def _batch_size(batch: tuple) -> int:
    [first, *_] = tf.nest.flatten(batch[0])
    return len(first)


def _parts(operations: list, batch_size: int, max_bytes: int) -> list[list]:
    """Groups of operations whose outputs, with inputs, stay within a number of bytes."""
    parts, size = [[]], 0
    for operation in operations:
        needed = sum(_size(t, batch_size) for t in [*operation.outputs, *operation.inputs])
        if size + needed > max_bytes and parts[-1]:
            parts.append([])
            size = 0
        parts[-1].append(operation)
        size += needed
    return parts


def _size(tensor: Any, batch_size: int) -> int:
    if tensor.dtype in NO_NUMBERS or tensor.shape.rank is None:
        return 0
    sizes = [batch_size if axis is None else axis for axis in tensor.shape]
    return int(np.prod(sizes, dtype=np.int64)) * tensor.dtype.size
