"""Activation functions."""

import tensorflow as tf


def relu(x):
    """max(x, 0), for a tensor of any shape."""
    return tf.nn.relu(x)


def softmax(logits):
    """Probabilities from logits `[batch, classes]`: float32, each row adds up to 1."""
    return tf.nn.softmax(tf.cast(logits, tf.float32))
