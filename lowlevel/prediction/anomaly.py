"""Anomaly detection: a density of the latents of training images, and a threshold.

Latents are reduced to a few principal components, whose density is a mixture of Gaussians. An
image is an anomaly if its log-likelihood is below the threshold. Density and threshold come from
training images alone.
"""

import math
from typing import Any

import numpy as np

from lowlevel.arrays import to_numbers
from lowlevel.checks import (
    CheckpointError,
    DataError,
    check_integer,
    check_number,
    import_extra,
)
from lowlevel.files import FilePath
from lowlevel.prediction import detector_file

FOLDS = 5
MIN_IMAGES = 2 * FOLDS


class Detector:
    """A fitted density of latents with a threshold.

    Attributes:
        arrays: `pca_mean` `[latent]`, `pca_components` `[dimensions, latent]`, and the mixture's
            `weights` `[components]`, `means` `[components, dimensions]` and
            `precisions_cholesky` `[components, dimensions, dimensions]`.
        facts: `threshold`, a log-likelihood; `false_alarms`, the share of training images below
            it; `encoder_sha256`, digest of the variables of the encoder that made the latents.
    """

    def __init__(self, arrays: dict[str, np.ndarray], facts: dict) -> None:
        self.arrays = arrays
        self.facts = facts

    @property
    def threshold(self) -> float:
        """The log-likelihood below which an image is an anomaly."""
        return self.facts["threshold"]

    def project(self, latents: Any) -> np.ndarray:
        """Principal components of latents: `[images, latent]` to `[images, dimensions]`.

        Raises:
            DataError: the latents have another shape, or are not finite numbers.
        """
        latents, size = _check_latents(latents), len(self.arrays["pca_mean"])
        if latents.shape[1] != size:
            raise DataError(f"latents must be [images, {size}], not {list(latents.shape)}.")
        return (latents - self.arrays["pca_mean"]) @ self.arrays["pca_components"].T

    def score(self, latents: Any) -> np.ndarray:
        """Log-likelihoods `[images]` of latents `[images, latent]`: low ones are anomalies.

        Raises:
            DataError: the latents have another shape, or are not finite numbers.
            CheckpointError: some scores are not finite numbers.
        """
        mixture = import_extra("sklearn.mixture", "report").GaussianMixture()
        mixture.weights_ = self.arrays["weights"]
        mixture.means_ = self.arrays["means"]
        mixture.precisions_cholesky_ = self.arrays["precisions_cholesky"]
        scores = mixture.score_samples(self.project(latents))
        if not np.isfinite(scores).all():
            raise CheckpointError("the detector gives scores that are not finite numbers.")
        return scores

    def save(self, run_path: FilePath) -> None:
        """Writes arrays and JSON beside a run's checkpoints. Raises CheckpointError if it fails."""
        detector_file.write(run_path, self.arrays, self.facts)


def load(run_path: FilePath, encoder_sha256: str) -> Detector:
    """Loads the detector saved in a run; nothing in it can run code.

    Args:
        run_path: the run's directory.
        encoder_sha256: digest of the encoder's variables, see `LatentEncoder`.

    Raises:
        CheckpointError: there is no detector, it is damaged, or it was fitted to another encoder.
    """
    arrays, facts = detector_file.read(run_path)
    if facts["encoder_sha256"] != encoder_sha256:
        raise CheckpointError(
            f"the detector in {run_path} was not fitted to the encoder of the newest checkpoint; "
            f"let train_autoencoder.py finish."
        )
    return Detector(arrays, facts)


def _check_latents(latents):
    """Latents as an array of floats, if they are finite numbers `[images, latent]`."""
    latents = to_numbers("latents", latents)
    if latents.ndim != 2 or latents.size == 0:
        raise DataError(f"latents must be [images, latent], not {list(latents.shape)}.")
    if not np.isfinite(latents).all():
        raise DataError("the latents hold a number that is not finite.")
    return latents


def fit(
    latents: Any,
    encoder_sha256: str,
    seed: int = 0,
    dimensions: int = 64,
    components: int = 10,
    regularization: float = 1e-3,
    false_alarms: float = 0.05,
) -> Detector:
    """Fits a detector to the latents of training images.

    The threshold is the quantile `false_alarms` of the scores that training images get from
    densities fitted without them: their own density has seen them and would score them too high.

    Args:
        latents: `[images, latent]`.
        encoder_sha256: digest of the variables of the encoder that made them.
        seed: the seed of the mixture's starting points.
        dimensions: how many principal components to keep, at most one for each two images.
        components: Gaussians in the mixture, at most one for each ten images.
        regularization: added to each variance, as a share of the mean variance.
        false_alarms: share of training images below the threshold, in (0, 1).

    Raises:
        DataError: the latents are not finite numbers `[images, latent]`, or those of all images
            are alike.
        ConfigError: there are fewer than `MIN_IMAGES`, or an argument is out of range.
        MissingExtraError: scikit-learn is not installed.
    """
    latents = _check_latents(latents)
    check_integer("the number of training images", len(latents), MIN_IMAGES)
    if not np.ptp(latents, axis=0).any():
        raise DataError("the latents of all training images are alike: there is nothing to learn.")
    check_integer("seed", seed, 0)
    check_integer("dimensions", dimensions, 1)
    check_integer("components", components, 1)
    check_number("regularization", regularization, 0, math.inf)
    check_number("false_alarms", false_alarms, 0, 1, low_included=False)
    random = np.random.default_rng(seed)
    fold = random.permutation(len(latents)) % FOLDS
    held_out = np.empty(len(latents))
    # The same for each fold as for all images, so that their scores can be compared.
    images, width = len(latents), latents.shape[1]
    dimensions = min(dimensions, images // 2, width)
    components = min(components, max(1, images // 10))
    settings = dimensions, components, regularization, seed % 2**32
    for number in range(FOLDS):
        arrays = _fit_density(latents[fold != number], *settings)
        held_out[fold == number] = Detector(arrays, {}).score(latents[fold == number])
    facts = {
        "threshold": float(np.quantile(held_out, false_alarms)),
        "false_alarms": false_alarms,
        "encoder_sha256": encoder_sha256,
    }
    return Detector(_fit_density(latents, *settings), facts)


def _fit_density(latents, dimensions, components, regularization, seed):
    pca = import_extra("sklearn.decomposition", "report").PCA(dimensions, svd_solver="full")
    projected = pca.fit_transform(latents)
    mixture = import_extra("sklearn.mixture", "report").GaussianMixture(
        components,
        reg_covar=max(regularization * projected.var(axis=0).mean(), 1e-12),
        max_iter=200,
        random_state=seed,
    )
    mixture.fit(projected)
    return {
        "pca_mean": pca.mean_,
        "pca_components": pca.components_,
        "weights": mixture.weights_,
        "means": mixture.means_,
        "precisions_cholesky": mixture.precisions_cholesky_,
    }
