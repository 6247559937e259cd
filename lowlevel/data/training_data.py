"""The data that a run trains on and is evaluated on, with the facts that prediction needs."""

import dataclasses
import itertools
from collections.abc import Iterable
from typing import Any

import tensorflow as tf

from lowlevel import cluster
from lowlevel.checks import ConfigError, DataError
from lowlevel.data import examples, pipeline, standardize
from lowlevel.data.augment import Augmentation
from lowlevel.data.blocks import Blocks
from lowlevel.data.image_sources import ImageSource, SourceExamples
from lowlevel.data.labelled_images import ImageDataset, to_unit_interval
from lowlevel.data.on_disk import OnDisk
from lowlevel.types import Tensor


@dataclasses.dataclass(frozen=True)
class TrainingData:
    """Examples to train on and examples that are held out.

    Attributes:
        train: `examples.Arrays`, `image_sources.SourceExamples` or a `stream.Stream`.
        held_out: examples of the same kinds to evaluate after each epoch; or None.
        held_out_name: what those are: "test", or "validation" if the test is another.
        augmentation: an `Augmentation` of the images to train on, or None. ConfigError is raised
            if the inputs are not images, or come from a `Stream`.
        shuffled_by: what determines the random order of an epoch: the number of the "epoch", or
            the "step" at which it begins, so that a second training from epoch 0 has another
            order; None keeps the order of the examples.
        steps_per_epoch: batches in an epoch, if the examples do not determine it.
        description: the data's entry in config.json: a name, numbers of examples, digests.
        facts: other facts that prediction needs, by their names in config.json, for example
            `class_names` and `preprocessing`.
    """

    train: Any
    held_out: Any = None
    held_out_name: str = "test"
    augmentation: Augmentation | None = None
    shuffled_by: str | None = "epoch"
    steps_per_epoch: int | None = None
    description: dict = dataclasses.field(default_factory=dict)
    facts: dict = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.augmentation is None:
            return
        inputs = self.train.element_spec[0]
        if self.train.count is None or getattr(inputs, "shape", tf.TensorShape([])).rank != 4:
            raise ConfigError("augmentation is for images whose order the run chooses.")

    def steps(self, batch_size: int) -> int:
        """The number of batches in an epoch. Raises ConfigError if it is unknown.

        Or if several workers cannot share the smallest of them.
        """
        steps = self.train.steps(batch_size, self.steps_per_epoch)
        workers = cluster.current().count
        rest = 0 if self.train.count is None else self.train.count % batch_size
        if (rest or batch_size) < workers:
            raise ConfigError(
                f"{workers} workers cannot share a batch of {rest or batch_size} examples, the "
                f"smallest of an epoch: choose another batch size."
            )
        return steps

    def batches(self, state: Any, recipe: Any) -> Iterable:
        """The remaining batches of the current epoch: a `tf.data.Dataset`, or a Python iterator.

        Args:
            state: a `TrainingState`.
            recipe: gives the seed and the batch size.
        """
        if self.train.count is None:
            done = int(state.step) - state.epoch_start
            return itertools.islice(self.train.rest, self.steps(recipe.batch_size) - done)
        step = int(state.step)

        augmentation: Any = self.augmentation

        def augment(images, position):
            return augmentation.apply(images, recipe.seed, step + position)

        order = self.order(state, recipe)
        return self.train.batches(recipe.batch_size, order, augmentation and augment)

    def iterator(self, state: Any, recipe: Any) -> Any:
        """A `tf.data.Iterator` whose next elements are `batches(state, recipe)`.

        If the recipe asks for `jit_compile`, these batches as `Blocks` instead.

        Raises:
            ConfigError: that is not possible for these examples.
        """
        if recipe.jit_compile:
            self._check_jit_compile()
            return Blocks(self.train, recipe.batch_size, self.order(state, recipe))
        if self.train.count is None:
            return self.train.rest
        return iter(self.batches(state, recipe))

    def order(self, state: Any, recipe: Any) -> Tensor | None:
        """Indices of the examples that are left in this epoch; None if the run cannot choose."""
        if self.train.count is None:
            return None
        if self.shuffled_by is None:
            order = tf.range(self.train.count)
        else:
            number = {"epoch": state.epoch, "step": state.epoch_start}[self.shuffled_by]
            order = pipeline.epoch_order(self.train.count, recipe.seed, number, state.rollbacks)
        done = int(state.step) - state.epoch_start
        return order[done * recipe.batch_size :]

    def _check_jit_compile(self):
        """Raises ConfigError if examples are not in memory as they are, or are whole numbers.

        XLA does not notice a word that is beyond the vocabulary.
        """
        inputs = self.train.element_spec[0]
        if not isinstance(self.train, examples.Arrays):
            raise ConfigError("jit_compile=True is for examples in memory.")
        if self.augmentation is not None and self.augmentation.changes_images:
            raise ConfigError("jit_compile=True is for images that are not changed at random.")
        if not all(spec.dtype.is_floating for spec in tf.nest.flatten(inputs)):
            raise ConfigError("jit_compile=True is for inputs that are floats, not whole numbers.")


