"""The encoder of the digit autoencoder: turns an image into sixteen numbers.

Its other half is `digit_decoder`; `digit_autoencoder` joins the two.
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
        image_shape: (height, width, channels) of an image, at least 19 pixels a side.
        latent_size: filters of the last convolution: how many numbers an image is turned into.
    """

    image_shape: tuple = (28, 28, 1)
    latent_size: int = 16

    def __post_init__(self) -> None:
        check_image_shape(self.image_shape, smallest=19)
        check_integer("latent_size", self.latent_size, 1)


input_spec = parts.image_spec


def build(config: Config, seed: int) -> VariableStore:
    """Makes the variables: 18,672 numbers for the default config."""
    variables = VariableStore(seed)
    parts.add_conv(variables, "c1", 3, config.image_shape[-1], 16)
    parts.add_conv(variables, "c2", 3, 16, 32)
    parts.add_conv(variables, "c3", 3, 32, 32)
    parts.add_conv(variables, "c4", 3, 32, config.latent_size)
    return variables


def forward(
    config: Config,
    variables: VariableStore,
    images: Tensor,
    training: bool = False,
    seed: Tensor | None = None,
) -> Outputs:
    """Encodes images: `[batch, height, width, channels]` in [0, 1] to latents `[batch, latent]`.

    No latent is below 0.
    """
    x = parts.conv(variables, "c1", images, 1, "VALID", ops.relu)  # [batch, 26, 26, 16]
    x = parts.conv(variables, "c2", x, 1, "VALID", ops.relu)  # [batch, 24, 24, 32]
    with tf.name_scope("pool1"):
        x = ops.max_pool2d(x, window=3, padding="VALID")  # [batch, 8, 8, 32]
    x = parts.conv(variables, "c3", x, 1, "VALID", ops.relu)  # [batch, 6, 6, 32]
    x = parts.conv(variables, "c4", x, 1, "VALID", ops.relu)  # [batch, 4, 4, 16]
    with tf.name_scope("pool2"):
        x = ops.global_max_pool2d(x)  # [batch, 16]
    return (x, {}) if training else x
