"""How numbers of another program may come from ours: turned, taken from another place, rounded."""

import itertools
from collections.abc import Iterator, Mapping

import numpy as np
import tensorflow as tf

from lowlevel import ops
from lowlevel.inspection.layer_again import source_layer
from lowlevel.inspection.matched import Matched
from lowlevel.inspection.other_step import fits

SLOPES = (0.01, 0.1, 0.2, 0.3)
ACTIVATIONS = {
    "no activation": lambda x: x,
    "ReLU": tf.nn.relu,
    **{
        f"leaky ReLU of slope {slope}": lambda x, slope=slope: tf.nn.leaky_relu(x, slope)
        for slope in SLOPES
    },
    "ReLU6": tf.nn.relu6,
    "ELU": tf.nn.elu,
    "SELU": tf.nn.selu,
    "GELU": ops.gelu,
    "GELU, approximated by tanh": lambda x: tf.nn.gelu(x, approximate=True),
    "mish": ops.mish,
    "SiLU": tf.nn.silu,
    "sigmoid": tf.nn.sigmoid,
    "tanh": tf.nn.tanh,
    "softplus": tf.nn.softplus,
    "softmax": tf.nn.softmax,
}


def arrangements(array: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """An array of weights laid out otherwise, in its own shape: words and the array."""
    orders = list(itertools.permutations(range(array.ndim)))[1:]
    if array.ndim == 4:
        yield "turned by 180 degrees: a convolution that flips its kernel", array[::-1, ::-1]
    for order in orders:
        turned = array.transpose(order)
        words = f"transposed, its axes in the order {order}"
        if turned.shape != array.shape:
            words = f"{words}, and read in this shape"
        yield words, turned.reshape(array.shape)


def of_variable(name: str, there: np.ndarray, variables: Mapping[str, np.ndarray]) -> Iterator[str]:
    """How a variable's value there comes from ours, in words.

    Args:
        name: the variable's.
        there: its value in the other program.
        variables: our variables by name.
    """
    here = variables[name]
    if here.shape != there.shape:
        words = "it is transposed: " if sorted(here.shape) == sorted(there.shape) else ""
        yield f"{words}its shape is {list(there.shape)} (here {list(here.shape)})"
        return
    for words, array in arrangements(here):
        if np.array_equal(array, there):
            yield f"it is {words}"
    for other, array in variables.items():
        if other != name and array.shape == there.shape and np.array_equal(array, there):
            yield f"it is {other}: the order of the weights"


def precision_of(there: np.ndarray) -> str | None:
    """The 16 bits that all numbers of an array fit into, in words; None if they do not."""
    for name, dtype in (("bfloat16", tf.bfloat16), ("float16", tf.float16)):
        if np.array_equal(there, there.astype(dtype.as_numpy_dtype).astype(there.dtype)):
            return f"it is computed in {name}"
    return None


def between(matched: Matched, name: str) -> str | None:
    """What stands there between a layer and the one before it, in words; None if unknown.

    Args:
        matched: a `Matched`.
        name: the layer that takes something else there, though the one before it is equal.
    """
    entries = matched.layers[name].entries
    source = source_layer(matched.trace, entries[0])
    [taken, *_] = matched.inputs[name]
    given = matched.value(source) if source in matched.values else None
    if given is None or not fits(given.shape, taken.shape):
        return None
    given = given.reshape(taken.shape)
    for words, function in ACTIVATIONS.items():
        if np.allclose(function(given), taken, atol=1e-6):
            return f"{words} between {source} and {name}"
    kept = (taken != 0) & (given != 0)
    factors = taken[kept] / given[kept]
    if factors.size and np.ptp(factors) <= 1e-4 * factors.mean() and factors.mean() > 1:
        return f"dropout of a rate of {1 - 1 / factors.mean():.3g} between {source} and {name}"
    return None
