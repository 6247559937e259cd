"""The decoder of the bottle autoencoder: turns a latent vector back into an image.

Its other half is `bottle_encoder`; `bottle_autoencoder` joins the two.
"""

import dataclasses

import tensorflow as tf

from lowlevel import ops
from lowlevel.checks import ConfigError, check_image_shape, check_integer
from lowlevel.nets import bottle_encoder, parts
from lowlevel.types import Outputs, Tensor
from lowlevel.variables import VariableStore


@dataclasses.dataclass(frozen=True)
class Config:
    """Sizes of the network.

    Attributes:
        latent_size: numbers in a latent vector.
        first_shape: (height, width, channels) of the first feature maps.
        filters: filters of each transposed convolution; the last has one for each image channel.
        kernels: window of each transposed convolution.
        strides: stride of each transposed convolution.
    """

    latent_size: int = 256
    first_shape: tuple = (1, 1, 1024)
    filters: tuple = (1024, 256, 196, 128, 64, 32, 1)
    kernels: tuple = (3, 3, 3, 3, 3, 3, 1)
    strides: tuple = (2, 2, 2, 2, 2, 2, 1)

    def __post_init__(self) -> None:
        check_integer("latent_size", self.latent_size, 1)
        check_image_shape(self.first_shape)
        bottle_encoder.check_layers(self, "filters", "kernels", "strides")


def mirror(encoder_config: bottle_encoder.Config) -> Config:
    """The config of the decoder that mirrors an encoder, size by size.

    Each window is as wide as needed to reach the size that the encoder had at that point.

    Raises:
        ConfigError: no window is, because a stride of the encoder skips pixels.
    """
    sizes = bottle_encoder.image_sizes(encoder_config)[::-1]  # 1, 3, 7, ... 127
    strides = encoder_config.strides[::-1]
    kernels = [
        target - size * stride + stride
        for size, target, stride in zip(sizes, sizes[1:], strides, strict=False)
    ]
    for kernel, stride in zip(kernels, strides, strict=True):
        if kernel < stride:
            raise ConfigError(
                f"a stride of {stride} skips pixels that no decoder can restore; "
                f"choose a smaller stride or wider kernels."
            )
    return Config(
        latent_size=bottle_encoder.dense_sizes(encoder_config)[-1],
        first_shape=(sizes[0], sizes[0], encoder_config.filters[-1]),
        filters=(*encoder_config.filters[::-1], encoder_config.image_shape[-1]),
        kernels=(*kernels, 1),
        strides=(*strides, 1),
    )


def input_spec(config: Config) -> tf.TensorSpec:
    """Latents `[batch, latent]`."""
    return tf.TensorSpec([None, config.latent_size], tf.float32, name="latents")


def build(config: Config, seed: int) -> VariableStore:
    """Makes the variables: 12,841,813 numbers for the default config, of which 5,448 are state."""
    variables = VariableStore(seed)
    height, width, channels = config.first_shape
    parts.add_dense(variables, "dense", config.latent_size, height * width * channels)
    for number, (kernel, filters) in enumerate(
        zip(config.kernels, config.filters, strict=True), start=1
    ):
        parts.add_batch_norm(variables, f"bn{number}", channels)
        parts.add_conv_transpose(variables, f"t{number}", kernel, channels, filters)
        channels = filters
    return variables


def forward(
    config: Config,
    variables: VariableStore,
    latents: Tensor,
    training: bool = False,
    seed: Tensor | None = None,
) -> Outputs:
    """Decodes latents: `[batch, latent]` to images `[batch, height, width, channels]` in (0, 1).

    The output is float32. Keeps state.
    """
    new_state = {} if training else None
    with tf.name_scope("selu"):
        x = ops.selu(latents)
    x = parts.dense(variables, "dense", x, ops.selu)  # [batch, 1*1*1024]
    with tf.name_scope("reshape"):
        x = tf.reshape(x, [-1, *config.first_shape])  # [batch, 1, 1, 1024]
    last = len(config.strides)
    for number, stride in enumerate(config.strides, start=1):
        x = parts.batch_norm(variables, f"bn{number}", x, new_state)
        activation = ops.selu if number < last else _sigmoid
        x = parts.conv_transpose(variables, f"t{number}", x, stride, "VALID", activation)
    return (x, new_state) if training else x


def _sigmoid(x):
    return ops.sigmoid(tf.cast(x, tf.float32))  # bfloat16 cannot tell light greys apart
