"""Embeddings: rows of a table looked up by index, learned positions, and a sum of rows."""

import tensorflow as tf

from lowlevel.checks import ConfigError, DataError
from lowlevel.ops import checks
from lowlevel.types import ArrayLike, Tensor


def embedding(indices: ArrayLike, table: ArrayLike) -> Tensor:
    """Looks up rows of a table.

    Args:
        indices: integers `[...]`, in [0, rows).
        table: `[rows, size]`.

    Returns:
        `[..., size]`, in the dtype of the table. Equals Keras's `Embedding`.

    Raises:
        ConfigError: the indices are not whole numbers, or the table has other axes.
        DataError: an index is out of range; in a compiled function, that is TensorFlow's
            InvalidArgumentError.
    """
    indices = checks.to_tensor("indices", indices)
    if not indices.dtype.is_integer:
        raise ConfigError(f"indices must be whole numbers, not {indices.dtype.name}.")
    checks.check_axes(table=(table, "rows, size"))
    if indices.dtype not in (tf.int32, tf.int64):
        indices = tf.cast(indices, tf.int64)
    try:
        return tf.gather(table, indices)
    except tf.errors.InvalidArgumentError as error:
        raise DataError(f"an index is beyond the table's {table.shape[0]} rows.") from error


def add_positions(x: ArrayLike, table: ArrayLike) -> Tensor:
    """Adds to each element of a sequence the table's row for its position.

    Args:
        x: `[batch, positions, size]`; the number of positions may be unknown until the graph runs.
        table: `[positions or more, size]`, learned.

    Returns:
        A tensor like `x`.

    Raises:
        ConfigError: shapes do not fit, or the sequence is known to be longer than the table.

    Source: Gehring et al. (2017).
    """
    x = checks.to_floats("x", x)
    checks.check_axes(x=(x, "batch, positions, size"), table=(table, "positions or more, size"))
    if x.shape[1] is not None and x.shape[1] > table.shape[0]:
        raise ConfigError(
            f"a sequence of {x.shape[1]} is too long for a table of {table.shape[0]} positions."
        )
    positions = tf.range(tf.shape(x)[1])
    return x + tf.cast(embedding(positions, table), x.dtype)


def sum_over_root_length(x: ArrayLike, present: ArrayLike) -> Tensor:
    """The sum of the elements of each sequence, divided by the square root of their number.

    Args:
        x: `[batch, positions, size]`.
        present: bool `[batch, positions]`, False or 0 where there is padding.

    Returns:
        `[batch, size]`; zeros for a sequence without elements.

    Raises:
        ConfigError: shapes do not fit.
    """
    x, present = checks.to_floats("x", x), checks.to_tensor("present", present)
    checks.check_axes(x=(x, "batch, positions, size"), present=(present, "batch, positions"))
    present = tf.cast(tf.cast(present, tf.bool), x.dtype)
    length = tf.reduce_sum(present, axis=1, keepdims=True)
    return tf.reduce_sum(x * present[..., tf.newaxis], axis=1) / tf.sqrt(tf.maximum(length, 1))
