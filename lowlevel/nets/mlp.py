"""A multilayer perceptron: dense layers on the pixels of an image."""

import dataclasses

import tensorflow as tf

from lowlevel import ops
from lowlevel.checks import check_image_shape, check_integer, check_sizes
from lowlevel.nets import parts
from lowlevel.types import Outputs, Tensor
from lowlevel.variables import VariableStore


@dataclasses.dataclass(frozen=True)
class Config:
    """Sizes of the network.

    Attributes:
        image_shape: (height, width, channels) of an image.
        num_classes: number of classes.
        widths: units of each hidden layer.
    """

    image_shape: tuple = (28, 28, 1)
    num_classes: int = 10
    widths: tuple = (128,)

    def __post_init__(self) -> None:
        check_image_shape(self.image_shape)
        check_integer("num_classes", self.num_classes, 2)
        check_sizes("widths", self.widths)


input_spec = parts.image_spec


def build(config: Config, seed: int) -> VariableStore:
    """Makes the variables: 101,770 numbers for the default config."""
    variables = VariableStore(seed)
    height, width, channels = config.image_shape
    inputs = height * width * channels
    for number, units in enumerate(config.widths, start=1):
        parts.add_dense(variables, f"d{number}", inputs, units)
        inputs = units
    parts.add_dense(variables, "out", inputs, config.num_classes)
    return variables


def forward(
    config: Config,
    variables: VariableStore,
    images: Tensor,
    training: bool = False,
    seed: Tensor | None = None,
) -> Outputs:
    """Classifies images `[batch, height, width, channels]` in [0, 1]: logits `[batch, classes]`."""
    with tf.name_scope("flatten"):
        x = ops.flatten(images)  # [batch, 28*28*1]
    for number in range(1, len(config.widths) + 1):
        x = parts.dense(variables, f"d{number}", x, ops.relu)  # [batch, 128]
    logits = parts.dense(variables, "out", x)  # [batch, 10]
    return (logits, {}) if training else logits
