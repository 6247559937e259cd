"""A trained network as a function from a table of cars to miles per gallon."""

import numpy as np
import tensorflow as tf

from lowlevel.arrays import to_numbers
from lowlevel.checks import CheckpointError, DataError
from lowlevel.data import auto_mpg
from lowlevel.files import FilePath
from lowlevel.prediction import trained
from lowlevel.types import ArrayLike


class CarPredictor:
    """A trained network for the rows of a table; needs no optimizer and no training data.

    Attributes:
        source: the checkpoint, SavedModel or weights file that it was loaded from.
    """

    def __init__(self, path: FilePath) -> None:
        """Loads a network.

        Args:
            path: a run directory, a weights file or a SavedModel, see
                `lowlevel.prediction.trained.load`.

        Raises:
            CheckpointError: there is no network, it does not fit its config, or it was not trained
                on these columns.
            MissingExtraError: it is a weights file, and h5py is not installed.
        """
        network = trained.load(path)
        if network.config.get("columns") != list(auto_mpg.FEATURES):
            raise CheckpointError(f"the network in {path} does not estimate cars.")
        self.source = network.source
        self._serve = network.serve

    def predict(self, features: ArrayLike) -> np.ndarray:
        """Miles per gallon: float32 `[cars]`.

        Args:
            features: `[cars, 9]`, in the order of `lowlevel.data.auto_mpg.FEATURES`.

        Raises:
            DataError: there are no cars, or not these columns, or a number is not finite.
            CheckpointError: the network gives no finite numbers.
        """
        features = to_numbers("features", features)
        if features.shape[1:] != (len(auto_mpg.FEATURES),) or len(features) == 0:
            raise DataError(
                f"features must be [cars, {len(auto_mpg.FEATURES)}], not {list(features.shape)}."
            )
        if not np.isfinite(features).all():
            raise DataError("features must be finite numbers.")
        (answer,) = self._serve(tf.constant(features, tf.float32)).values()
        estimates = answer.numpy().reshape(-1)
        if not np.isfinite(estimates).all():
            raise CheckpointError(f"the network in {self.source} gives no finite numbers.")
        return estimates
