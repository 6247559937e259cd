"""Names for the types of arguments and results: five words, for readers and type checkers."""

from typing import Any, TypeAlias

import tensorflow as tf

Tensor: TypeAlias = tf.Tensor | tf.Variable
"""A tensor, or a variable, which can stand wherever a tensor can."""

ArrayLike: TypeAlias = Any
"""A tensor, an array, a number, or lists of numbers: whatever can become a tensor."""

Nest: TypeAlias = Any
"""A tensor or an array (or the `tf.TensorSpec` of one), or dicts, tuples and lists of them."""

GraphFunction: TypeAlias = Any
"""A function that `tf.function` has made of another."""

Outputs: TypeAlias = Any
"""What a network returns: outputs `[batch, ...]`; in training, the pair of them and a dict of new
state, see `lowlevel.nets`."""
