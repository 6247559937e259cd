"""From arrays in memory to batches, in an order that a seed and an epoch fix."""

import tensorflow as tf

from lowlevel import seeds
from lowlevel.checks import ConfigError
from lowlevel.data import standardize


def epoch_order(examples, run_seed, epoch):
    """A random order of the examples: int32 tensor `[examples]`, each index once.

    It depends on nothing but the three arguments, so the position in the data is known from the
    step alone.
    """
    seed = seeds.derive(run_seed, "order", epoch)
    keys = tf.random.stateless_uniform([examples], seed, minval=None, maxval=None, dtype=tf.int64)
    return tf.argsort(keys, stable=True)


def steps_per_epoch(examples, batch_size):
    """Number of batches, the short last one included."""
    return -(-examples // batch_size)


def length(dataset):
    """How many batches a `tf.data.Dataset` holds; None if it does not know.

    Raises:
        ConfigError: it never ends.
    """
    cardinality = int(dataset.cardinality())
    if cardinality == tf.data.INFINITE_CARDINALITY:
        raise ConfigError("a dataset that never ends cannot be gone through; take() a part of it.")
    return None if cardinality == tf.data.UNKNOWN_CARDINALITY else cardinality


def batches(data, order, batch_size, augment=None):
    """Batches of examples in a given order; images are made float a batch at a time.

    Args:
        data: `LabelledImages`.
        order: indices of the examples, `[number wanted]`.
        batch_size: examples in each batch; the last one may hold fewer.
        augment: None, or a function of (images, position of the batch) that returns images.

    Returns:
        A `tf.data.Dataset` of pairs: images float32 `[batch, height, width, channels]` in [0, 1],
        labels int32 `[batch]`.
    """
    images, labels = data.tensors

    def load(position, indices):
        batch = tf.cast(tf.gather(images, indices), tf.float32) / 255
        if augment is not None:
            batch = augment(batch, position)
        return batch, tf.gather(labels, indices)

    dataset = tf.data.Dataset.from_tensor_slices(order).batch(batch_size).enumerate()
    return dataset.map(load).prefetch(2)


def image_batches(images, order, batch_size, figures):
    """Batches of images that need not be in memory, in a given order.

    Args:
        images: an `ImageSource`.
        order: indices of the images, `[number wanted]`.
        batch_size: images in each batch; the last one may hold fewer.
        figures: what brings them into [0, 1], see `lowlevel.data.standardize`.

    Returns:
        A `tf.data.Dataset` of float32 `[batch, height, width, channels]` in [0, 1].
    """

    def load(indices):
        batch = tf.numpy_function(lambda numbers: images[numbers], [indices], tf.uint8)
        batch = tf.ensure_shape(batch, [None, *images.image_shape])
        return standardize.apply(tf.cast(batch, tf.float32) / 255, figures)

    return tf.data.Dataset.from_tensor_slices(order).batch(batch_size).map(load)
