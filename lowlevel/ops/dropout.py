"""Dropout."""

import tensorflow as tf

from lowlevel.checks import check_number


def dropout(x, rate, seed):
    """Sets a random share of the numbers to zero and scales the rest to keep the mean.

    Args:
        x: a tensor of any shape.
        rate: the share dropped, in [0, 1).
        seed: int64 tensor `[2]`, see `lowlevel.seeds.derive`: the same seed drops the same numbers.

    Returns:
        A tensor like `x`: each number is 0, or itself / (1 - rate).

    Raises:
        ConfigError: the rate is out of range.

    Source: Srivastava et al. (2014), in the inverted form of Keras's `Dropout`. For training only:
    a network that predicts does not call it.
    """
    check_number("the dropout rate", rate, 0, 1)
    if rate == 0:
        return x
    kept = tf.random.stateless_uniform(tf.shape(x), seed) >= rate
    return tf.where(kept, x / tf.constant(1 - rate, x.dtype), tf.zeros([], x.dtype))
