"""What a network is made of, layer by layer, known before it runs.

A network is traced once, and the operations of its graph are gathered by the scope they run in:
each layer runs in a scope of its name.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from lowlevel import nets
from lowlevel.inspection.operations import fold, multiply_adds, scope_of
from lowlevel.variables import layer_of as layer_of_variable


@dataclasses.dataclass
class Layer:
    """A line of a summary.

    Attributes:
        name: the layer's, or that of the block it is folded into.
        output_shape: shape of its output, without the batch; None for a size that is not fixed.
        operations: types of its operations on floats in TensorFlow, for example Conv2D.
        inputs: names of the layers that it takes tensors from; "" for the network's inputs.
        parameters: numbers in its variables.
        trainable: how many of them gradients update.
        multiply_adds: multiplications with an addition, for one example; those of convolutions and
            dense layers, which are nearly all.
    """

    name: str
    output_shape: tuple = ()
    operations: list = dataclasses.field(default_factory=list)
    inputs: list = dataclasses.field(default_factory=list)
    parameters: int = 0
    trainable: int = 0
    multiply_adds: int = 0


def summarize(net_name: str, config: Any = None, depth: int | None = None) -> list[Layer]:
    """The layers of a network, in the order in which they run.

    Args:
        net_name: a name in `lowlevel.nets.NETS`.
        config: its config; the default one if None.
        depth: fold layers whose names share this many first parts, such as "inception1" of
            "inception1/3x3/conv" for 1; None folds nothing.

    Returns:
        A list of `Layer`s. A layer that is used again is there again, without parameters.

    Raises:
        ConfigError: the name is unknown.
    """
    net = nets.get(net_name)
    config = net.Config() if config is None else config
    with tf.device("CPU:0"):
        store = net.build(config, seed=0)
        graph = _trace(net, config, store)

    layers = {}
    operations = {operation.name: operation for operation in graph.get_operations()}
    layer_of = {name: fold(scope_of(name, operations), depth) for name in operations}
    for operation in operations.values():
        name = layer_of[operation.name]
        if not name:
            continue
        layer = layers.setdefault(name, Layer(name))
        layer.output_shape = tuple(operation.outputs[0].shape[1:])
        if operation.outputs[0].dtype.is_floating:
            layer.operations.append(operation.type)
        layer.multiply_adds += multiply_adds(operation)
        for source in _sources(operation, layer_of):
            if source != name and source not in layer.inputs:
                layer.inputs.append(source)
    for full_name, variable in store.all().items():
        layer = layers[fold(layer_of_variable(full_name), depth)]
        layer.parameters += variable.shape.num_elements()
        layer.trainable += variable.shape.num_elements() if variable.trainable else 0
    return list(layers.values())


def _trace(net, config, store):
    """The graph of a network for one example."""
    spec = net.input_spec(config)
    one = tf.TensorSpec([1, *spec.shape[1:]], spec.dtype, spec.name)
    function = tf.function(lambda inputs: net.forward(config, store, inputs), autograph=False)
    return function.get_concrete_function(one).graph


def _sources(operation, layer_of):
    """Layers that an operation takes tensors from; what runs in no scope belongs to none."""
    for tensor in operation.inputs:
        if tensor.dtype == tf.resource:  # a variable
            continue
        source = layer_of[tensor.op.name]
        if source or tensor.op.type == "Placeholder":
            yield source
        else:
            yield from _sources(tensor.op, layer_of)


def describe_shape(shape: Sequence[int | None]) -> str:
    """Sizes as text: "28 x 28 x 16"; "any" for a size that is not fixed."""
    if not shape:
        return "one number"
    return " x ".join("any" if size is None else str(size) for size in shape)


def align(rows: list[tuple], left: tuple) -> list[str]:
    """Rows of texts as lines whose columns stand below one another; the first row is the header.

    Columns whose header is in `left` begin below one another, the others end so.
    """
    header, widths = rows[0], [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            text.ljust(width) if name in left else text.rjust(width)
            for name, text, width in zip(header, row, widths, strict=True)
        )
        for row in rows
    ]
