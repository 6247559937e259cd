"""The decoder of the digit autoencoder: turns sixteen numbers back into an image.

Its other half is `digit_encoder`; `digit_autoencoder` joins the two.
"""

import dataclasses

import tensorflow as tf

from lowlevel import ops
from lowlevel.checks import check_image_shape, check_integer
from lowlevel.nets import parts
from lowlevel.types import Outputs, Tensor
from lowlevel.variables import VariableStore


@dataclasses.dataclass(frozen=True)
class Config:
    """Sizes of the network.

    Attributes:
        first_shape: (height, width, channels) that a latent vector is reshaped to.
        channels: channels of the images.
    """

    first_shape: tuple = (4, 4, 1)
    channels: int = 1

    def __post_init__(self) -> None:
        check_image_shape(self.first_shape, name="first_shape")
        check_integer("channels", self.channels, 1)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(height, width, channels) of the images."""
        height, width, _ = self.first_shape
        # Each transposed convolution adds 2, the upsampling triples.
        return 3 * (height + 4) + 4, 3 * (width + 4) + 4, self.channels

    @property
    def latent_size(self) -> int:
        """How many numbers a latent vector has."""
        height, width, channels = self.first_shape
        return height * width * channels


def input_spec(config: Config) -> tf.TensorSpec:
    """Latents `[batch, latent]`."""
    return tf.TensorSpec([None, config.latent_size], tf.float32, name="latents")


def build(config: Config, seed: int) -> VariableStore:
    """Makes the variables: 9,569 numbers for the default config."""
    variables = VariableStore(seed)
    parts.add_conv_transpose(variables, "t1", 3, config.first_shape[-1], 16)
    parts.add_conv_transpose(variables, "t2", 3, 16, 32)
    parts.add_conv_transpose(variables, "t3", 3, 32, 16)
    parts.add_conv_transpose(variables, "t4", 3, 16, config.channels)
    return variables


def forward(
    config: Config,
    variables: VariableStore,
    latents: Tensor,
    training: bool = False,
    seed: Tensor | None = None,
) -> Outputs:
    """Decodes latents: `[batch, latent]` to images `[batch, height, width, channels]`.

    No pixel is below 0.
    """
    with tf.name_scope("reshape"):
        x = tf.reshape(latents, [-1, *config.first_shape])  # [batch, 4, 4, 1]
    x = parts.conv_transpose(variables, "t1", x, 1, "VALID", ops.relu)  # [batch, 6, 6, 16]
    x = parts.conv_transpose(variables, "t2", x, 1, "VALID", ops.relu)  # [batch, 8, 8, 32]
    with tf.name_scope("upsample"):
        x = ops.upsample_nearest(x, 3)  # [batch, 24, 24, 32]
    x = parts.conv_transpose(variables, "t3", x, 1, "VALID", ops.relu)  # [batch, 26, 26, 16]
    x = parts.conv_transpose(variables, "t4", x, 1, "VALID", ops.relu)  # [batch, 28, 28, 1]
    return (x, {}) if training else x
