"""Dropout."""

import tensorflow as tf

from lowlevel import replicas, seeds
from lowlevel.checks import check_number
from lowlevel.ops import checks
from lowlevel.types import ArrayLike, Tensor


def dropout(x: ArrayLike, rate: float, seed: ArrayLike) -> Tensor:
    """Sets a random share of the values to zero and scales up the rest to keep the mean.

    Args:
        x: a tensor of any shape.
        rate: the share dropped, in [0, 1).
        seed: int64 tensor `[2]`, see `lowlevel.seeds.derive`: the same seed drops the same values.

    Returns:
        A tensor like `x`: each value is 0, or that of `x` divided by 1 - rate.

    Raises:
        ConfigError: the rate is out of range, `x` does not hold floats, or the seed is no seed.

    For training only: a network that predicts does not call it. The inverted form, as in Keras's
    `Dropout`. Source: Srivastava et al. (2014).
    """
    check_number("the dropout rate", rate, 0, 1)
    x = checks.to_floats("x", x)
    if rate == 0:
        return x
    seed = seeds.check(seed)
    kept = replicas.draw_uniform(tf.shape(x), seed) >= rate
    return tf.where(kept, x / tf.constant(1 - rate, x.dtype), tf.zeros([], x.dtype))
