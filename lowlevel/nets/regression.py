"""Dense layers that estimate one number from a row of a table."""

import dataclasses

import tensorflow as tf

from lowlevel import ops
from lowlevel.checks import check_integer, check_sizes
from lowlevel.nets import parts
from lowlevel.types import Outputs, Tensor
from lowlevel.variables import VariableStore


@dataclasses.dataclass(frozen=True)
class Config:
    """Sizes of the network.

    Attributes:
        features: number of columns of the table.
        widths: units of each hidden layer.
    """

    features: int = 9
    widths: tuple = (64, 64)

    def __post_init__(self) -> None:
        check_integer("features", self.features, 1)
        check_sizes("widths", self.widths)


def input_spec(config: Config) -> tf.TensorSpec:
    """Rows `[batch, features]`, each column standardized."""
    return tf.TensorSpec([None, config.features], tf.float32, name="rows")


def build(config: Config, seed: int) -> VariableStore:
    """Makes the variables: 4,865 numbers for the default config."""
    variables = VariableStore(seed)
    inputs = config.features
    for number, units in enumerate(config.widths, start=1):
        parts.add_dense(variables, f"d{number}", inputs, units)
        inputs = units
    parts.add_dense(variables, "out", inputs, 1)
    return variables


def forward(
    config: Config,
    variables: VariableStore,
    rows: Tensor,
    training: bool = False,
    seed: Tensor | None = None,
) -> Outputs:
    """Estimates a number for each row: `[batch, features]` to `[batch]`."""
    x = rows
    for number in range(1, len(config.widths) + 1):
        x = parts.dense(variables, f"d{number}", x, ops.relu)  # [batch, 64]
    x = parts.dense(variables, "out", x)  # [batch, 1]
    with tf.name_scope("estimate"):
        x = tf.squeeze(x, axis=1)  # [batch]
    return (x, {}) if training else x
