"""Metrics: formulas over a batch, and a mean that is updated batch by batch."""

import numpy as np
import tensorflow as tf

from lowlevel.arrays import to_numbers
from lowlevel.checks import DataError
from lowlevel.ops.checks import to_tensor
from lowlevel.target_checks import check_labels, check_same_shape
from lowlevel.types import ArrayLike, Tensor


def is_correct(labels: ArrayLike, logits: ArrayLike) -> Tensor:
    """Whether the class with the largest logit is the true one.

    Args:
        labels: whole numbers of any integer type, `[batch]`.
        logits: `[batch, classes]`.

    Returns:
        bool `[batch]`. Its mean is Keras's `SparseCategoricalAccuracy`.

    Raises:
        DataError: labels are not a whole number for each row of logits.
    """
    labels, logits = to_tensor("labels", labels), to_tensor("logits", logits)
    check_labels(labels, logits)
    if labels.dtype not in (tf.int32, tf.int64):
        labels = tf.cast(labels, tf.int64)
    return tf.equal(tf.argmax(logits, axis=-1, output_type=labels.dtype), labels)


def is_correct_binary(labels: ArrayLike, logits: ArrayLike) -> Tensor:
    """Whether a logit is above zero where the label is 1, and only there.

    Args:
        labels: 0 or 1, `[batch]`.
        logits: `[batch]`.

    Returns:
        bool `[batch]`. Its mean is Keras's `BinaryAccuracy(threshold=0.0)`.

    Raises:
        DataError: they have different shapes.
    """
    labels = tf.cast(to_tensor("labels", labels), tf.float32)
    logits = tf.cast(to_tensor("logits", logits), tf.float32)
    check_same_shape(labels, logits)
    return tf.equal(logits > 0, labels > 0.5)


def absolute_error(targets: ArrayLike, outputs: ArrayLike) -> Tensor:
    """The absolute difference of output and target, both `[batch]`.

    Its mean is Keras's `MeanAbsoluteError`. Raises DataError if they have different shapes.
    """
    targets = tf.cast(to_tensor("targets", targets), tf.float32)
    outputs = tf.cast(to_tensor("outputs", outputs), tf.float32)
    check_same_shape(targets, outputs)
    return tf.abs(targets - outputs)


class Mean:
    """Mean of all numbers since the last reset, so a short batch has a proportionate weight.

    Attributes:
        total: weighted sum of the numbers, a float.
        weight: sum of the weights, a float.
    """

    def __init__(self, total: float = 0.0, weight: float = 0.0) -> None:
        self.total = total
        self.weight = weight

    def update(self, values: ArrayLike, weights: ArrayLike = 1.0) -> None:
        """Adds numbers of any shape, each with a weight (broadcast to the numbers' shape).

        Raises:
            DataError: they are not numbers, or the weights do not fit, or one is negative.
        """
        values = to_numbers("values", values).astype(np.float64)
        weights = to_numbers("weights", weights).astype(np.float64)
        if (weights < 0).any():
            raise DataError("weights must be at least 0.")
        try:
            weights = np.broadcast_to(weights, values.shape)
        except ValueError:
            raise DataError(
                f"weights {list(weights.shape)} do not fit values {list(values.shape)}."
            ) from None
        self.add((values * weights).sum(), weights.sum())

    def add(self, total: float, weight: float) -> None:
        """Adds numbers that have been added up already."""
        self.total += float(total)
        self.weight += float(weight)

    def result(self) -> float:
        """The mean, a float; 0.0 before the first number."""
        return self.total / self.weight if self.weight else 0.0

    def reset(self) -> None:
        """Forgets all numbers."""
        self.total = self.weight = 0.0


class Accuracy(Mean):
    """Share of examples whose label has the largest logit."""

    def update(self, labels: ArrayLike, logits: ArrayLike, weights: ArrayLike = 1.0) -> None:
        """Adds a batch: labels `[batch]`, logits `[batch, classes]`."""
        super().update(is_correct(labels, logits), weights)
