"""MiniInception: an Inception network for images of 32 x 32 pixels.

Source: the "small Inception" of Zhang et al. (2017), "Understanding deep learning requires
rethinking generalization", figure 3.
"""

import dataclasses

import tensorflow as tf

from lowlevel import ops
from lowlevel.checks import (
    MAX_LAYERS,
    ConfigError,
    check_bool,
    check_image_shape,
    check_integer,
    check_number,
)
from lowlevel.nets import parts
from lowlevel.ops import norm
from lowlevel.types import Outputs, Tensor
from lowlevel.variables import VariableStore


@dataclasses.dataclass(frozen=True)
class Config:
    """Sizes of the network.

    Attributes:
        image_shape: (height, width, channels) of an image.
        num_classes: number of classes.
        stem_filters: filters of the first convolution.
        blocks: the blocks that follow, a tuple for each: (a, b) is an inception module with `a`
            1x1 filters beside `b` 3x3 filters; (c,) is a downsample module with `c` 3x3 filters.
        conv_biases: whether convolutions have biases. The batch norm after each cancels them, so
            they learn nothing.
        norm_momentum: share of batch norm's moving averages kept at each step, in [0, 1).
    """

    image_shape: tuple = (32, 32, 3)
    num_classes: int = 10
    stem_filters: int = 96
    blocks: tuple = (
        (32, 32),
        (32, 48),
        (80,),
        (112, 48),
        (96, 64),
        (80, 80),
        (48, 96),
        (96,),
        (176, 160),
        (176, 160),
    )
    conv_biases: bool = True
    norm_momentum: float = norm.BATCH_NORM_MOMENTUM

    def __post_init__(self) -> None:
        if not isinstance(self.blocks, tuple) or not all(
            isinstance(block, tuple) and len(block) in (1, 2) for block in self.blocks
        ):
            raise ConfigError(
                f"blocks must be a tuple of (a, b) for inception and (c,) for downsample, "
                f"not {self.blocks!r}."
            )
        check_integer("the number of blocks", len(self.blocks), 0, MAX_LAYERS)
        for filters in (
            self.stem_filters,
            *(filters for block in self.blocks for filters in block),
        ):
            check_integer("each number of filters", filters, 1)
        smallest = 1
        for _ in range(sum(len(block) == 1 for block in self.blocks)):
            smallest = 2 * smallest + 1
        check_image_shape(self.image_shape, smallest)
        check_integer("num_classes", self.num_classes, 2)
        check_bool("conv_biases", self.conv_biases)
        check_number("norm_momentum", self.norm_momentum, 0, 1)


input_spec = parts.image_spec


def block_names(config: Config) -> list[str]:
    """The name of each block, such as "inception1" or "downsample3": the prefix of its layers."""
    kinds = {1: "downsample", 2: "inception"}
    return [f"{kinds[len(block)]}{number}" for number, block in enumerate(config.blocks, start=1)]


def build(config: Config, seed: int) -> VariableStore:
    """Makes the variables: 1,656,250 numbers for the default config, of which 3,424 are state."""
    variables = VariableStore(seed)

    def add_conv_module(layer, window, channels, filters):
        parts.add_conv(variables, f"{layer}/conv", window, channels, filters, config.conv_biases)
        parts.add_batch_norm(variables, f"{layer}/norm", filters)

    add_conv_module("stem", 3, config.image_shape[-1], config.stem_filters)
    channels = config.stem_filters
    for name, block in zip(block_names(config), config.blocks, strict=True):
        if len(block) == 2:
            add_conv_module(f"{name}/1x1", 1, channels, block[0])
            add_conv_module(f"{name}/3x3", 3, channels, block[1])
            channels = sum(block)
        else:
            add_conv_module(f"{name}/3x3", 3, channels, block[0])
            channels += block[0]
    parts.add_dense(variables, "out", channels, config.num_classes)
    return variables


def forward(
    config: Config,
    variables: VariableStore,
    images: Tensor,
    training: bool = False,
    seed: Tensor | None = None,
) -> Outputs:
    """Classifies images `[batch, height, width, channels]` in [0, 1]: logits `[batch, classes]`.

    Keeps state.
    """
    new_state = {} if training else None

    def conv_module(x, layer, stride=1, padding="SAME"):
        x = parts.conv(variables, f"{layer}/conv", x, stride, padding)
        momentum = config.norm_momentum
        return parts.batch_norm(variables, f"{layer}/norm", x, new_state, momentum, ops.relu)

    def inception(x, name):
        narrow = conv_module(x, f"{name}/1x1")  # [batch, height, width, a]
        wide = conv_module(x, f"{name}/3x3")  # [batch, height, width, b]
        with tf.name_scope(f"{name}/concat"):
            return tf.concat([narrow, wide], axis=-1)  # [batch, height, width, a + b]

    def downsample(x, name):
        learned = conv_module(x, f"{name}/3x3", stride=2, padding="VALID")
        with tf.name_scope(f"{name}/pool"):
            pooled = ops.max_pool2d(x, window=3, stride=2, padding="VALID")
        with tf.name_scope(f"{name}/concat"):
            return tf.concat([learned, pooled], axis=-1)  # [batch, height/2, width/2, c + channels]

    x = conv_module(images, "stem")  # [batch, 32, 32, 96]
    for name, block in zip(block_names(config), config.blocks, strict=True):
        x = inception(x, name) if len(block) == 2 else downsample(x, name)
    with tf.name_scope("pool"):
        x = ops.global_avg_pool2d(x)  # [batch, 7, 7, 336] to [batch, 336]
    logits = parts.dense(variables, "out", x)  # [batch, 10]
    return (logits, new_state) if training else logits
