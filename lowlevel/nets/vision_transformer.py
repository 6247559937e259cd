"""A small vision transformer: the patches of an image attend to one another.

Source: Dosovitskiy et al. (2021). Layer norm comes first in each half of a block.
"""

import dataclasses

import tensorflow as tf

from lowlevel import initializers, ops, seeds
from lowlevel.checks import (
    MAX_LAYERS,
    ConfigError,
    check_image_shape,
    check_integer,
    check_number,
)
from lowlevel.nets import parts
from lowlevel.types import Outputs, Tensor
from lowlevel.variables import VariableStore


@dataclasses.dataclass(frozen=True)
class Config:
    """Sizes of the network.

    Attributes:
        image_shape: (height, width, channels) of an image.
        num_classes: number of classes.
        patch_size: height and width of a patch in pixels; the image's are multiples of it.
        width: size of the vector at each position.
        depth: number of blocks.
        heads: attention heads in a block; the width is a multiple of it.
        hidden: units of the hidden layer in a block.
        dropout_rate: share of what each half of a block adds that is dropped in training, in
            [0, 1).
    """

    image_shape: tuple = (28, 28, 1)
    num_classes: int = 10
    patch_size: int = 4
    width: int = 64
    depth: int = 4
    heads: int = 4
    hidden: int = 128
    dropout_rate: float = 0.1

    def __post_init__(self) -> None:
        check_image_shape(self.image_shape)
        check_integer("num_classes", self.num_classes, 2)
        for name in ("patch_size", "width", "heads", "hidden"):
            check_integer(name, getattr(self, name), 1)
        check_integer("depth", self.depth, 1, MAX_LAYERS)
        check_number("dropout_rate", self.dropout_rate, 0, 1)
        height, width, _ = self.image_shape
        if height % self.patch_size or width % self.patch_size:
            raise ConfigError(
                f"patches of {self.patch_size} pixels do not cover {height} x {width} evenly."
            )
        if self.width % self.heads:
            raise ConfigError(f"width must be a multiple of heads, {self.heads}, not {self.width}.")

    @property
    def positions(self) -> int:
        """Length of the sequence: the class token and the patches."""
        height, width, _ = self.image_shape
        return 1 + (height // self.patch_size) * (width // self.patch_size)


input_spec = parts.image_spec


def build(config: Config, seed: int) -> VariableStore:
    """Makes the variables: 139,018 numbers for the default config."""
    variables = VariableStore(seed)
    numbers_in_patch = config.patch_size**2 * config.image_shape[-1]
    parts.add_dense(variables, "patches", numbers_in_patch, config.width)
    variables.add_weights("class_token", (1, 1, config.width), initializers.zeros)
    variables.add_weights(
        "positions", (config.positions, config.width), initializers.embedding_uniform
    )
    for number in range(1, config.depth + 1):
        block = f"block{number}"
        parts.add_layer_norm(variables, f"{block}/norm1", config.width)
        for layer in ("queries", "keys", "values", "merge"):
            parts.add_dense(variables, f"{block}/{layer}", config.width, config.width)
        parts.add_layer_norm(variables, f"{block}/norm2", config.width)
        parts.add_dense(variables, f"{block}/d1", config.width, config.hidden)
        parts.add_dense(variables, f"{block}/d2", config.hidden, config.width)
    parts.add_layer_norm(variables, "norm", config.width)
    parts.add_dense(variables, "out", config.width, config.num_classes)
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
    with tf.name_scope("split"):
        x = ops.image_patches(images, config.patch_size)  # [batch, 49, 16]
    x = parts.dense(variables, "patches", x)  # [batch, 49, 64]
    with tf.name_scope("class_token"):
        token = tf.cast(variables.weights["class_token"], x.dtype)
        token = tf.tile(token, [tf.shape(x)[0], 1, 1])
        x = tf.concat([token, x], axis=1)  # [batch, 50, 64]
    with tf.name_scope("positions"):
        x = ops.add_positions(x, variables.weights["positions"])
    for number in range(1, config.depth + 1):
        x = _block(config, variables, f"block{number}", x, training, seed)
    with tf.name_scope("first"):
        x = x[:, 0]  # [batch, 64], the class token
    x = parts.layer_norm(variables, "norm", x)
    logits = parts.dense(variables, "out", x)  # [batch, 10]
    return (logits, {}) if training else logits


def _block(config, variables, block, x, training, seed):
    """One block on `[batch, positions, width]`: attention, then an MLP, each added to its input."""

    def norm(layer, x):
        return parts.layer_norm(variables, f"{block}/{layer}", x)

    def add(half, x, change):
        scope = f"{block}/{half}"
        with tf.name_scope(scope):
            if training:  # the seed's purpose fixes which numbers are dropped: do not rename it
                change = ops.dropout(change, config.dropout_rate, seeds.fold(seed, scope))
            return x + change

    x = add("attend", x, _attention(config, variables, block, norm("norm1", x)))
    return add("think", x, _mlp(variables, block, norm("norm2", x)))


def _attention(config, variables, block, x):
    """Multi-head self-attention of `[batch, positions, width]`."""
    queries, keys, values = (
        ops.split_heads(parts.dense(variables, f"{block}/{layer}", x), config.heads)
        for layer in ("queries", "keys", "values")
    )  # [batch, heads, positions, width / heads]
    with tf.name_scope(f"{block}/attention"):
        x = ops.merge_heads(ops.attention(queries, keys, values))
    return parts.dense(variables, f"{block}/merge", x)


def _mlp(variables, block, x):
    """Two dense layers at each position of `[batch, positions, width]`."""
    x = parts.dense(variables, f"{block}/d1", x, ops.gelu)  # [batch, positions, hidden]
    return parts.dense(variables, f"{block}/d2", x)
