"""The digit autoencoder: an image through `digit_encoder`, its latent through `digit_decoder`."""

import dataclasses

import tensorflow as tf

from lowlevel.checks import ConfigError, check_config
from lowlevel.joined_stores import JoinedStores
from lowlevel.nets import digit_decoder, digit_encoder, nested
from lowlevel.types import Outputs, Tensor

PARTS = {"encoder": digit_encoder, "decoder": digit_decoder}


@dataclasses.dataclass(frozen=True)
class Config:
    """The configs of the two halves.

    Attributes:
        encoder: a `digit_encoder.Config`.
        decoder: a `digit_decoder.Config` with the same latent size and image shape.
    """

    encoder: digit_encoder.Config = dataclasses.field(default_factory=digit_encoder.Config)
    decoder: digit_decoder.Config = dataclasses.field(default_factory=digit_decoder.Config)

    def __post_init__(self) -> None:
        check_config("encoder", self.encoder, digit_encoder.Config)
        check_config("decoder", self.decoder, digit_decoder.Config)
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


def input_spec(config: Config) -> tf.TensorSpec:
    """Images, as `parts.image_spec` describes them."""
    return digit_encoder.input_spec(config.encoder)


def build(config: Config, seed: int) -> JoinedStores:
    """Makes the variables: 28,241 numbers for the default config."""
    return nested.build(PARTS, config, seed)


def forward(
    config: Config,
    variables: JoinedStores,
    images: Tensor,
    training: bool = False,
    seed: Tensor | None = None,
) -> Outputs:
    """Reconstructs images: `[batch, height, width, channels]` in [0, 1] to the same, never below 0.

    `variables` may also be the `JoinedStores` of an encoder and a decoder, which it then shares.
    """
    return nested.forward(PARTS, config, variables, images, training)
