"""The strided net in Keras: what `lowlevel.nets.strided_net` is held against."""

import keras


def build(config):
    """The Keras model, its layers named as ours; it ends in logits."""
    layers = keras.layers
    pooling = {"max": layers.GlobalMaxPooling2D, "avg": layers.GlobalAveragePooling2D}
    return keras.Sequential(
        [
            layers.Input(config.image_shape),
            layers.Conv2D(32, 3, 2, activation="relu", name="c1"),
            layers.MaxPooling2D(3),
            layers.BatchNormalization(name="bn1"),
            layers.Conv2D(64, 3, activation="relu", name="c2"),
            layers.BatchNormalization(name="bn2"),
            layers.Dropout(config.dropout_rate),
            pooling[config.global_pooling](),
            layers.Dense(config.num_classes, name="out"),
        ]
    )
