"""A trained network as a function from images to classes."""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from lowlevel.arrays import to_numbers
from lowlevel.checks import CheckpointError, DataError
from lowlevel.data.on_disk import OnDisk
from lowlevel.files import FilePath
from lowlevel.prediction import trained
from lowlevel.prediction.serving import TrainedNetwork
from lowlevel.progress import Progress
from lowlevel.types import ArrayLike

PIXELS = 2**20  # computed at once: of 1,337 digits, for example


@dataclasses.dataclass(frozen=True)
class Prediction:
    """A network's prediction for a batch of images.

    Attributes:
        classes: int64 `[batch]`, the most probable class of each image.
        probabilities: float32 `[batch, classes]`, each row adds up to 1.
    """

    classes: np.ndarray
    probabilities: np.ndarray


class Predictor:
    """A trained network for images; needs no optimizer and no training data.

    Attributes:
        network: the `TrainedNetwork`.
        config: the run's config, see `lowlevel.storage.run_directory`.
        image_shape: (height, width, channels) that the network takes.
        class_names: a name for each class; none for an autoencoder.
        source: the checkpoint, SavedModel or weights file that it was loaded from.
        image_files: the form that image files are converted to, see
            `lowlevel.data.image_file.read_for`.
        classifies: whether each image gets a class.
        detects: whether each image gets boxes, see `lowlevel.nets.grid_detector.detections`.
    """

    def __init__(self, network: TrainedNetwork | FilePath) -> None:
        """Takes a network, or loads one.

        Args:
            network: a `TrainedNetwork`; or a run directory, a weights file or a SavedModel, see
                `lowlevel.prediction.trained.load`.

        Raises:
            CheckpointError: there is no network, it does not fit its config, or it does not take
                images.
            MissingExtraError: it is a weights file, and h5py is not installed.
        """
        if not isinstance(network, TrainedNetwork):
            network = trained.load(network)
        self.network = network
        self.config = network.config
        self.image_shape: Any = network.image_shape
        self.class_names = network.class_names
        self.source = network.source
        if self.image_shape is None:
            raise CheckpointError(f"the network in {self.source} does not take images.")
        # A run that does not say how to read image files was trained on MNIST.
        default = "digit" if self.class_names else "resize"
        self.image_files = self.config["preprocessing"].get("image_files", default)
        self.classifies = "probabilities" in network.answers
        self.detects = "boxes" in network.answers

    def outputs(self, images: ArrayLike, quiet: bool = True) -> dict[str, np.ndarray]:
        """All of the network's answers for images, see `TrainedNetwork.answer`.

        Args:
            images: `[batch, height, width, channels]`, or one image without the batch axis;
                uint8, or float in [0, 1]. Where the network takes several channels, grey images
                with one are repeated.
            quiet: show no progress.

        Returns:
            A dict of arrays, for one image as for a batch of one.

        Raises:
            DataError: there are no images, or their shape, dtype or range is wrong.
            CheckpointError: the network gives no finite numbers.
        """
        return self._compute(self._all_answers, images, quiet)

    def predict(self, images: ArrayLike, quiet: bool = True) -> Prediction:
        """Classes and probabilities; arguments and errors are those of `outputs`.

        Returns:
            A `Prediction`, for one image as for a batch of one.

        Raises:
            CheckpointError: the network does not classify images.
        """
        if not self.classifies:
            raise CheckpointError(f"the network in {self.source} does not classify images.")
        images = to_numbers("images", images)
        if images.ndim and len(images) == 0:
            probabilities = np.zeros((0, len(self.class_names)), np.float32)
        else:
            probabilities = self._compute(self._probabilities, images, quiet)["probabilities"]
        return Prediction(probabilities.argmax(axis=1), probabilities)

    # Both are concrete functions, which are called without a search for the one that fits.

    @functools.cached_property
    def _all_answers(self):
        return self.network.serve.get_concrete_function()

    @functools.cached_property
    def _probabilities(self):
        """A function of inputs that computes no other answer: for one image that takes time."""

        @tf.function(input_signature=[self.network.input_spec], autograph=False)
        def probabilities(inputs):
            return {"probabilities": self.network.answer(inputs)["probabilities"]}

        return probabilities.get_concrete_function()

    def _compute(self, function, images, quiet):
        """What a function of inputs gives for images: a dict of arrays; see `outputs`."""
        images = self._check(to_numbers("images", images))
        height, width, _ = self.image_shape
        batch_size = max(1, PIXELS // (height * width))
        if len(images) <= batch_size:
            outputs = _call(function, images)
        else:
            parts = []
            starts = range(0, len(images), batch_size)
            with Progress("predicting", len(starts), quiet=quiet) as progress:
                for start in starts:
                    parts.append(_call(function, images[start : start + batch_size]))
                    progress.advance()
            outputs = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        if not all(np.isfinite(value).all() for value in outputs.values()):
            raise CheckpointError(f"the network in {self.source} gives no finite numbers.")
        return outputs

    def _check(self, images):
        received = images.shape
        if images.ndim == len(self.image_shape):
            images = images[np.newaxis]
        height, width, channels = self.image_shape
        if images.shape[1:] == (height, width, 1) and channels > 1:
            images = np.repeat(images, channels, axis=-1)
        if images.shape[1:] != self.image_shape or len(images) == 0:
            raise DataError(
                f"the network takes images of {self.image_shape} (height, width, channels), "
                f"not an array of {received}."
            )
        if images.dtype == np.uint8:
            return images
        if not np.issubdtype(images.dtype, np.floating):
            raise DataError(f"images must be uint8, or float in [0, 1], not {images.dtype}.")
        if not (images.min() >= 0 and images.max() <= 1):  # NaN is neither
            raise DataError("float images must lie in [0, 1]; pass 0 to 255 as uint8.")
        return images


def of_all(predict: Callable[[np.ndarray], Prediction], images: Any) -> Prediction:
    """What a function predicts for images in a tensor, or, some at a time, in an `OnDisk`."""
    if not isinstance(images, OnDisk):
        return predict(images.numpy())
    parts = [predict(block) for block in images.blocks()]
    return Prediction(
        np.concatenate([part.classes for part in parts]),
        np.concatenate([part.probabilities for part in parts]),
    )


def _call(function, images):
    if images.dtype == np.uint8:
        images = images / np.float32(255)
    return {
        name: value.numpy() for name, value in function(tf.constant(images, tf.float32)).items()
    }
