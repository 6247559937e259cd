"""Attention: each position of a sequence gathers what it needs from all of them."""

import tensorflow as tf

from lowlevel.checks import ConfigError
from lowlevel.ops import checks
from lowlevel.types import ArrayLike, Tensor


def attention(queries: ArrayLike, keys: ArrayLike, values: ArrayLike) -> Tensor:
    """For each query, the mean of the values, weighted by how well their keys match it.

        softmax(queries @ keys^T / sqrt(size)) @ values

    Args:
        queries: `[batch, heads, positions, size]`.
        keys: `[batch, heads, other positions, size]`.
        values: `[batch, heads, other positions, size of a value]`.

    Returns:
        `[batch, heads, positions, size of a value]`, in the dtype of `queries`; the softmax is in
        float32.

    Raises:
        ConfigError: they are not floats, or their sizes differ.

    Source: Vaswani et al. (2017), equation 1.
    """
    queries, keys, values = (
        checks.to_floats(name, x)
        for name, x in (("queries", queries), ("keys", keys), ("values", values))
    )
    checks.check_axes(
        queries=(queries, "batch, heads, positions, size"),
        keys=(keys, "batch, heads, other positions, size"),
        values=(values, "batch, heads, other positions, size of a value"),
    )
    size = tf.cast(queries.shape[-1], queries.dtype)
    scores = tf.matmul(queries / tf.sqrt(size), keys, transpose_b=True)
    shares = tf.nn.softmax(tf.cast(scores, tf.float32))  # [batch, heads, positions, others]
    return tf.matmul(tf.cast(shares, values.dtype), values)


def split_heads(x: ArrayLike, heads: int) -> Tensor:
    """`[batch, positions, heads * size]` to `[batch, heads, positions, size]`.

    Raises:
        ConfigError: x has other axes, or its last one cannot be split into that many heads.
    """
    x = checks.to_tensor("x", x)
    checks.check_axes(x=(x, "batch, positions, heads * size"))
    checks.check_count("heads", heads)
    if x.shape[2] is None or x.shape[2] % heads:
        raise ConfigError(
            f"the last axis of x {x.shape.as_list()} cannot be split into {heads} heads."
        )
    _, positions, width = x.shape
    positions = tf.shape(x)[1] if positions is None else positions
    x = tf.reshape(x, [-1, positions, heads, width // heads])
    return tf.transpose(x, [0, 2, 1, 3])


def merge_heads(x: ArrayLike) -> Tensor:
    """`[batch, heads, positions, size]` to `[batch, positions, heads * size]`.

    Raises:
        ConfigError: x has other axes.
    """
    x = checks.to_tensor("x", x)
    checks.check_axes(x=(x, "batch, heads, positions, size"))
    _, heads, positions, size = x.shape
    positions = tf.shape(x)[2] if positions is None else positions
    return tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [-1, positions, heads * size])
