"""A network that uses one block of layers twice, with separate or with shared variables."""

import dataclasses

import tensorflow as tf

from lowlevel import ops, seeds
from lowlevel.checks import check_bool, check_config, check_image_shape, check_integer, check_number
from lowlevel.nets import parts
from lowlevel.ops import norm
from lowlevel.types import Outputs, Tensor
from lowlevel.variables import VariableStore


@dataclasses.dataclass(frozen=True)
class BlockConfig:
    """Sizes of a block: convolution, convolution, batch norm, Mish, dropout.

    Attributes:
        filters: filters of both convolutions.
        window: their height and width.
        dropout_rate: share of the feature maps' values dropped in training, in [0, 1).
        norm_momentum: share of batch norm's moving averages kept at each step, in [0, 1).
    """

    filters: int = 16
    window: int = 3
    dropout_rate: float = 0.2
    norm_momentum: float = norm.BATCH_NORM_MOMENTUM

    def __post_init__(self) -> None:
        check_integer("filters", self.filters, 1)
        check_integer("window", self.window, 1)
        check_number("dropout_rate", self.dropout_rate, 0, 1)
        check_number("norm_momentum", self.norm_momentum, 0, 1)


@dataclasses.dataclass(frozen=True)
class Config:
    """Sizes of the network.

    Attributes:
        image_shape: (height, width, channels) of an image, at least 2 pixels a side.
        num_classes: number of classes.
        block: a `BlockConfig`.
        shared: whether the second block uses the variables of the first.
    """

    image_shape: tuple = (28, 28, 1)
    num_classes: int = 10
    block: BlockConfig = dataclasses.field(default_factory=BlockConfig)
    shared: bool = False

    def __post_init__(self) -> None:
        check_image_shape(self.image_shape, smallest=2)
        check_integer("num_classes", self.num_classes, 2)
        check_config("block", self.block, BlockConfig)
        check_bool("shared", self.shared)


input_spec = parts.image_spec


def add_block(variables: VariableStore, name: str, config: BlockConfig, channels: int) -> None:
    """Makes the variables of a block with inputs `[batch, height, width, channels]`."""
    parts.add_conv(variables, f"{name}/c1", config.window, channels, config.filters)
    parts.add_conv(variables, f"{name}/c2", config.window, config.filters, config.filters)
    parts.add_batch_norm(variables, f"{name}/bn", config.filters)


def block(
    variables: VariableStore,
    name: str,
    config: BlockConfig,
    x: Tensor,
    new_state: dict | None,
    seed: Tensor | None,
) -> Tensor:
    """Applies the block of that name.

    Args:
        variables: the network's `VariableStore`.
        name: the name that `add_block` was given.
        config: a `BlockConfig`.
        x: `[batch, height, width, channels]`.
        new_state: the dict that collects the new moving averages; None if not training.
        seed: int64 tensor `[2]` for the dropout; None if not training.

    Returns:
        `[batch, height, width, filters]`.
    """
    x = parts.conv(variables, f"{name}/c1", x)
    x = parts.conv(variables, f"{name}/c2", x)
    x = parts.batch_norm(variables, f"{name}/bn", x, new_state, config.norm_momentum, ops.mish)
    with tf.name_scope(f"{name}/dropout"):
        return x if new_state is None else ops.dropout(x, config.dropout_rate, seed)


def build(config: Config, seed: int) -> VariableStore:
    """Makes the variables: 9,738 numbers for the default config, of which 64 are state."""
    variables = VariableStore(seed)
    filters = config.block.filters
    parts.add_conv(variables, "stem", 3, config.image_shape[-1], filters)
    add_block(variables, "block1", config.block, filters)
    if not config.shared:
        add_block(variables, "block2", config.block, filters)
    parts.add_dense(variables, "out", filters, config.num_classes)
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
    seeds_of_uses = [seeds.fold(seed, use) if training else None for use in ("first", "second")]
    first, second = "block1", "block1" if config.shared else "block2"

    x = parts.conv(variables, "stem", images, activation=ops.relu)  # [batch, 28, 28, 16]
    x = block(variables, first, config.block, x, new_state, seeds_of_uses[0])
    with tf.name_scope("pool1"):
        x = ops.max_pool2d(x)  # [batch, 14, 14, 16]
    x = block(variables, second, config.block, x, new_state, seeds_of_uses[1])
    with tf.name_scope("pool2"):
        x = ops.global_avg_pool2d(x)  # [batch, 16]
    logits = parts.dense(variables, "out", x)  # [batch, 10]
    return (logits, new_state) if training else logits
