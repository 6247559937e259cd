"""Examples from a `tf.data.Dataset` that a user has made."""

import functools
from collections.abc import Iterator
from typing import NoReturn

import tensorflow as tf

from lowlevel import cluster
from lowlevel.checks import ConfigError, DataError, check_integer
from lowlevel.data import pipeline
from lowlevel.data.tensors import WEIGHTS, to_tensors
from lowlevel.types import Nest


class Stream:
    """Examples in a dataset of batches, each (inputs, targets[, weights]).

    They are converted to the same types as arrays in `gather`.

    Attributes:
        count: None: the number of examples is unknown, and their order cannot be chosen.
    """

    count = None

    def __init__(self, dataset: tf.data.Dataset, input_spec: Nest) -> None:
        """Raises DataError if the batches have another form or do not fit the spec."""
        element = dataset.element_spec
        if not isinstance(element, tuple) or len(element) not in (2, 3):
            raise DataError(
                "a dataset must hold batches (inputs, targets) or (inputs, targets, weights)."
            )
        specs = (input_spec, None, WEIGHTS)
        here = cluster.current()

        def convert(*batch):
            tensors = tuple(map(to_tensors, batch, specs))
            share = here.share(tf.shape(tf.nest.flatten(tensors)[0])[0])
            if share is None:
                return tensors
            return tf.nest.map_structure(
                lambda tensor: tensor[share.start : share.start + share.size], tensors
            )

        self.dataset = pipeline.map_batches(dataset, convert)

    @property
    def element_spec(self) -> tuple:
        """`tf.TensorSpec`s of a batch; its size is free."""
        return tf.nest.map_structure(
            lambda spec: tf.TensorSpec(spec.shape and [None, *spec.shape[1:]], spec.dtype),
            self.dataset.element_spec,
        )

    @functools.cached_property
    def rest(self) -> Iterator:
        """An iterator that goes on from epoch to epoch, and restarts when it is exhausted."""
        return iter(self.dataset.repeat())

    def steps(self, batch_size: int | None = None, steps_per_epoch: int | None = None) -> int:
        """Batches in an epoch. Raises ConfigError if neither the user nor the dataset knows."""
        if steps_per_epoch is not None:
            return check_integer("steps_per_epoch", steps_per_epoch, 1)
        steps = int(self.dataset.cardinality())
        if steps == 0:
            raise DataError("the dataset contains no batches.")
        if steps < 0:
            raise ConfigError("the dataset does not know its length; pass steps_per_epoch.")
        return steps

    def batches(self, batch_size: int | None = None) -> tf.data.Dataset:
        """The dataset, from its start; the size of its batches is its own."""
        return self.dataset

    def split_off_end(self, share: float) -> NoReturn:
        """Raises ConfigError: the end of a dataset is not known."""
        raise ConfigError("a dataset cannot be split; pass validation_data instead.")

    def with_class_weights(self, class_weight: dict[int, float], whole: object = None) -> NoReturn:
        """Raises ConfigError: the classes in a dataset are not known."""
        raise ConfigError("a dataset brings its own weights, not class_weight.")
