"""Loss formulas: one float32 number for each example; the step takes their mean."""

import tensorflow as tf


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
    """
    logits = tf.cast(logits, tf.float32)
    if label_smoothing == 0:
        return tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
    num_classes = logits.shape[-1]
    targets = tf.one_hot(labels, num_classes) * (1 - label_smoothing)
    targets += label_smoothing / num_classes
    return tf.nn.softmax_cross_entropy_with_logits(targets, logits)
