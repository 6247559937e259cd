"""Two convolutions with batch norm that shrink the image fast: for small colour images."""

import dataclasses

import tensorflow as tf

from lowlevel import ops
from lowlevel.checks import check_choice, check_image_shape, check_integer, check_number
from lowlevel.nets import parts
from lowlevel.ops import norm
from lowlevel.types import Outputs, Tensor
from lowlevel.variables import VariableStore

POOLINGS = {"max": ops.global_max_pool2d, "avg": ops.global_avg_pool2d}


@dataclasses.dataclass(frozen=True)
class Config:
    """Sizes of the network.

    Attributes:
        image_shape: (height, width, channels) of an image, at least 19 pixels a side.
        num_classes: number of classes.
        dropout_rate: share of the last feature maps dropped in training, in [0, 1).
        global_pooling: "max" or "avg": how each of the last feature maps becomes one number.
        norm_momentum: share of batch norm's moving averages kept at each step, in [0, 1).
    """

    image_shape: tuple = (28, 28, 3)
    num_classes: int = 10
    dropout_rate: float = 0.3
    global_pooling: str = "max"
    norm_momentum: float = norm.BATCH_NORM_MOMENTUM

    def __post_init__(self) -> None:
        check_image_shape(self.image_shape, smallest=19)
        check_integer("num_classes", self.num_classes, 2)
        check_number("dropout_rate", self.dropout_rate, 0, 1)
        check_choice("global_pooling", self.global_pooling, POOLINGS)
        check_number("norm_momentum", self.norm_momentum, 0, 1)


input_spec = parts.image_spec


def build(config: Config, seed: int) -> VariableStore:
    """Makes the variables: 20,426 numbers for the default config, of which 192 are state."""
    variables = VariableStore(seed)
    parts.add_conv(variables, "c1", 3, config.image_shape[-1], 32)
    parts.add_batch_norm(variables, "bn1", 32)
    parts.add_conv(variables, "c2", 3, 32, 64)
    parts.add_batch_norm(variables, "bn2", 64)
    parts.add_dense(variables, "out", 64, config.num_classes)
    return variables


def forward(
    config: Config,
    variables: VariableStore,
    images: Tensor,
    training: bool = False,
    seed: Tensor | None = None,
) -> Outputs:
    """Classifies images `[batch, height, width, channels]` in [0, 1]: logits `[batch, classes]`.

    Uses dropout and keeps state.
    """
    new_state = {} if training else None
    x = parts.conv(variables, "c1", images, 2, "VALID", ops.relu)  # [batch, 13, 13, 32]
    with tf.name_scope("pool1"):
        x = ops.max_pool2d(x, window=3, padding="VALID")  # [batch, 4, 4, 32]
    x = parts.batch_norm(variables, "bn1", x, new_state, config.norm_momentum)
    x = parts.conv(variables, "c2", x, 1, "VALID", ops.relu)  # [batch, 2, 2, 64]
    x = parts.batch_norm(variables, "bn2", x, new_state, config.norm_momentum)
    with tf.name_scope("dropout"):
        if training:
            x = ops.dropout(x, config.dropout_rate, seed)
    with tf.name_scope("pool2"):
        x = POOLINGS[config.global_pooling](x)  # [batch, 64]
    logits = parts.dense(variables, "out", x)  # [batch, 10]
    return (logits, new_state) if training else logits
