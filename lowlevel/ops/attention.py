"""Attention: each position of a sequence gathers what it needs from all of them."""

import tensorflow as tf


def attention(queries, keys, values):
    """For each query, the mean of the values, weighted by how well their keys match it.

        softmax(queries @ keys^T / sqrt(size)) @ values

    Args:
        queries: `[batch, heads, positions, size]`.
        keys: `[batch, heads, other positions, size]`.
        values: `[batch, heads, other positions, size of a value]`.

    Returns:
        `[batch, heads, positions, size of a value]`, in the dtype of `queries`; the softmax is in
        float32.

    Source: Vaswani et al. (2017), equation 1.
    """
    size = tf.cast(queries.shape[-1], queries.dtype)
    scores = tf.matmul(queries / tf.sqrt(size), keys, transpose_b=True)
    shares = tf.nn.softmax(tf.cast(scores, tf.float32))  # [batch, heads, positions, others]
    return tf.matmul(tf.cast(shares, values.dtype), values)


def split_heads(x, heads):
    """`[batch, positions, heads * size]` to `[batch, heads, positions, size]`."""
    _, positions, width = x.shape
    positions = tf.shape(x)[1] if positions is None else positions
    x = tf.reshape(x, [-1, positions, heads, width // heads])
    return tf.transpose(x, [0, 2, 1, 3])


def merge_heads(x):
    """`[batch, heads, positions, size]` to `[batch, positions, heads * size]`."""
    _, heads, positions, size = x.shape
    positions = tf.shape(x)[2] if positions is None else positions
    return tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [-1, positions, heads * size])
