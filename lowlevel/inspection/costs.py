"""What a training step costs, layer by layer: multiply-adds back, memory, and what a pixel sees.

All of it is read from the graph of the step that trains, for one example.
"""

import dataclasses
from typing import Any

from lowlevel.inspection import receptive_field, step_graph
from lowlevel.inspection.operations import BACKWARD, fold, multiply_adds, scope_of

# What hands on the memory of its input.
SAME_MEMORY = ("Identity", "IdentityN", "Reshape", "EnsureShape", "Squeeze", "ExpandDims")


@dataclasses.dataclass
class Cost:
    """The costs of a layer in training, for one example.

    Attributes:
        forward: multiply-adds of its forward pass, see `operations.multiply_adds`.
        backward: multiply-adds of its gradients: by its weights, and by its input where a layer
            before it is trained.
        kept: bytes of what it computes that the backward pass reads, which have to stay in memory
            until then. Memory that several layers hand on is counted once, where it was filled.
        sees: sizes of the part of the input that one number of its output depends on, height and
            width for images, at most; () for all of it.
    """

    forward: int = 0
    backward: int = 0
    kept: int = 0
    sees: tuple[int, ...] = receptive_field.NOTHING


def of_net(
    net_name: str, config: Any, precision: str = "float32", depth: int | None = None
) -> dict[str, Cost]:
    """The costs of a network by layer, in the order in which the layers run.

    Args:
        net_name: a name in `lowlevel.nets.NETS`.
        config: its config.
        precision: what it computes in, "float32" or "bfloat16".
        depth: fold layers whose names share this many first parts, as `summary.summarize` does.

    Returns:
        A dict of `Cost`s. Dropout, which runs in training only, is a layer of its own here; ""
        has the inputs, the loss, and what runs in no layer.

    Raises:
        ConfigError: the network is unknown.
    """
    step = step_graph.of_net(net_name, config, precision)
    names = {operation.name for operation in step.forward}
    seen = receptive_field.of_graph(step.inputs, step.network)
    layers = {scope_of(name, names) for name in seen}
    costs = {}

    def cost_of(operation):
        layer = scope_of(operation.name.removeprefix(BACKWARD), names)
        while layer and layer not in layers:  # what helps, such as the sums of a gradient
            layer = layer.rpartition("/")[0]
        return costs.setdefault(fold(layer, depth), Cost())

    for operation in step.network:
        if operation.name in seen:
            cost = cost_of(operation)
            cost.forward += multiply_adds(operation)
            cost.sees = receptive_field.larger(cost.sees, seen[operation.name])
    for operation in step.backward:
        cost_of(operation).backward += multiply_adds(operation)
    for tensor in _kept(step):
        # Of one kind the size is unknown: what batch norm reserves, which is nothing on a CPU.
        cost_of(tensor.op).kept += (tensor.shape.num_elements() or 0) * tensor.dtype.size
    return costs


def _kept(step):
    """The tensors of the forward part that the backward part reads, but for weights."""
    of_example = {step.inputs.name}
    for operation in step.forward:
        drawn = operation.type.startswith("StatelessRandom")  # dropout's numbers
        if drawn or any(tensor.name in of_example for tensor in operation.inputs):
            of_example.update(tensor.name for tensor in operation.outputs)
    read = (tensor for operation in step.backward for tensor in operation.inputs)
    kept = [_filled(tensor) for tensor in read if tensor.name in of_example]
    return {tensor.name: tensor for tensor in kept}.values()


def _filled(tensor):
    """The tensor whose memory one has."""
    while tensor.op.type in SAME_MEMORY:
        tensor = tensor.op.inputs[tensor.value_index if tensor.op.type == "IdentityN" else 0]
    return tensor
