"""The decoder of the digit autoencoder: sixteen numbers become an image again.

Its other half is `digit_encoder`; `digit_autoencoder` is the two in a row.
"""

import dataclasses

import tensorflow as tf

from lowlevel import ops
from lowlevel.checks import check_image_shape, check_integer
from lowlevel.nets import parts
from lowlevel.variables import VariableStore


@dataclasses.dataclass(frozen=True)
class Config:
    """Sizes of the network.

    Attributes:
        first_shape: (height, width, channels) that a latent vector is arranged in.
        channels: channels of the images.
    """

    first_shape: tuple = (4, 4, 1)
    channels: int = 1

    def __post_init__(self):
        check_image_shape(self.first_shape, name="first_shape")
        check_integer("channels", self.channels, 1)

    @property
    def image_shape(self):
        """(height, width, channels) of the images."""
        height, width, _ = self.first_shape
        # Each convolution adds 2, the upsampling triples.
        return 3 * (height + 4) + 4, 3 * (width + 4) + 4, self.channels

    @property
    def latent_size(self):
        """How many numbers become an image."""
        height, width, channels = self.first_shape
        return height * width * channels


def input_spec(config):
    """Latents `[batch, latent]`."""
    return tf.TensorSpec([None, config.latent_size], tf.float32, name="latents")


def build(config, seed):
    """Makes the variables: 9,569 numbers for the default config."""
    variables = VariableStore(seed)
    parts.add_conv_transpose(variables, "t1", 3, config.first_shape[-1], 16)
    parts.add_conv_transpose(variables, "t2", 3, 16, 32)
    parts.add_conv_transpose(variables, "t3", 3, 32, 16)
    parts.add_conv_transpose(variables, "t4", 3, 16, config.channels)
    return variables


def forward(config, variables, latents, training=False, seed=None):
    """Images from latent vectors.

    Args:
        config: a `Config`.
        variables: what `build(config, seed)` returned.
        latents: `[batch, latent]`; computes in their dtype.
        training: changes nothing but the form of the result.
        seed: not used: nothing here is random.

    Returns:
        Images `[batch, height, width, channels]`, none below 0; if `training`, a pair of them and
        `{}` (there is no state).
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
