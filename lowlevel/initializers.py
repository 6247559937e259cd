"""Initial values of variables: pure functions of a shape and a seed.

Each takes `shape`, a tuple of whole numbers, and `seed`, an int64 tensor `[2]` as made by
`lowlevel.seeds.derive`, and returns a float32 tensor of that shape. The formulas are those of the
Keras initializers of the same names; the random numbers are not. They raise ConfigError for what is
no shape or no seed.
"""

import math
from collections.abc import Callable, Sequence

import tensorflow as tf

from lowlevel import seeds
from lowlevel.checks import ConfigError, check_integer
from lowlevel.types import ArrayLike, Tensor

MAX_NUMBERS = 2**40  # in a variable
# A normal distribution cut off at two standard deviations keeps this share of its spread.
TRUNCATED_NORMAL_SPREAD = 0.87962566103423978


def check_shape(name: str, shape: Sequence[int]) -> tuple[int, ...]:
    """Returns a shape as a tuple of ints. Raises ConfigError unless it is whole numbers above 0."""
    try:
        sizes = tuple(check_integer(name, size, 1) for size in shape)
    except (ConfigError, TypeError):
        shown = tuple(shape) if isinstance(shape, list | tuple) else shape
        raise ConfigError(f"{name} needs a shape of whole numbers above 0, not {shown}.") from None
    if math.prod(sizes) > MAX_NUMBERS:
        raise ConfigError(f"{name} of shape {sizes} is too large.")
    return sizes


def initial_value(
    name: str, initializer: Callable, shape: Sequence[int], seed: ArrayLike
) -> Tensor:
    """What an initializer gives for the variable of that name: float32 of the shape.

    Raises:
        ConfigError: the shape is none, or the initializer no function that gives it.
    """
    shape = check_shape(name, shape)
    if not callable(initializer):
        raise ConfigError(f"the initializer of {name} must be a function, not {initializer!r}.")
    value = tf.cast(initializer(shape, seed), tf.float32)
    if value.shape != shape:
        received = value.shape.as_list()
        raise ConfigError(f"the initializer of {name} must give {list(shape)}, not {received}.")
    return value


def fans(shape: Sequence[int]) -> tuple[int, int]:
    """Numbers of inputs and outputs that one unit of a layer is connected to.

    Dense weights are `[inputs, outputs]`; convolution weights are
    `[height, width, input channels, output channels]`.

    Raises:
        ConfigError: the shape has fewer than two axes, or is no shape.
    """
    shape = check_shape("a variable", shape)
    if len(shape) < 2:
        raise ConfigError(
            f"a variable of shape {shape} has no inputs and outputs to initialize it by; "
            f"zeros and ones take any shape."
        )
    window = math.prod(shape[:-2])
    return window * shape[-2], window * shape[-1]


def _uniform(shape, seed, variance):
    limit = math.sqrt(3 * variance)
    return tf.random.stateless_uniform(shape, seeds.check(seed), -limit, limit)


def _truncated_normal(shape, seed, variance):
    stddev = math.sqrt(variance) / TRUNCATED_NORMAL_SPREAD
    return tf.random.stateless_truncated_normal(shape, seeds.check(seed), stddev=stddev)


def glorot_uniform(shape: Sequence[int], seed: ArrayLike) -> Tensor:
    """Uniform with variance 2 / (inputs + outputs). Source: Glorot and Bengio (2010)."""
    return _uniform(shape, seed, 2 / sum(fans(shape)))


def glorot_normal(shape: Sequence[int], seed: ArrayLike) -> Tensor:
    """Truncated normal with variance 2 / (inputs + outputs). Source: Glorot and Bengio (2010)."""
    return _truncated_normal(shape, seed, 2 / sum(fans(shape)))


def he_uniform(shape: Sequence[int], seed: ArrayLike) -> Tensor:
    """Uniform with variance 2 / inputs, for ReLU. Source: He et al. (2015)."""
    return _uniform(shape, seed, 2 / fans(shape)[0])


def he_normal(shape: Sequence[int], seed: ArrayLike) -> Tensor:
    """Truncated normal with variance 2 / inputs, for ReLU. Source: He et al. (2015)."""
    return _truncated_normal(shape, seed, 2 / fans(shape)[0])


def lecun_uniform(shape: Sequence[int], seed: ArrayLike) -> Tensor:
    """Uniform with variance 1 / inputs, for SELU. Source: LeCun et al. (1998)."""
    return _uniform(shape, seed, 1 / fans(shape)[0])


def lecun_normal(shape: Sequence[int], seed: ArrayLike) -> Tensor:
    """Truncated normal with variance 1 / inputs, for SELU. Source: LeCun et al. (1998)."""
    return _truncated_normal(shape, seed, 1 / fans(shape)[0])


def embedding_uniform(shape: Sequence[int], seed: ArrayLike) -> Tensor:
    """Uniform in [-0.05, 0.05], for embedding tables, as in Keras's `Embedding`."""
    shape = check_shape("a variable", shape)
    return tf.random.stateless_uniform(shape, seeds.check(seed), -0.05, 0.05)


def zeros(shape: Sequence[int], seed: ArrayLike = None) -> Tensor:
    """All zeros; the seed is not used."""
    return tf.zeros(check_shape("a variable", shape))


def ones(shape: Sequence[int], seed: ArrayLike = None) -> Tensor:
    """All ones; the seed is not used."""
    return tf.ones(check_shape("a variable", shape))