def of_images(
    dataset: ImageDataset, augmentation: Augmentation | None = None, image_files: str = "digit"
) -> TrainingData:
    """The images and labels of an `ImageDataset`.

    Args:
        dataset: the `ImageDataset`.
        augmentation: an `Augmentation`, or None.
        image_files: what files must be brought into before the network can classify them: "digit"
            for MNIST's form, see `lowlevel.data.image_file`, "resize" for no more than the size.
    """
    _check_dataset(dataset)
    return TrainingData(
        dataset.train.examples,
        dataset.test.examples,
        augmentation=augmentation,
        description={
            "name": dataset.name,
            "train_images": len(dataset.train),
            "test_images": len(dataset.test),
            "sha256": dataset.sha256(),
        },
        facts={
            "preprocessing": {"divide_by": 255, "image_files": image_files},
            "class_names": list(dataset.class_names),
        },
    )


def of_same_images(dataset: ImageDataset, input_spec: tf.TensorSpec) -> TrainingData:
    """The images of an `ImageDataset` as inputs and targets; labels are ignored.

    Args:
        dataset: the `ImageDataset`.
        input_spec: `tf.TensorSpec` of the images that the network takes.

    Raises:
        DataError: the images are of another shape.
    """
    _check_dataset(dataset)
    parts = []
    for part in (dataset.train, dataset.test):
        if not input_spec.shape.is_compatible_with(part.images.shape):
            raise DataError(
                f"the network takes images of {tuple(input_spec.shape[1:])} (height, width, "
                f"channels), not {part.images.shape[1:]}."
            )
        if part.are_on_disk:
            images = OnDisk(part.images, tf.float32, to_unit_interval)
        else:
            images = to_unit_interval(part.images)
        parts.append(examples.Arrays(images, images))
    train, held_out = parts
    preprocessing = {"divide_by": 255, "image_files": "digit"}
    return of_arrays(dataset.name, train, held_out, preprocessing=preprocessing)


def _check_dataset(dataset):
    """Refuses one part of an `ImageDataset` in place of both."""
    if not isinstance(dataset, ImageDataset):
        kind = type(dataset).__name__
        raise ConfigError(
            f"images to train and to test on must be an ImageDataset, which has both, not {kind}."
        )


def of_sources(
    name: str, train: ImageSource, test: ImageSource, augmentation: Augmentation | None = None
) -> TrainingData:
    """Images of two `ImageSource`s as inputs and targets, standardized by the first's statistics.

    Raises:
        DataError: all pixels of the training images are alike.
    """
    statistics = standardize.statistics_of(train)
    return TrainingData(
        SourceExamples(train, statistics),
        SourceExamples(test, statistics),
        augmentation=augmentation,
        description={
            "name": name,
            "train_images": len(train),
            "test_images": len(test),
            "train_sha256": train.sha256(),
            "test_sha256": test.sha256(),
        },
        facts={"preprocessing": statistics},
    )


def of_arrays(
    name: str,
    train: examples.Arrays,
    held_out: examples.Arrays,
    held_out_name: str = "test",
    **facts: object,
) -> TrainingData:
    """Examples in memory.

    Args:
        name: the name of the data.
        train, held_out: `Arrays`.
        held_out_name: "test" or "validation".
        facts: other facts that prediction needs.
    """
    return TrainingData(
        train,
        held_out,
        held_out_name,
        description={
            "name": name,
            "train_examples": train.count,
            f"{held_out_name}_examples": held_out.count,
            "sha256": examples.sha256(train, held_out),
        },
        facts=facts,
    )
