"""The encoder of the bottle autoencoder: turns an image into a short vector, its latent.

Its other half is `bottle_decoder`; `bottle_autoencoder` joins the two.
"""

import dataclasses

import tensorflow as tf

from lowlevel import ops
from lowlevel.checks import ConfigError, check_image_shape, check_sizes
from lowlevel.nets import parts
from lowlevel.types import Outputs, Tensor
from lowlevel.variables import VariableStore

DENSE_LAYERS = ("d1", "d2", "latent")


@dataclasses.dataclass(frozen=True)
class Config:
    """Sizes of the network.

    Attributes:
        image_shape: (height, width, channels) of an image; height and width are equal.
        filters: filters of each convolution.
        kernels: window of each convolution.
        strides: stride of each convolution.
    """

    image_shape: tuple = (127, 127, 1)
    filters: tuple = (32, 64, 128, 196, 256, 1024)
    kernels: tuple = (3, 3, 3, 3, 3, 3)
    strides: tuple = (2, 2, 2, 2, 2, 2)

    def __post_init__(self) -> None:
        check_image_shape(self.image_shape)
        if self.image_shape[0] != self.image_shape[1]:
            raise ConfigError(f"image_shape must be square, not {self.image_shape}.")
        check_layers(self, "filters", "kernels", "strides")
        image_sizes(self)
        if min(dense_sizes(self)) < 1:
            raise ConfigError(
                f"the last feature maps must hold at least 8 numbers, not "
                f"{image_sizes(self)[-1]} x {image_sizes(self)[-1]} x {self.filters[-1]}; "
                f"choose more filters or smaller strides."
            )


def check_layers(config: object, *names: str) -> None:
    """Raises ConfigError unless these fields are tuples of positive integers, equally long."""
    lengths = set()
    for name in names:
        lengths.add(len(check_sizes(name, getattr(config, name))))
    if len(lengths) > 1:
        raise ConfigError(f"{', '.join(names)} must be equally long: one number for each layer.")


def image_sizes(config: Config) -> list[int]:
    """Height of the image and of the output of each convolution: 127, 63, 31, 15, 7, 3, 1."""
    sizes = [config.image_shape[0]]
    for kernel, stride in zip(config.kernels, config.strides, strict=True):
        sizes.append(ops.output_size(sizes[-1], kernel, stride, "VALID"))
    return sizes


def dense_sizes(config: Config) -> list[int]:
    """Units of the dense layers: eight, four and two eighths of the size of the feature maps."""
    eighth = image_sizes(config)[-1] ** 2 * config.filters[-1] // 8
    return [8 * eighth, 4 * eighth, 2 * eighth]


input_spec = parts.image_spec


def build(config: Config, seed: int) -> VariableStore:
    """Makes the variables: 4,843,348 numbers for the default config, of which 3,400 are state."""
    variables = VariableStore(seed)
    channels = config.image_shape[-1]
    for number, (kernel, filters) in enumerate(
        zip(config.kernels, config.filters, strict=True), start=1
    ):
        parts.add_conv(variables, f"c{number}", kernel, channels, filters)
        parts.add_batch_norm(variables, f"bn{number}", filters)
        channels = filters
    inputs = image_sizes(config)[-1] ** 2 * channels
    for layer, outputs in zip(DENSE_LAYERS, dense_sizes(config), strict=True):
        parts.add_dense(variables, layer, inputs, outputs)
        inputs = outputs
    return variables


def forward(
    config: Config,
    variables: VariableStore,
    images: Tensor,
    training: bool = False,
    seed: Tensor | None = None,
) -> Outputs:
    """Encodes images: `[batch, height, width, channels]` in [0, 1] to latents `[batch, latent]`.

    Keeps state.
    """
    new_state = {} if training else None
    x = images
    for number, stride in enumerate(config.strides, start=1):
        x = parts.conv(variables, f"c{number}", x, stride, "VALID", ops.selu)
        x = parts.batch_norm(variables, f"bn{number}", x, new_state)
    with tf.name_scope("flatten"):
        x = ops.flatten(x)  # [batch, 1*1*1024]
    x = parts.dense(variables, "d1", x, ops.selu)  # [batch, 1024]
    x = parts.dense(variables, "d2", x, ops.selu)  # [batch, 512]
    latents = parts.dense(variables, "latent", x)  # [batch, 256]
    return (latents, new_state) if training else latents
