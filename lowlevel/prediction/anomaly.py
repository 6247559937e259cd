"""Anomaly detection: a density of the latents of training images, and a threshold.

Latents are reduced to a few principal components, whose density is a mixture of Gaussians. An
image is an anomaly if its log-likelihood is below the threshold. Density and threshold come from
training images alone.
"""

import hashlib
import io
import json
import math
import re
import zipfile
import zlib
from pathlib import Path

import numpy as np

from lowlevel import files
from lowlevel.checks import CheckpointError, check_integer, check_number, import_extra, reason_of

FOLDER = "detector"
ARRAYS, FACTS = "arrays.npz", "detector.json"
NAMES = ("pca_mean", "pca_components", "weights", "means", "precisions_cholesky")
HEADER = re.compile(
    rb"\x93NUMPY\x01\0..{'descr': '<f8', 'fortran_order': (?P<by_columns>True|False), "
    rb"'shape': \((?P<shape>[\d, ]*)\), } *\n",
    re.DOTALL,
)
FOLDS = 5
MIN_IMAGES = 2 * FOLDS
DAMAGE = (
    *(OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, MemoryError),
    *(RuntimeError, OverflowError, zipfile.BadZipFile, zlib.error),
)


class Detector:
    """A fitted density of latents with a threshold.

    Attributes:
        arrays: `pca_mean` `[latent]`, `pca_components` `[dimensions, latent]`, and the mixture's
            `weights` `[components]`, `means` `[components, dimensions]` and
            `precisions_cholesky` `[components, dimensions, dimensions]`.
        facts: `threshold`, a log-likelihood; `false_alarms`, the share of training images below
            it; `encoder_sha256`, digest of the variables of the encoder that made the latents.
    """

    def __init__(self, arrays, facts):
        self.arrays = arrays
        self.facts = facts

    @property
    def threshold(self):
        """The log-likelihood below which an image is an anomaly."""
        return self.facts["threshold"]

    def project(self, latents):
        """Principal components of latents: `[images, latent]` to `[images, dimensions]`."""
        return (latents - self.arrays["pca_mean"]) @ self.arrays["pca_components"].T

    def score(self, latents):
        """Log-likelihoods `[images]` of latents `[images, latent]`: low ones are anomalies.

        Raises:
            CheckpointError: some are not finite numbers.
        """
        mixture = import_extra("sklearn.mixture", "report").GaussianMixture()
        mixture.weights_ = self.arrays["weights"]
        mixture.means_ = self.arrays["means"]
        mixture.precisions_cholesky_ = self.arrays["precisions_cholesky"]
        scores = mixture.score_samples(self.project(latents))
        if not np.isfinite(scores).all():
            raise CheckpointError("the detector gives scores that are not finite numbers.")
        return scores

    def save(self, run_path):
        """Writes arrays and JSON beside a run's checkpoints. Raises CheckpointError if it fails."""
        folder = Path(run_path) / FOLDER
        temporary = folder / f"{files.TEMPORARY}{ARRAYS}"
        try:
            folder.mkdir(exist_ok=True)
            (folder / FACTS).unlink(missing_ok=True)
            with temporary.open("wb") as file:
                np.savez(file, **self.arrays)
            files.sync(temporary)
            temporary.replace(folder / ARRAYS)
            facts = self.facts | {"sha256": _sha256(self.arrays, self.facts)}
            files.write_text(folder / FACTS, json.dumps(facts, indent=1) + "\n")
        except OSError as error:
            raise CheckpointError(f"{folder} cannot be written: {reason_of(error)}.") from error


def load(run_path, encoder_sha256):
    """Loads the detector saved in a run; nothing in it can run code.

    Args:
        run_path: the run's directory.
        encoder_sha256: digest of the encoder's variables, see `LatentEncoder`.

    Raises:
        CheckpointError: there is no detector, it is damaged, or it was fitted to another encoder.
    """
    folder = Path(run_path) / FOLDER
    try:
        facts = files.read_json(folder / FACTS)
        arrays = _read_arrays(folder / ARRAYS)
        _check(arrays, facts)
        if facts.pop("sha256") != _sha256(arrays, facts):
            raise ValueError("a number in it is not as it was written")
    except FileNotFoundError:
        raise CheckpointError(
            f"{folder} contains no detector; train_autoencoder.py fits one after training."
        ) from None
    except DAMAGE as error:
        reason = reason_of(error)
        raise CheckpointError(f"the detector in {folder} is damaged: {reason}.") from error
    if facts["encoder_sha256"] != encoder_sha256:
        raise CheckpointError(
            f"the detector in {folder} was not fitted to the encoder of the newest checkpoint; "
            f"let train_autoencoder.py finish."
        )
    return Detector(arrays, facts)


def _read_arrays(path):
    """The arrays in a file of `np.savez`; none is made before its bytes are there."""
    with zipfile.ZipFile(io.BytesIO(files.read_bytes(path))) as archive:
        if sorted(archive.namelist()) != sorted(f"{name}.npy" for name in NAMES):
            raise ValueError(f"{ARRAYS} does not hold {', '.join(NAMES)}")
        for member in archive.infolist():  # NumPy does not pack them
            if member.compress_type != zipfile.ZIP_STORED:
                raise ValueError(f"{member.filename} is packed")
        return {name: _array(archive.read(f"{name}.npy")) for name in NAMES}


def _array(content):
    header = HEADER.match(content)
    if header is None:
        raise ValueError("an array is not float64 as NumPy writes it")
    shape = tuple(map(int, header["shape"].replace(b",", b" ").split()))
    numbers = np.frombuffer(content[header.end() :], np.float64)
    if numbers.size != math.prod(shape):
        raise ValueError(f"an array of {shape} has {numbers.size} numbers")
    return numbers.reshape(shape, order="F" if header["by_columns"] == b"True" else "C")


def _check(arrays, facts):
    dimensions, latent = arrays["pca_components"].shape
    components = len(arrays["weights"])
    shapes = {
        "pca_mean": (latent,),
        "pca_components": (dimensions, latent),
        "weights": (components,),
        "means": (components, dimensions),
        "precisions_cholesky": (components, dimensions, dimensions),
    }
    for name, shape in shapes.items():
        array = arrays[name]
        if array.shape != shape or array.dtype != np.float64 or not np.isfinite(array).all():
            raise ValueError(f"{name} is not float64 {shape} of finite numbers")
    if (arrays["weights"] <= 0).any() or abs(arrays["weights"].sum() - 1) > 1e-6:
        raise ValueError("the weights are not a distribution")
    if (np.diagonal(arrays["precisions_cholesky"], axis1=1, axis2=2) <= 0).any():
        raise ValueError("the precisions are not positive")
    check_number("threshold", facts["threshold"], -np.inf, np.inf, low_included=False)


def _sha256(arrays, facts):
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    for name in sorted(arrays):
        digest.update(f"{name} {arrays[name].shape}\n".encode())
        digest.update(np.ascontiguousarray(arrays[name]))
    return digest.hexdigest()


def fit(
    latents,
    encoder_sha256,
    seed=0,
    dimensions=64,
    components=10,
    regularization=1e-3,
    false_alarms=0.05,
):
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
        ConfigError: there are fewer than `MIN_IMAGES`, or an argument is out of range.
        MissingExtraError: scikit-learn is not installed.
    """
    check_integer("the number of training images", len(latents), MIN_IMAGES)
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
