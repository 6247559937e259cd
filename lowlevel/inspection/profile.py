"""Where the time of a training step goes: the time of each operation, by layer and by kind.

The step is built in a graph and run in a session of TensorFlow 1, which can report when each
operation began and ended. It is the step that trains, with the same optimizations of the graph, on
random inputs: what they are hardly changes how long it takes. It is not compiled by XLA, even if a
run's own step is.

A kind may carry another rule's name: ResourceApplyAdagradV2, told to leave its slots alone, is the
last line of Adam, `w - alpha * m / (sqrt(v) + epsilon)`, in one operation.
"""

import contextlib
import dataclasses
import re
import statistics
import time
from typing import Any

import numpy as np
import tensorflow as tf

from lowlevel import nets
from lowlevel.files import FilePath
from lowlevel.inspection import summary
from lowlevel.inspection.operations import BACKWARD, GRADIENTS, fold
from lowlevel.progress import Progress
from lowlevel.training import tasks
from lowlevel.training.recipe import Recipe
from lowlevel.training.state import TrainingState
from lowlevel.training.step import build_train_step
from lowlevel.variables import layer_of

FORWARD, GRADIENT, UPDATE, OTHER = "forward", "gradient", "update", "other"
STEPS_BEFORE = 3  # in which memory is allocated and kernels are chosen


@dataclasses.dataclass(frozen=True)
class Operation:
    """An operation of a step.

    Attributes:
        name: its name in the graph.
        kind: its type, without the prefix of the library that computes it, for example Conv2D.
        layer: the layer it belongs to; "" for the loss and what runs in no layer.
        part: "forward", "gradient", "update" of a variable, or "other".
        milliseconds: its mean time in a step.
    """

    name: str
    kind: str
    layer: str
    part: str
    milliseconds: float


@dataclasses.dataclass(frozen=True)
class Profile:
    """The times of a training step.

    Attributes:
        milliseconds: the median time of a step, while nothing is traced.
        operations: the `Operation`s, the costliest first. Their times add up to more than that of
            a step, because some run at the same time.
    """

    milliseconds: float
    operations: list


def profile(
    net_name: str,
    config: Any,
    recipe: Recipe,
    precision: str = "float32",
    steps: int = 20,
    directory: FilePath | None = None,
    quiet: bool = True,
) -> Profile:
    """Times the operations of a network's training step.

    Args:
        net_name: a name in `lowlevel.nets.NETS`.
        config: its config.
        recipe: a `lowlevel.training.recipe.Recipe`: optimizer and batch size.
        precision: "float32" or "bfloat16".
        steps: how many steps are timed, and as many again are traced.
        directory: where to write a profile for TensorBoard, or None.
        quiet: show no progress.

    Returns:
        A `Profile`.

    Raises:
        ConfigError: the network is unknown, or has no task of its own.
    """
    task = tasks.of_net(net_name, config)
    with tf.Graph().as_default() as graph:
        network = nets.make(net_name, config, recipe.seed, precision)
        state = TrainingState(network.variables, recipe.make_optimizer(), task.metric_names)
        batch = _random_batch(network, task, recipe.batch_size)
        spec = [tf.TensorSpec([None, *part.shape[1:]], part.dtype) for part in batch]
        train_step = build_train_step(network, task, state, recipe, spec)
        fetch = tf.group(*train_step(*batch).values())
        initialize = tf.compat.v1.global_variables_initializer()
    trace_all = tf.compat.v1.RunOptions(trace_level=tf.compat.v1.RunOptions.FULL_TRACE)
    seconds, found = [], {}
    with (
        tf.compat.v1.Session(graph=graph) as session,
        Progress("profiling", 2 * steps, quiet=quiet) as progress,
    ):
        session.run(initialize)
        for _ in range(STEPS_BEFORE):
            session.run(fetch)
        with _tensorboard_profile(directory):
            for _ in range(steps):
                start = time.perf_counter()
                session.run(fetch)
                seconds.append(time.perf_counter() - start)
                progress.advance()
        for _ in range(steps):
            metadata = tf.compat.v1.RunMetadata()
            session.run(fetch, options=trace_all, run_metadata=metadata)
            _add(found, metadata)
            progress.advance()
    variables = [*network.variables.all()]
    layers = _with_parents(layer.name for layer in summary.summarize(net_name, config))
    operations = [
        Operation(name, kind, layer, part, microseconds / 1e3 / steps)
        for (name, kind), microseconds in found.items()
        for layer, part in [_place(name, layers, variables)]
    ]
    operations.sort(key=lambda operation: -operation.milliseconds)
    return Profile(1e3 * statistics.median(seconds), operations)


