"""The bottle autoencoder: an image through `bottle_encoder`, its latent through `bottle_decoder`.

The decoder is the mirror image of the encoder, size by size.
"""

import dataclasses

from lowlevel.checks import ConfigError, check_config
from lowlevel.nets import bottle_decoder, bottle_encoder, nested

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

    def __post_init__(self):
        check_config("encoder", self.encoder, bottle_encoder.Config)
        mirrored = bottle_decoder.mirror(self.encoder)
        if self.decoder != mirrored:
            raise ConfigError(
                f"the decoder must mirror the encoder: {mirrored}, not {self.decoder}."
            )


def of(encoder_config):
    """The config of the autoencoder with this encoder and the decoder that mirrors it.

    Raises:
        ConfigError: no decoder does, see `bottle_decoder.mirror`.
    """
    return Config(encoder_config, bottle_decoder.mirror(encoder_config))


def input_spec(config):
    """Images, as `parts.image_spec` describes them."""
    return bottle_encoder.input_spec(config.encoder)


def build(config, seed):
    """Makes the variables: 17,685,161 numbers for the default config, of which 8,848 are state."""
    return nested.build(PARTS, config, seed)


def forward(config, variables, images, training=False, seed=None):
    """Reconstructs images: `[batch, height, width, channels]` in [0, 1] to the same in (0, 1).

    The output is float32. Keeps state.
    """
    return nested.forward(PARTS, config, variables, images, training)
