"""The bottle autoencoder and its two halves in Keras."""

import keras

from lowlevel.nets import bottle_encoder
from tests.keras_reference import twins

layers = keras.layers


def build_encoder(config):
    """The Keras encoder, its layers named as ours."""
    model = keras.Sequential([layers.Input(config.image_shape)])
    for number, (filters, kernel, stride) in enumerate(
        zip(config.filters, config.kernels, config.strides, strict=True), start=1
    ):
        conv = layers.Conv2D(filters, kernel, stride, activation="selu", name=f"c{number}")
        model.add(conv)
        model.add(layers.BatchNormalization(name=f"bn{number}"))
    model.add(layers.Flatten())
    for name, units, activation in zip(
        ("d1", "d2", "latent"),
        bottle_encoder.dense_sizes(config),
        ("selu", "selu", None),
        strict=True,
    ):
        model.add(layers.Dense(units, activation, name=name))
    return model


def build_decoder(config):
    """The Keras decoder, its layers named as ours."""
    height, width, channels = config.first_shape
    model = keras.Sequential([layers.Input([config.latent_size])])
    model.add(layers.Activation("selu"))
    model.add(layers.Dense(height * width * channels, "selu", name="dense"))
    model.add(layers.Reshape(config.first_shape))
    last = len(config.filters)
    for number, (filters, kernel, stride) in enumerate(
        zip(config.filters, config.kernels, config.strides, strict=True), start=1
    ):
        activation = "selu" if number < last else "sigmoid"
        model.add(layers.BatchNormalization(name=f"bn{number}"))
        model.add(
            layers.Conv2DTranspose(
                filters, kernel, stride, activation=activation, name=f"t{number}"
            )
        )
    return model


def build_autoencoder(config):
    """The two halves as layers of one model."""
    return twins.nest(build_encoder(config.encoder), build_decoder(config.decoder))
