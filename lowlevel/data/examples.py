"""Examples in memory, or in files that are mapped into it."""

import hashlib
import math
from collections.abc import Callable

import tensorflow as tf

from lowlevel.checks import ConfigError, DataError, check_integer, check_number
from lowlevel.data import on_disk, pipeline
from lowlevel.data.on_disk import OnDisk
from lowlevel.data.tensors import WEIGHTS, to_tensors
from lowlevel.types import Nest, Tensor


class Indexed:
    """Examples that can be taken in any order.

    Attributes:
        count: how many examples there are.
        reads_disk: whether a batch is read from disk when it is needed; then several are at a time.
    """

    count: int
    reads_disk = True

    def steps(self, batch_size: int, steps_per_epoch: int | None = None) -> int:
        """Batches in an epoch, including the short last one. ConfigError if a number is given."""
        if steps_per_epoch is not None:
            raise ConfigError(
                "steps_per_epoch is for a dataset; an epoch always covers all arrays."
            )
        return pipeline.steps_per_epoch(self.count, check_integer("batch_size", batch_size, 1))

    def batches(
        self, batch_size: int, order: Tensor | None = None, augment: Callable | None = None
    ) -> tf.data.Dataset:
        """A `tf.data.Dataset` of batches.

        Args:
            batch_size: examples in each; the last one may hold fewer.
            order: indices of the examples; None takes all in order.
            augment: None, or a function of (inputs, position of the batch) that returns inputs.
        """
        check_integer("batch_size", batch_size, 1)
        order = tf.range(self.count) if order is None else order
        return pipeline.batches(self.load, order, batch_size, augment, self.reads_disk)

    def load(self, indices: Tensor) -> tuple:
        """The inputs of the examples at these indices, and what belongs to them: a tuple."""
        raise NotImplementedError


class Arrays(Indexed):
    """Examples in memory, or on disk.

    Attributes:
        tensors: a tuple: inputs, targets and perhaps weights, each a tensor `[examples, ...]`, an
            `OnDisk` in the place of one, or a dict or tuple of them.
        count: how many examples there are.
    """

    def __init__(self, *nests: Nest, prepare: Callable | None = None) -> None:
        """Takes tensors as they are, or arrays, or dicts or tuples of them.

        In arrays, whole numbers become int32, floats float32. Those that are mapped from a file
        stay there, see `to_tensors`.

        Args:
            nests: inputs, targets and perhaps weights.
            prepare: None, or a function from a batch of inputs as they are kept to float32 for
                the network.

        Raises:
            DataError: there are no examples, arrays differ in length, or a number is not finite
                or too large.
        """
        self.tensors = tuple(
            nest if all(map(tf.is_tensor, tf.nest.flatten(nest))) else to_tensors(nest)
            for nest in nests
        )
        self.reads_disk = any(isinstance(leaf, OnDisk) for leaf in tf.nest.flatten(self.tensors))
        self._prepare = prepare
        lengths: set = {
            array.shape[0] if array.shape.rank else None for array in tf.nest.flatten(self.tensors)
        }
        if len(lengths) != 1 or lengths & {None, 0}:
            raise DataError(
                f"arrays must hold the same number of examples, at least one, "
                f"not {', '.join(sorted(map(str, lengths)))}."
            )
        (self.count,) = lengths

    @property
    def element_spec(self) -> tuple:
        """`tf.TensorSpec`s of a batch."""
        inputs, *rest = tf.nest.map_structure(
            lambda tensor: tf.TensorSpec([None, *tensor.shape[1:]], tensor.dtype), self.tensors
        )
        if self._prepare is not None:
            inputs = tf.TensorSpec(inputs.shape, tf.float32)
        return (inputs, *rest)

    def load(self, indices: Tensor) -> tuple:
        """The examples at these indices, see `Indexed.load`."""
        batch = tf.nest.map_structure(lambda leaf: on_disk.take(leaf, indices), self.tensors)
        return batch if self._prepare is None else (self._prepare(batch[0]), *batch[1:])

    def split_off_end(self, share: float) -> list["Arrays"]:
        """All but the last `share` of the examples, and those. Raises DataError if one is empty."""
        first = math.floor(self.count * (1 - share))
        if not 0 < first < self.count:
            raise DataError(f"a share of {share} of {self.count} examples leaves one side empty.")
        return [
            Arrays(
                *tf.nest.map_structure(lambda tensor, part=part: tensor[part], self.tensors),
                prepare=self._prepare,
            )
            for part in (slice(None, first), slice(first, None))
        ]

    def with_class_weights(
        self, class_weight: dict[int, float], whole: "Arrays | None" = None
    ) -> "Arrays":
        """The same examples, weighted by class; the weight of a class that is not in the dict is 1.

        Args:
            class_weight: a dict from class to a number of at least 0.
            whole: the examples before some were held out, if these are not all.

        Raises:
            ConfigError: they have weights already, or the dict is wrong: it must not name a class
                that is in none of the whole examples.
            DataError: targets are not a whole number for each example.
        """
        if not isinstance(class_weight, dict):
            raise ConfigError(
                f"class_weight must be a dict from class to number, not {class_weight!r}."
            )
        inputs, targets, *weights = self.tensors
        if weights:
            raise ConfigError("pass class_weight or sample_weight, not both.")
        if not tf.is_tensor(targets) or targets.shape.rank != 1 or not targets.dtype.is_integer:
            raise DataError("class_weight needs targets that are a whole number for each example.")
        classes = set((whole or self).tensors[1].numpy().tolist())
        for label, weight in class_weight.items():
            check_integer("a class in class_weight", label, 0)
            check_number(f"the weight of class {label}", weight, 0, math.inf)
            if label not in classes:
                raise ConfigError(f"class_weight names the class {label}, which no example has.")
        weights = [class_weight.get(int(label), 1.0) for label in targets.numpy()]
        weights = to_tensors(weights, WEIGHTS)
        return Arrays(inputs, targets, weights, prepare=self._prepare)


def sha256(*arrays: Arrays) -> str:
    """Digest of all tensors of some `Arrays`: dtypes, shapes and bytes."""
    digest = hashlib.sha256()
    for tensor in tf.nest.flatten([part.tensors for part in arrays]):
        digest.update(f"{tensor.dtype.name} {tensor.shape.as_list()}\n".encode())
        on_disk.update(digest, tensor)
    return digest.hexdigest()
