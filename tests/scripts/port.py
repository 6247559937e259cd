"""A network written down here and in Keras, where each part can be made to differ."""

import keras
import tensorflow as tf

from lowlevel import ops
from lowlevel.nets import parts
from lowlevel.nets.network import Network
from lowlevel.variables import VariableStore

layers = keras.layers


def ours():
    """Two convolutions, batch norm, pooling, two dense layers, layer norm."""
    store = VariableStore(seed=1)
    parts.add_conv(store, "c1", 3, 2, 8)
    parts.add_batch_norm(store, "bn1", 8)
    parts.add_conv(store, "c2", 3, 8, 8)
    parts.add_dense(store, "d1", 8, 16)
    parts.add_dense(store, "d2", 16, 16)
    parts.add_layer_norm(store, "ln", 16)
    parts.add_dense(store, "out", 16, 4)

    def forward(images, training=False, seed=None):
        state = {} if training else None
        x = parts.conv(store, "c1", images, 2, activation=ops.relu)
        x = parts.batch_norm(store, "bn1", x, state)
        x = parts.conv(store, "c2", x)
        with tf.name_scope("pool1"):
            x = ops.max_pool2d(x)
        with tf.name_scope("pool2"):
            x = ops.global_avg_pool2d(x)
        x = parts.dense(store, "d1", x, ops.relu)
        x = parts.dense(store, "d2", x)
        x = parts.layer_norm(store, "ln", x)
        x = parts.dense(store, "out", x)
        return (x, state) if training else x

    return Network(forward, store, tf.TensorSpec([None, 12, 12, 2], tf.float32))


def theirs(
    norm=layers.BatchNormalization,
    conv1=None,
    conv2=None,
    dense=layers.Dense,
    pool=layers.MaxPooling2D,
    epsilon=1e-3,
    before=None,
    between=None,
    **norm_settings,
):
    """The same in Keras, but for what the arguments change."""
    first = {"strides": 2, "padding": "same", "activation": "relu"} | (conv1 or {})
    second = {"padding": "same"} | (conv2 or {})
    inputs = layers.Input([12, 12, 2])
    x = layers.Conv2D(8, 3, name="c1", **first)(before(inputs) if before else inputs)
    x = norm(name="bn1", **norm_settings)(x)
    x = layers.Conv2D(8, 3, name="c2", **second)(x)
    x = pool(2, padding="same")(x)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dense(16, "relu", name="d1")(x)
    if between is not None:
        x = between(x)
    x = dense(16, name="d2")(x)
    x = layers.LayerNormalization(epsilon=epsilon, name="ln")(x)
    return keras.Model(inputs, layers.Dense(4, name="out")(x))


def other_optimizer():
    """The same model with an optimizer of its own."""
    model = theirs()
    model.compile(keras.optimizers.Adam(1e-3, epsilon=1e-3))
    return model


class DividedByLess(layers.BatchNormalization):
    """Normalizes with a variance that is divided by n - 1."""

    def _moments(self, inputs, mask):
        mean, variance = super()._moments(inputs, mask)
        count = tf.cast(tf.size(inputs) // inputs.shape[-1], tf.float32)
        return mean, variance * count / (count - 1)


class AverageDividedByLess(layers.BatchNormalization):
    """Keeps a variance that is divided by n - 1, as PyTorch does."""

    def call(self, inputs, training=None, mask=None):
        result = super().call(inputs, training, mask)
        if training:
            count = tf.cast(tf.size(inputs) // inputs.shape[-1], tf.float32)
            more = tf.math.reduce_variance(inputs, [0, 1, 2]) / (count - 1)
            self.moving_variance.assign_add((1 - self.momentum) * more)
        return result


class Predicting(layers.BatchNormalization):
    """Normalizes as if it never trained."""

    def call(self, inputs, training=None, mask=None):
        return super().call(inputs, False, mask)


class TransposedDense(layers.Dense):
    """Multiplies by the transposed kernel."""

    def call(self, inputs, training=None):
        return keras.ops.matmul(inputs, keras.ops.transpose(self.kernel)) + self.bias


def stop(x):
    """Lets no gradient through."""
    return keras.ops.stop_gradient(x)


def other():
    """Neither a network nor a model."""
    return 5


def mlp(config, units=None, names="{}", rate=0.0):
    """The mlp with other layers at its end."""
    return keras.Sequential(
        [
            layers.Input(config.image_shape),
            layers.Flatten(),
            *(
                layers.Dense(width, "relu", name=names.format(f"d{number}"))
                for number, width in enumerate(config.widths, start=1)
            ),
            layers.Dropout(rate, name="dropout"),
            layers.Dense(units or config.num_classes, name=names.format("out")),
        ]
    )


def mlp_that_drops(config):
    """The mlp with dropout."""
    return mlp(config, rate=0.5)


def unnamed(config):
    """The mlp with layers of other names."""
    return mlp(config, names="my_{}")


def narrow(config):
    """The mlp with fewer classes."""
    return mlp(config, units=3)
