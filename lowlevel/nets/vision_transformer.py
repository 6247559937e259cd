"""An image as a sequence of patches that attend to one another: a small vision transformer.

Source: Dosovitskiy et al. (2021), with the layer norms first in each block.
"""

import dataclasses

import tensorflow as tf

from lowlevel import initializers, ops, seeds
from lowlevel.checks import ConfigError, check_image_shape, check_integer, check_number
from lowlevel.nets import parts
from lowlevel.variables import VariableStore


@dataclasses.dataclass(frozen=True)
class Config:
    """Sizes of the network.

    Attributes:
        image_shape: (height, width, channels) of an image.
        num_classes: how many classes there are to tell apart.
        patch_size: height and width of a patch; both of the image's are multiples of it.
        width: numbers that stand for a patch.
        depth: how many blocks of attention and dense layers there are.
        heads: how many attentions run side by side in a block; the width is a multiple of it.
        hidden: units of the dense layer inside a block.
        dropout_rate: share dropped in training of what each half of a block adds, in [0, 1).
    """

    image_shape: tuple = (28, 28, 1)
    num_classes: int = 10
    patch_size: int = 4
    width: int = 64
    depth: int = 4
    heads: int = 4
    hidden: int = 128
    dropout_rate: float = 0.1

    def __post_init__(self):
        check_image_shape(self.image_shape)
        check_integer("num_classes", self.num_classes, 2)
        for name in ("patch_size", "width", "depth", "heads", "hidden"):
            check_integer(name, getattr(self, name), 1)
        check_number("dropout_rate", self.dropout_rate, 0, 1)
        height, width, _ = self.image_shape
        if height % self.patch_size or width % self.patch_size:
            raise ConfigError(
                f"patches of {self.patch_size} pixels do not cover {height} x {width} evenly."
            )
        if self.width % self.heads:
            raise ConfigError(f"a width of {self.width} is no multiple of {self.heads} heads.")

    @property
    def positions(self):
        """Length of the sequence: the patches, and the class token before them."""
        height, width, _ = self.image_shape
        return 1 + (height // self.patch_size) * (width // self.patch_size)


def input_spec(config):
    """Images `[batch, height, width, channels]`, in [0, 1]."""
    return tf.TensorSpec([None, *config.image_shape], tf.float32, name="images")


def build(config, seed):
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


def forward(config, variables, images, training=False, seed=None):
    """Logits of images.

    Args:
        config: a `Config`.
        variables: what `build(config, seed)` returned.
        images: `[batch, height, width, channels]`, in [0, 1]; computes in their dtype.
        training: whether to drop out.
        seed: int64 tensor `[2]`, needed for training.

    Returns:
        Logits `[batch, classes]`; if `training`, a pair of logits and `{}` (there is no state).
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
        for name, half in (("attend", _attend), ("think", _think)):
            change = half(config, variables, f"block{number}", x)
            with tf.name_scope(f"block{number}/{name}"):
                if training:
                    half_seed = seeds.fold(seed, f"block{number}/{name}")
                    change = ops.dropout(change, config.dropout_rate, half_seed)
                x += change
    with tf.name_scope("first"):
        x = x[:, 0]  # [batch, 64], what the class token has become
    x = parts.layer_norm(variables, "norm", x)
    logits = parts.dense(variables, "out", x)  # [batch, 10]
    return (logits, {}) if training else logits


def _attend(config, variables, block, x):
    """What each position gathers from all: `[batch, positions, width]`."""
    x = parts.layer_norm(variables, f"{block}/norm1", x)
    queries, keys, values = (
        ops.split_heads(parts.dense(variables, f"{block}/{layer}", x), config.heads)
        for layer in ("queries", "keys", "values")
    )  # [batch, heads, positions, width / heads]
    with tf.name_scope(f"{block}/attention"):
        x = ops.merge_heads(ops.attention(queries, keys, values))
    return parts.dense(variables, f"{block}/merge", x)


def _think(config, variables, block, x):
    """What each position makes of itself: `[batch, positions, width]`."""
    x = parts.layer_norm(variables, f"{block}/norm2", x)
    x = parts.dense(variables, f"{block}/d1", x, ops.gelu)
    return parts.dense(variables, f"{block}/d2", x)
