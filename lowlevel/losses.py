"""Loss formulas: one float32 number for each example; the step takes their mean."""

import math

import tensorflow as tf

from lowlevel.checks import check_labels, check_same_shape


def softmax_cross_entropy(labels, logits, label_smoothing=0.0):
    """Surprise at the true class: `log(sum(exp(logits))) - logits[label]`.

    Args:
        labels: whole numbers `[batch]` in [0, classes).
        logits: `[batch, classes]`, any float dtype; computed in float32.
        label_smoothing: share of the probability, in [0, 1), that is spread over all classes
            alike before comparing. Source: Szegedy et al. (2016).

    Returns:
        float32 `[batch]`. Equals Keras's `SparseCategoricalCrossentropy(from_logits=True)` and,
        with smoothing, its `CategoricalCrossentropy`, before their mean.

    Raises:
        DataError: labels are not a whole number for each row of logits.
    """
    labels, logits = tf.convert_to_tensor(labels), tf.cast(logits, tf.float32)
    check_labels(labels, logits)
    if label_smoothing == 0:
        return tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
    num_classes = logits.shape[-1]
    one_hot = tf.gather(tf.eye(num_classes), labels)  # refuses labels beyond the classes
    targets = one_hot * (1 - label_smoothing)
    targets += label_smoothing / num_classes
    return tf.nn.softmax_cross_entropy_with_logits(targets, logits)


def mean_squared_error(targets, outputs):
    """Mean over all numbers of an example of (target - output) squared.

    Args:
        targets, outputs: `[batch, ...]` of one shape, any float dtype; computed in float32.

    Returns:
        float32 `[batch]`. Equals Keras's `MeanSquaredError`, over all axes, before its mean.

    Raises:
        DataError: they have different shapes.
    """
    targets, outputs = tf.cast(targets, tf.float32), tf.cast(outputs, tf.float32)
    check_same_shape(targets, outputs)
    squares = tf.reshape(tf.square(targets - outputs), [-1, math.prod(outputs.shape[1:])])
    return tf.reduce_mean(squares, axis=1)


def sigmoid_cross_entropy(labels, logits):
    """Surprise at the true one of two classes.

    Args:
        labels: 0 or 1, or a probability, `[batch]`.
        logits: `[batch]`, any float dtype; computed in float32.

    Returns:
        float32 `[batch]`. Equals Keras's `BinaryCrossentropy(from_logits=True)` before its mean.

    Raises:
        DataError: they have different shapes.
    """
    labels, logits = tf.cast(labels, tf.float32), tf.cast(logits, tf.float32)
    check_same_shape(labels, logits)
    return tf.nn.sigmoid_cross_entropy_with_logits(labels, logits)
