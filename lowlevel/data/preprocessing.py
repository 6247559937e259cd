"""The preprocessing of inputs before the network, as defined in a run's config."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from lowlevel.checks import ConfigError, check_number
from lowlevel.data import standardize
from lowlevel.types import Tensor


def from_config(preprocessing: Any, input_spec: tf.TensorSpec) -> Callable[[Tensor], Tensor]:
    """A function from a batch of inputs as users have them to one for the network.

    Args:
        preprocessing: the `preprocessing` of a run's config; None for inputs of whole numbers.
        input_spec: `tf.TensorSpec` of the network's inputs.

    Returns:
        A function of float32 tensors. Images are taken in [0, 1], rows as they are in the table.

    Raises:
        ConfigError: it is damaged.
    """
    if input_spec.dtype.is_integer:
        return lambda inputs: inputs
    if not isinstance(preprocessing, dict):
        raise ConfigError(f"preprocessing must be a JSON object, not {preprocessing!r}")
    if "divide_by" in preprocessing:
        divisor = check_number("divide_by", preprocessing["divide_by"], 1, math.inf)
        scale = 255 / divisor  # images come in [0, 1]: bytes that have been divided by 255
        return (lambda images: images) if scale == 1 else (lambda images: images * scale)
    if "low" in preprocessing:
        statistics = standardize.check_statistics(preprocessing)
        return lambda images: standardize.apply(images, statistics)
    mean, std = (_column_numbers(preprocessing, name, input_spec) for name in ("mean", "std"))
    if not (std > 0).all():
        raise ConfigError("a column's standard deviation is not above 0")
    return lambda rows: (rows - mean) / std


def _column_numbers(preprocessing, name, input_spec):
    columns = input_spec.shape[-1]
    values = preprocessing.get(name)
    if not isinstance(values, list) or len(values) != columns:
        raise ConfigError(f"preprocessing must hold {name}, a list of {columns} numbers")
    numbers = [check_number(name, value, -math.inf, math.inf, False) for value in values]
    return np.array(numbers, np.float32)
