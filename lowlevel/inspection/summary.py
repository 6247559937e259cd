"""What a network is made of and costs, layer by layer, known before it runs.

A network is traced once, and the operations of its graph are gathered by the scope they run in:
each layer runs in a scope of its name.
"""

import dataclasses
import math

import tensorflow as tf

from lowlevel import nets
from lowlevel.variables import count_parameters


@dataclasses.dataclass
class Layer:
    """A line of a summary.

    Attributes:
        name: the layer's, or that of the block it is folded into.
        output_shape: shape of what it gives, without the batch.
        parameters: numbers in its variables.
        trainable: those of them that gradients update.
        multiply_adds: multiplications with an addition, for one example; those of convolutions and
            dense layers, which are nearly all.
    """

    name: str
    output_shape: tuple
    parameters: int = 0
    trainable: int = 0
    multiply_adds: int = 0


def summarize(net_name, config=None, depth=None):
    """The layers of a network, in the order in which they run.

    Args:
        net_name: a name in `lowlevel.nets.NETS`.
        config: its config; the default one if None.
        depth: fold layers whose names share this many first parts, such as "inception1" of
            "inception1/3x3/conv" for 1; None folds nothing.

    Returns:
        A list of `Layer`s.

    Raises:
        ConfigError: there is no such network.
    """
    net = nets.get(net_name)
    config = net.Config() if config is None else config
    with tf.device("CPU:0"):
        variables = net.build(config, seed=0)
        function = tf.function(
            lambda inputs: net.forward(config, variables, inputs), autograph=False
        )
        graph = function.get_concrete_function(net.input_spec(config)).graph

    layers = {}
    operations = {operation.name: operation for operation in graph.get_operations()}
    for name, operation in operations.items():
        scope = name.rpartition("/")[0]
        while scope in operations:  # what an operation needs, such as its shape, is named below it
            scope = scope.rpartition("/")[0]
        if not scope:
            continue
        name = _fold(scope, depth)
        layer = layers.setdefault(name, Layer(name, ()))
        layer.output_shape = tuple(operation.outputs[0].shape[1:])
        layer.multiply_adds += _multiply_adds(operation)
    for part, named in (("all", variables.all()), ("trainable", variables.trainable())):
        for full_name, variable in named.items():
            kind, _, name = full_name.partition("/")
            scope = name.rpartition("/")[0] if kind == "state" else name
            layer, count = layers[_fold(scope, depth)], count_parameters({"": variable})
            if part == "all":
                layer.parameters += count
            else:
                layer.trainable += count
    return list(layers.values())


def _fold(scope, depth):
    return "/".join(scope.split("/")[:depth])


def _multiply_adds(operation):
    """For each position of a window, or each example, as many as the weights have numbers."""
    if operation.type == "MatMul":
        return operation.inputs[1].shape.num_elements()
    if operation.type == "Conv2D":
        weights, image = operation.inputs[1], operation.outputs[0]
    elif operation.type == "Conv2DBackpropInput":  # transposed
        _, weights, image = operation.inputs
    else:
        return 0
    return math.prod(image.shape[1:3]) * weights.shape.num_elements()


def table(layers):
    """The layers as lines of text, with totals."""
    header = ("layer", "output shape", "parameters", "multiply-adds")
    rows = [
        (
            layer.name,
            " x ".join(map(str, layer.output_shape)),
            f"{layer.parameters:,}",
            f"{layer.multiply_adds:,}",
        )
        for layer in layers
    ]
    parameters = sum(layer.parameters for layer in layers)
    trainable = sum(layer.trainable for layer in layers)
    rows.append(("total", "", f"{parameters:,}", f"{sum(x.multiply_adds for x in layers):,}"))
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    lines = []
    for row in (header, *rows):
        name, shape, *numbers = (
            text.ljust(width) if index < 2 else text.rjust(width)
            for index, (text, width) in enumerate(zip(row, widths, strict=True))
        )
        lines.append("  ".join((name, shape, *numbers)))
    rule = "-" * len(lines[0])
    lines = [lines[0], rule, *lines[1:-1], rule, lines[-1]]
    lines.append(f"{trainable:,} parameters are trained, {parameters - trainable:,} are state.")
    return "\n".join(lines)
