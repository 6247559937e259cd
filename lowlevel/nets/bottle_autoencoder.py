"""The bottle autoencoder: an image through `bottle_encoder`, its latent through `bottle_decoder`.

The decoder is the mirror image of the encoder, size by size.
"""

import dataclasses

import tensorflow as tf

from lowlevel.checks import ConfigError, check_config
from lowlevel.joined_stores import JoinedStores
from lowlevel.nets import bottle_decoder, bottle_encoder, nested
from lowlevel.types import Outputs, Tensor

PARTS = {"encoder": bottle_encoder, "decoder": bottle_decoder}


@dataclasses.dataclass(frozen=True)
class Config:
    """The configs of the two halves; `of` makes them from the encoder's alone.

    Attributes:
        encoder: a `bottle_encoder.Config`.
        decoder: the `bottle_decoder.Config` that mirrors it.
    """

    encoder: bottle_encoder.Config = dataclasses.field(default_factory=bottle_encoder.Config)
    decoder: bottle_decoder.Config = dataclasses.field(
        default_factory=lambda: bottle_decoder.mirror(bottle_encoder.Config())
    )

    def __post_init__(self) -> None:
        check_config("encoder", self.encoder, bottle_encoder.Config)
        mirrored = bottle_decoder.mirror(self.encoder)
        if self.decoder != mirrored:
            raise ConfigError(
                f"the decoder must mirror the encoder: {mirrored}, not {self.decoder}."
            )


def of(encoder_config: bottle_encoder.Config) -> Config:
    """The config of the autoencoder with this encoder and the decoder that mirrors it.

    Raises:
        ConfigError: no decoder does, see `bottle_decoder.mirror`.
    """
    return Config(encoder_config, bottle_decoder.mirror(encoder_config))


def input_spec(config: Config) -> tf.TensorSpec:
    """Images, as `parts.image_spec` describes them."""
    return bottle_encoder.input_spec(config.encoder)


def build(config: Config, seed: int) -> JoinedStores:
    """Makes the variables: 17,685,161 numbers for the default config, of which 8,848 are state."""
    return nested.build(PARTS, config, seed)


def forward(
    config: Config,
    variables: JoinedStores,
    images: Tensor,
    training: bool = False,
    seed: Tensor | None = None,
) -> Outputs:
    """Reconstructs images: `[batch, height, width, channels]` in [0, 1] to the same in (0, 1).

    The output is float32. Keeps state.
    """
    return nested.forward(PARTS, config, variables, images, training)