def by_layer(operations: list[Operation], depth: int | None = None) -> dict[str, dict[str, float]]:
    """Milliseconds of each layer: a dict by name of dicts by part, the costliest layer first.

    Args:
        operations: `Operation`s.
        depth: fold layers whose names share this many first parts, as `summary.summarize` does.
    """
    found = {}
    for operation in operations:
        layer = fold(operation.layer, depth)
        parts = found.setdefault(layer, {})
        parts[operation.part] = parts.get(operation.part, 0.0) + operation.milliseconds
    return dict(sorted(found.items(), key=lambda item: -sum(item[1].values())))


def shares(operations: list[Operation], depth: int | None = None) -> dict[str, float]:
    """Each layer's share of the time of all operations: a dict by name, the costliest first."""
    total = sum(operation.milliseconds for operation in operations)
    layers = by_layer(operations, depth)
    return {layer: sum(parts.values()) / total for layer, parts in layers.items()}


def by_kind(operations: list[Operation]) -> dict[str, tuple[float, int]]:
    """Milliseconds and number of the operations of each kind: a dict, the costliest kind first."""
    found = {}
    for operation in operations:
        milliseconds, count = found.get(operation.kind, (0.0, 0))
        found[operation.kind] = (milliseconds + operation.milliseconds, count + 1)
    return dict(sorted(found.items(), key=lambda item: -item[1][0]))


def _random_batch(network, task, batch_size):
    """Inputs in [0, 1), and targets in the form that the task wants, as constant tensors."""
    inputs = _random(network.input_spec, batch_size)
    if task.target_spec is None:  # an autoencoder's targets are its inputs
        return inputs, inputs
    return inputs, _random(task.target_spec, batch_size)


def _random(spec, batch_size):
    """Random numbers that fit a spec; whole numbers are 0 or 1, which any network takes."""
    shape = [batch_size, *(50 if size is None else size for size in spec.shape[1:])]
    random = np.random.default_rng(0)
    values = random.integers(0, 2, shape) if spec.dtype.is_integer else random.random(shape)
    return tf.constant(values, spec.dtype)


def _tensorboard_profile(directory):
    if directory is None:
        return contextlib.nullcontext()
    return tf.profiler.experimental.Profile(str(directory))


def _add(found, metadata):
    """Adds microseconds to a dict by (name, kind) of operations."""
    for device in metadata.step_stats.dev_stats:
        for node in device.node_stats:
            label = re.search(r" = (\w+)\(", node.timeline_label)
            if label is None:  # what begins and ends a graph
                continue
            kind = re.sub("^_Mkl(Native)?|^_", "", label[1])
            name = re.sub("^(Stateful)?PartitionedCall/", "", node.node_name)
            microseconds = node.op_end_rel_micros - node.op_start_rel_micros
            found[name, kind] = found.get((name, kind), 0) + microseconds


def _with_parents(names):
    """The names of layers, and of the blocks that they are in: "block1" for "block1/c1"."""
    parts = [name.split("/") for name in names]
    return {"/".join(part[:count]) for part in parts for count in range(1, len(part) + 1)}


def _place(name, layers, variables):
    """Layer and part of an operation, by its name."""
    for variable in variables:
        if name.startswith(f"{variable}/"):
            return layer_of(variable), UPDATE
    backward = name.startswith((BACKWARD, GRADIENTS, "AddN"))  # AddN adds gradients
    part = GRADIENT if backward else FORWARD
    scope = name.removeprefix(BACKWARD)
    while scope and scope not in layers:
        scope = scope.rpartition("/")[0]
    return scope, part if scope or part == GRADIENT else OTHER
