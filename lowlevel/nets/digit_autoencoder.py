"""Two networks as one: an image goes through the encoder, what it becomes through the decoder."""

import dataclasses

import tensorflow as tf

from lowlevel.checks import ConfigError
from lowlevel.nets import digit_decoder, digit_encoder
from lowlevel.variables import JoinedStores


@dataclasses.dataclass(frozen=True)
class Config:
    """The configs of the two networks.

    Attributes:
        encoder: a `digit_encoder.Config`.
        decoder: a `digit_decoder.Config` for latents of the same size and images of the same
            shape.
    """

    encoder: digit_encoder.Config = dataclasses.field(default_factory=digit_encoder.Config)
    decoder: digit_decoder.Config = dataclasses.field(default_factory=digit_decoder.Config)

    def __post_init__(self):
        if self.encoder.latent_size != self.decoder.latent_size:
            raise ConfigError(
                f"the encoder makes latents of {self.encoder.latent_size} numbers, "
                f"the decoder takes {self.decoder.latent_size}."
            )
        if self.encoder.image_shape != self.decoder.image_shape:
            raise ConfigError(
                f"the encoder takes images of {self.encoder.image_shape}, "
                f"the decoder makes images of {self.decoder.image_shape}."
            )


def input_spec(config):
    """Images `[batch, height, width, channels]`, in [0, 1]."""
    return digit_encoder.input_spec(config.encoder)


def build(config, seed):
    """Makes the variables of both: 28,241 numbers for the default config."""
    return join_variables(
        digit_encoder.build(config.encoder, seed), digit_decoder.build(config.decoder, seed)
    )


def join_variables(encoder_variables, decoder_variables):
    """The variables of an encoder and a decoder as those of the autoencoder: the very same ones."""
    return JoinedStores(encoder=encoder_variables, decoder=decoder_variables)


def forward(config, variables, images, training=False, seed=None):
    """Images that have been through the encoder and the decoder.

    Args:
        config: a `Config`.
        variables: what `build(config, seed)` or `join_variables` returned.
        images: `[batch, height, width, channels]`, in [0, 1]; computes in their dtype.
        training: changes nothing but the form of the result.
        seed: not used: nothing here is random.

    Returns:
        Images of the same shape; if `training`, a pair of them and `{}` (there is no state).
    """
    stores = variables.stores
    with tf.name_scope("encoder"):
        latents = digit_encoder.forward(config.encoder, stores["encoder"], images)
    with tf.name_scope("decoder"):
        images = digit_decoder.forward(config.decoder, stores["decoder"], latents)
    return (images, {}) if training else images
