"""Classifies sentences: word embeddings, summed and scaled, a hidden layer, one logit."""

import dataclasses

import tensorflow as tf

from lowlevel import initializers, ops
from lowlevel.checks import check_integer
from lowlevel.data.vocabulary import PADDING
from lowlevel.nets import parts
from lowlevel.types import Outputs, Tensor
from lowlevel.variables import VariableStore


@dataclasses.dataclass(frozen=True)
class Config:
    """Sizes of the network.

    Attributes:
        words: rows of the embedding: one for each known word, and one for all others.
        embedding_size: size of the vector of a word.
        hidden: units of the hidden layer.
    """

    words: int = 20_001
    embedding_size: int = 20
    hidden: int = 16

    def __post_init__(self) -> None:
        check_integer("words", self.words, 1)
        check_integer("embedding_size", self.embedding_size, 1)
        check_integer("hidden", self.hidden, 1)


def input_spec(config: Config) -> tf.TensorSpec:
    """Sentences int32 `[batch, words]`: indices of words, padded with `PADDING`."""
    return tf.TensorSpec([None, None], tf.int32, name="sentences")


def build(config: Config, seed: int) -> VariableStore:
    """Makes the variables: 400,373 numbers for the default config."""
    variables = VariableStore(seed)
    variables.add_weights(
        "embedding", (config.words, config.embedding_size), initializers.embedding_uniform
    )
    parts.add_dense(variables, "d1", config.embedding_size, config.hidden)
    parts.add_dense(variables, "out", config.hidden, 1)
    return variables


def forward(
    config: Config,
    variables: VariableStore,
    sentences: Tensor,
    training: bool = False,
    seed: Tensor | None = None,
) -> Outputs:
    """Classifies sentences: int32 `[batch, words]` to logits of the second class, `[batch]`.

    Each word is its index in [0, config.words), or `PADDING`. Logits are float32.
    """
    with tf.name_scope("embedding"):
        present = tf.not_equal(sentences, PADDING)
        words = tf.where(present, sentences, 0)
        x = ops.embedding(words, variables.weights["embedding"])
    with tf.name_scope("mean"):
        x = ops.sum_over_root_length(x, present)  # [batch, 20]
    x = parts.dense(variables, "d1", x, ops.relu)  # [batch, 16]
    x = parts.dense(variables, "out", x)  # [batch, 1]
    with tf.name_scope("logit"):
        x = tf.squeeze(x, axis=1)  # [batch]
    return (x, {}) if training else x
