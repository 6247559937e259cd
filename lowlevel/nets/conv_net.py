"""Four convolutions and two dense layers: the usual network of a first tutorial on MNIST."""

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
        num_classes: number of classes.
        dropout_rate: share of the hidden units dropped in training, in [0, 1).
    """

    image_shape: tuple = (28, 28, 1)
    num_classes: int = 10
    dropout_rate: float = 0.2

    def __post_init__(self) -> None:
        check_image_shape(self.image_shape)
        check_integer("num_classes", self.num_classes, 2)
        check_number("dropout_rate", self.dropout_rate, 0, 1)


input_spec = parts.image_spec


def build(config: Config, seed: int) -> VariableStore:
    """Makes the variables: 218,490 numbers for the default config."""
    height, width, channels = config.image_shape
    for _ in range(2):  # two poolings
        height = ops.output_size(height, window=2, stride=2, padding="SAME")
        width = ops.output_size(width, window=2, stride=2, padding="SAME")

    variables = VariableStore(seed)
    for layer, shape in {
        "c1": (3, 3, channels, 16),
        "c2": (3, 3, 16, 16),
        "c3": (3, 3, 16, 32),
        "c4": (3, 3, 32, 32),
        "d1": (height * width * 32, 128),
        "out": (128, config.num_classes),
    }.items():
        variables.add_weights(layer, shape)
        variables.add_biases(layer, shape[-1])
    return variables


def forward(
    config: Config,
    variables: VariableStore,
    images: Tensor,
    training: bool = False,
    seed: Tensor | None = None,
) -> Outputs:
    """Classifies images `[batch, height, width, channels]` in [0, 1]: logits `[batch, classes]`.

    Uses dropout.
    """
    w, b = variables.weights, variables.biases

    def conv_relu(x, layer):
        with tf.name_scope(layer):
            return ops.relu(ops.conv2d(x, w[layer], b[layer]))

    x = conv_relu(images, "c1")  # [batch, 28, 28, 16]
    x = conv_relu(x, "c2")
    with tf.name_scope("pool1"):
        x = ops.max_pool2d(x, window=2)  # [batch, 14, 14, 16]
    x = conv_relu(x, "c3")  # [batch, 14, 14, 32]
    x = conv_relu(x, "c4")
    with tf.name_scope("pool2"):
        x = ops.max_pool2d(x, window=2)  # [batch, 7, 7, 32]
    with tf.name_scope("flatten"):
        x = ops.flatten(x)  # [batch, 7*7*32]
    with tf.name_scope("d1"):
        x = ops.relu(ops.dense(x, w["d1"], b["d1"]))  # [batch, 128]
        if training:
            x = ops.dropout(x, config.dropout_rate, seed)
    with tf.name_scope("out"):
        logits = ops.dense(x, w["out"], b["out"])  # [batch, 10]
    return (logits, {}) if training else logits
