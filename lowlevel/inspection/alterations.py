"""What usually differs between two layers that should be the same, each as an `Alteration`.

An altered layer that gives what the other program gives shows what is different there.
"""

import functools
import itertools
from collections.abc import Iterator, Mapping

import numpy as np
import tensorflow as tf

from lowlevel.inspection import replay
from lowlevel.inspection.explanations import ACTIVATIONS, SLOPES, arrangements
from lowlevel.inspection.layer_again import READS, Alteration, LayerAgain
from lowlevel.variables import layer_of

EPSILONS = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-10, 1e-12, 2e-5)
WINDOWS = ("Conv2D", "MaxPool", "AvgPool", "Conv2DBackpropInput")
REDUCTIONS = {
    "Max": ("the mean instead of the maximum", tf.reduce_mean),
    "Mean": ("the maximum instead of the mean", tf.reduce_max),
}
LINEAR = ("BiasAdd", "FusedBatchNormV3", "Conv2D", "MatMul", "BatchMatMulV2", "Conv2DBackpropInput")


def of_layer(
    layer: LayerAgain, variables: Mapping[str, np.ndarray], extra: Mapping[str, np.ndarray]
) -> Iterator[Alteration]:
    """All alterations that are known for a layer, the most usual first.

    Args:
        layer: a `LayerAgain`.
        variables: the network's variables by name; moving averages are among them.
        extra: variables that there are only in the other program, by names like ours.
    """
    for name, operation in layer.operations.items():
        if operation.kind in WINDOWS:
            yield from _windows(layer, name)
            yield from _other_pooling(layer, name)
        elif operation.kind in REDUCTIONS:
            words, function = REDUCTIONS[operation.kind]
            yield Alteration(words, {name: lambda taken, function=function: function(*taken)})
        elif operation.kind == "FusedBatchNormV3":
            yield from _batch_norm(layer, name, variables)
        elif operation.kind == "LeakyRelu":
            for slope in SLOPES:
                yield _setting(layer, name, f"a slope of {slope}", alpha=slope)
        elif operation.kind == "Const" and 0 < operation.value.array.size == 1:
            here = float(operation.value.array.ravel()[0])
            if 0 < here < 0.1:  # such as an epsilon
                for epsilon in EPSILONS:
                    words = f"an epsilon of {epsilon:g} (here {here:.3g})"
                    yield _constant(name, words, operation.value.array * 0 + epsilon)
    yield from _activations(layer)
    for name, operation in layer.operations.items():
        if operation.kind in READS and operation.reads:
            yield from _variables(name, operation, variables)
    for name, array in extra.items():
        if layer_of(name) == layer.layer:
            yield from _added(layer, name, array)


def _setting(layer, name, words, **altered):
    """An operation with other settings."""
    operation = layer.operation(name)
    return Alteration(words, {name: lambda taken: replay.run(operation, taken, **altered)[0]})


def _constant(name, words, array):
    return Alteration(words, {name: lambda taken: array})


def _windows(layer, name):
    """Other strides, other padding: of convolutions and pooling."""
    attributes = layer.operations[name].attributes
    strides, padding = list(attributes["strides"]), _text(attributes["padding"])
    for stride, other in itertools.product((1, 2, 3, 4), ("SAME", "VALID")):
        differences = {
            f"a stride of {stride} (here {strides[1]})": stride != strides[1],
            f"{other.lower()} padding (here {padding.lower()})": other != padding,
        }
        words = " and ".join(part for part, differs in differences.items() if differs)
        if words:
            altered = {"strides": [1, stride, stride, 1], "padding": other}
            yield _setting(layer, name, words, **altered)
    if layer.operations[name].kind == "Conv2D" and padding == "SAME":
        height, width = layer.operation(name).inputs[1].shape[:2]
        pads = [0, 0, *[height // 2] * 2, *[width // 2] * 2, 0, 0]
        words = "equal padding on both sides, as in PyTorch (here same, which pads the end more)"
        yield _setting(layer, name, words, padding="EXPLICIT", explicit_paddings=pads)


def _other_pooling(layer, name):
    """The mean of each window instead of its maximum, and the other way round."""
    operation, pools = layer.operation(name), {"MaxPool": "AVG", "AvgPool": "MAX"}
    if operation.type in pools:
        pooling = {"padding": _text(operation.get_attr("padding"))}
        window, strides = (list(operation.get_attr(key))[1:3] for key in ("ksize", "strides"))
        other = pools[operation.type]
        words = f"{'average' if other == 'AVG' else 'max'} pooling"
        pool = functools.partial(
            tf.nn.pool, window_shape=window, pooling_type=other, strides=strides, **pooling
        )
        yield Alteration(words, {name: lambda taken: pool(taken[0])})


def _text(value):
    return value.decode() if isinstance(value, bytes) else str(value)


def _batch_norm(layer, name, variables):
    """Another epsilon, the moving averages, another divisor of the variance."""
    here = layer.operations[name].attributes["epsilon"]
    for epsilon in EPSILONS:
        if not np.isclose(epsilon, here, rtol=1e-3):
            words = f"an epsilon of {epsilon:g} (here {here:.3g})"
            yield _setting(layer, name, words, epsilon=epsilon)
    if not layer.operations[name].attributes["is_training"]:
        return
    state = {
        key.rpartition("/")[2]: value
        for key, value in variables.items()
        if layer_of(key) == layer.layer
    }
    if "mean" in state and "variance" in state:
        operation, averages = layer.operation(name), [state["mean"], state["variance"]]
        yield Alteration(
            "the moving averages instead of the batch's mean and variance: a `training` flag that "
            "is False, or a frozen layer",
            {name: lambda x: replay.run(operation, [*x[:3], *averages], is_training=False)[0]},
        )

    def divided_by_less(taken):
        x, scale, offset = (np.asarray(part, np.float64) for part in taken[:3])
        axes = tuple(range(x.ndim - 1))
        variance = x.var(axes, ddof=1)
        return ((x - x.mean(axes)) / np.sqrt(variance + here) * scale + offset).astype(np.float32)

    yield Alteration("a variance that is divided by n - 1 (here n)", {name: divided_by_less})


def _activations(layer):
    """Another activation, or none, on what the linear part of the layer gives."""
    linear = [name for name, found in layer.operations.items() if found.kind in LINEAR]
    if linear:
        for words, function in ACTIVATIONS.items():
            yield Alteration(
                words if words.startswith("no") else f"{words} as its activation",
                end=(linear[-1], function),
            )


def _added(layer, name, array):
    """One more variable, added to what the linear part of the layer gives."""
    for linear, operation in layer.operations.items():
        if operation.kind in LINEAR and operation.value.array.shape[-1:] == array.shape:
            found, words = layer.operation(linear), f"{name}, which is missing here"
            add = lambda taken, found=found: replay.run(found, taken)[0] + array  # noqa: E731
            yield Alteration(words, {linear: add})
            return


def _variables(name, operation, variables):
    """A variable that is missing, that lies otherwise, or that stands in another's place."""
    here, array = operation.reads, operation.value.array
    if operation.kind != "ReadVariableOp":
        return
    if "biases/" in here:
        yield _constant(name, f"no bias: without {here}", np.zeros_like(array))
    if "weights/" in here and array.ndim == 1:
        yield _constant(name, f"no scale: without {here}", np.ones_like(array))
    for words, other in arrangements(array):
        yield _constant(name, f"{here} {words}", other)
    for there, other in variables.items():
        if there != here and other.shape == array.shape and other.size > 1:
            yield _constant(
                name, f"{there} in the place of {here}: the order of the weights", other
            )
