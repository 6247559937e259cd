"""One convolution with batch norm and leaky ReLU: the building block of YOLO's networks."""

import dataclasses

import tensorflow as tf

from lowlevel import ops
from lowlevel.checks import check_image_shape, check_integer, check_number
from lowlevel.nets import parts
from lowlevel.types import Outputs, Tensor
from lowlevel.variables import VariableStore


@dataclasses.dataclass(frozen=True)
class Config:
    """Sizes of the network.

    Attributes:
        image_shape: (height, width, channels) of an image.
        filters: filters of the convolution.
        slope: what negative numbers are multiplied by, in [0, 1).
    """

    image_shape: tuple = (608, 608, 3)
    filters: int = 16
    slope: float = 0.3

    def __post_init__(self) -> None:
        check_image_shape(self.image_shape)
        check_integer("filters", self.filters, 1)
        check_number("slope", self.slope, 0, 1)


input_spec = parts.image_spec


def build(config: Config, seed: int) -> VariableStore:
    """Makes the variables: 496 numbers for the default config, of which 32 are state."""
    variables = VariableStore(seed)
    parts.add_conv(variables, "c1", 3, config.image_shape[-1], config.filters, bias=False)
    parts.add_batch_norm(variables, "bn1", config.filters)
    return variables


def forward(
    config: Config,
    variables: VariableStore,
    images: Tensor,
    training: bool = False,
    seed: Tensor | None = None,
) -> Outputs:
    """Computes feature maps: images in [0, 1] to `[batch, height, width, filters]`.

    Keeps state.
    """
    new_state = {} if training else None
    x = parts.conv(variables, "c1", images)  # [batch, 608, 608, 16]; the bias is batch norm's
    x = parts.batch_norm(variables, "bn1", x, new_state)
    with tf.name_scope("leaky_relu"):
        x = ops.leaky_relu(x, config.slope)
    return (x, new_state) if training else x
