"""Clipping: ways to change the gradients of a step before they are applied.

Each takes the dict of gradients by variable name and returns another; with its limit filled in,
as in `functools.partial(clip_by_global_norm, limit=1.0)`, it is a `change_gradients` of
`lowlevel.model.Model.compile`. It raises ConfigError unless the limit is a number above 0.
"""

import math

import tensorflow as tf

from lowlevel.checks import check_number
from lowlevel.types import Tensor


def clip_by_value(gradients: dict[str, Tensor], limit: float) -> dict[str, Tensor]:
    """Each number at least -limit and at most limit. Equals Keras's `clipvalue`."""
    _check_limit(limit)
    return {name: tf.clip_by_value(g, -limit, limit) for name, g in gradients.items()}


def clip_by_norm(gradients: dict[str, Tensor], limit: float) -> dict[str, Tensor]:
    """Each gradient scaled so that its Euclidean norm is at most `limit`: Keras's `clipnorm`."""
    _check_limit(limit)
    return {name: tf.clip_by_norm(g, limit) for name, g in gradients.items()}


def clip_by_global_norm(gradients: dict[str, Tensor], limit: float) -> dict[str, Tensor]:
    """All gradients scaled alike so that their common norm is at most `limit`.

    Equals Keras's `global_clipnorm`. Source: Pascanu et al. (2013).
    """
    _check_limit(limit)
    clipped, _ = tf.clip_by_global_norm(list(gradients.values()), limit)
    return dict(zip(gradients, clipped, strict=True))


def _check_limit(limit):
    check_number("the limit of gradients", limit, 0, math.inf, low_included=False)
