"""Loss formulas: one float32 number for each example; the step takes their mean."""

import math

import tensorflow as tf

from lowlevel.checks import DataError, check_number
from lowlevel.data import pipeline
from lowlevel.ops.checks import to_tensor
from lowlevel.target_checks import check_labels, check_same_shape
from lowlevel.types import ArrayLike, Tensor


def softmax_cross_entropy(
    labels: ArrayLike, logits: ArrayLike, label_smoothing: float = 0.0
) -> Tensor:
    """Surprise at the true class: `log(sum(exp(logits))) - logits[label]`.

    Args:
        labels: whole numbers of any integer type, `[batch]`, in [0, classes).
        logits: `[batch, classes]`, any float dtype; computed in float32.
        label_smoothing: share of the probability, in [0, 1), that is spread over all classes
            alike before comparing. Source: Szegedy et al. (2016).

    Returns:
        float32 `[batch]`. Equals Keras's `SparseCategoricalCrossentropy(from_logits=True)` and,
        with smoothing, its `CategoricalCrossentropy`, before their mean.

    Raises:
        ConfigError: the share is out of range, or labels or logits are not numbers.
        DataError: labels are not a whole number for each row of logits, or beyond the classes; in a
            compiled function, the latter is TensorFlow's InvalidArgumentError.
    """
    check_number("label_smoothing", label_smoothing, 0, 1)
    labels, logits = to_tensor("labels", labels), to_tensor("logits", logits)
    logits = tf.cast(logits, tf.float32)
    check_labels(labels, logits)
    if labels.dtype not in (tf.int32, tf.int64):
        labels = tf.cast(labels, tf.int64)
    with pipeline.blame_batch():
        if label_smoothing == 0:
            return tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
        num_classes = logits.shape[-1]
        one_hot = tf.gather(tf.eye(num_classes), labels)  # refuses labels beyond the classes
        exists = (labels >= 0) & (labels < num_classes)
        one_hot = tf.where(exists[:, tf.newaxis], one_hot, math.nan)  # XLA does not refuse them
    targets = one_hot * (1 - label_smoothing)
    targets += label_smoothing / num_classes
    return tf.nn.softmax_cross_entropy_with_logits(targets, logits)


def mean_squared_error(targets: ArrayLike, outputs: ArrayLike) -> Tensor:
    """Mean over all numbers of an example of (target - output) squared.

    Args:
        targets, outputs: `[batch, ...]` of one shape, any float dtype; computed in float32.

    Returns:
        float32 `[batch]`. Equals Keras's `MeanSquaredError`, over all axes, before its mean.

    Raises:
        DataError: they have different shapes, or no axis for the batch.
        ConfigError: they are not numbers.
    """
    targets, outputs = _float32("targets", targets), _float32("outputs", outputs)
    check_same_shape(targets, outputs)
    if outputs.shape.rank == 0 or 0 in outputs.shape[1:].as_list():
        raise DataError(f"outputs must be numbers [batch, ...], not {outputs.shape}.")
    squares = tf.reshape(tf.square(targets - outputs), [-1, math.prod(outputs.shape[1:])])
    return tf.reduce_mean(squares, axis=1)


def sigmoid_cross_entropy(labels: ArrayLike, logits: ArrayLike) -> Tensor:
    """Surprise at the true one of two classes.

    Args:
        labels: 0 or 1, or a probability, `[batch]`.
        logits: `[batch]`, any float dtype; computed in float32.

    Returns:
        float32 `[batch]`. Equals Keras's `BinaryCrossentropy(from_logits=True)` before its mean.

    Raises:
        DataError: they have different shapes, or a label is out of range; in a compiled function,
            the latter is TensorFlow's InvalidArgumentError.
        ConfigError: they are not numbers.
    """
    labels, logits = _float32("labels", labels), _float32("logits", logits)
    check_same_shape(labels, logits)
    return tf.nn.sigmoid_cross_entropy_with_logits(_check_range(labels), logits)


def _float32(name, value):
    return tf.cast(to_tensor(name, value), tf.float32)


def _check_range(labels):
    """Returns labels if they lie in [0, 1]. In a graph that is seen when a batch is computed."""
    possible, message = tf.reduce_all((labels >= 0) & (labels <= 1)), "labels must lie in [0, 1]"
    if not tf.executing_eagerly():
        with tf.control_dependencies([tf.debugging.Assert(possible, [message])]):
            return tf.where(possible, labels, math.nan)  # XLA leaves out the assert
    if not possible:
        raise DataError(f"{message}.")
    return labels
