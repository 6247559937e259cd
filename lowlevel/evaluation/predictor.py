"""A trained network as a function from images to classes."""

import dataclasses
import math

import numpy as np
import tensorflow as tf

from lowlevel import nets, ops
from lowlevel.checks import CheckpointError, DataError, check_choice, check_number
from lowlevel.training import checkpoint
from lowlevel.training.arguments import PRECISIONS
from lowlevel.training.run_directory import RunDirectory

BATCH_SIZE = 256


@dataclasses.dataclass(frozen=True)
class Prediction:
    """What a network says of a batch of images.

    Attributes:
        classes: int64 `[batch]`, the likeliest class of each.
        probabilities: float32 `[batch, classes]`, each row adds up to 1.
    """

    classes: np.ndarray
    probabilities: np.ndarray


class Predictor:
    """Network of a run directory; needs no optimizer and no training data.

    Attributes:
        config: the run's config, see `lowlevel.training.run_directory`.
        image_shape: (height, width, channels) that the network takes.
        class_names: a name for each class.
    """

    def __init__(self, run_directory):
        """Loads the newest whole checkpoint of a directory.

        Raises:
            CheckpointError: there is none, or it does not fit its own config.
            ConfigError: its config is not one that this version knows.
        """
        newest = RunDirectory(run_directory).newest()
        if newest is None:
            raise CheckpointError(f"{run_directory} holds no checkpoint of a run.")
        self.checkpoint_path, record = newest
        try:
            self.config = record["config"]
            net = nets.get(self.config["net"])
            net_config = nets.config_from_dict(self.config["net"], self.config["net_config"])
            dtype = tf.dtypes.as_dtype(
                check_choice("precision", self.config["training"]["precision"], PRECISIONS)
            )
            self._divide_by = np.float32(
                check_number("divide_by", self.config["preprocessing"]["divide_by"], 1, math.inf)
            )
            self.class_names = list(map(str, self.config["class_names"]))
        except (KeyError, TypeError, ValueError) as error:
            raise CheckpointError(f"the config of {run_directory} is damaged: {error}.") from error
        if len(self.class_names) != net_config.num_classes:
            raise CheckpointError(
                f"the config of {run_directory} names {len(self.class_names)} classes, "
                f"but its network has {net_config.num_classes}."
            )
        self.image_shape = net_config.image_shape
        self.variables = net.build(net_config, seed=0)
        tensors = {f"variables/{name}": value for name, value in self.variables.all().items()}
        checkpoint.restore(self.checkpoint_path, tensors, prefix="variables/")

        @tf.function(input_signature=[net.input_spec(net_config)])
        def probabilities(images):
            return ops.softmax(net.forward(net_config, self.variables, tf.cast(images, dtype)))

        self._probabilities = probabilities

    def predict(self, images):
        """Classes and probabilities.

        Args:
            images: `[batch, height, width, channels]`, or one image without the batch axis;
                uint8, or float in [0, 1].

        Returns:
            A `Prediction`, for one image as for a batch of one.

        Raises:
            DataError: the shape, the dtype or the range is not that.
        """
        images = np.asarray(images)
        if images.ndim == len(self.image_shape):
            images = images[np.newaxis]
        if images.shape[1:] != self.image_shape:
            raise DataError(
                f"the network takes images of {self.image_shape} (height, width, channels), "
                f"not an array of {images.shape}."
            )
        if images.dtype == np.uint8:
            images = images / self._divide_by
        elif not np.issubdtype(images.dtype, np.floating):
            raise DataError(f"images must be uint8, or float in [0, 1], not {images.dtype}.")
        elif not ((images >= 0) & (images <= 1)).all():
            raise DataError("float images must lie in [0, 1]; pass 0 to 255 as uint8.")
        chunks = [
            self._probabilities(tf.constant(images[start : start + BATCH_SIZE], tf.float32)).numpy()
            for start in range(0, len(images), BATCH_SIZE)
        ]
        probabilities = np.concatenate(chunks or [np.zeros((0, len(self.class_names)), np.float32)])
        if not np.isfinite(probabilities).all():
            raise CheckpointError(f"the network in {self.checkpoint_path} gives no finite numbers.")
        return Prediction(probabilities.argmax(axis=1), probabilities)
