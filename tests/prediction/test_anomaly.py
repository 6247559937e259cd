"""The detector: finds what is far away, fixes its threshold on training data, runs no code."""

import io
import json
import pickle

import numpy as np
import pytest
from PIL import Image

from lowlevel.checks import CheckpointError, ConfigError, DataError
from lowlevel.prediction import anomaly, detector_file
from lowlevel.reports import anomalies as anomaly_report

LATENT = 20


def latents(count, seed, shift=0.0):
    """Points near a plane in 20 dimensions; `shift` moves them off it."""
    random = np.random.default_rng(seed)
    plane = np.random.default_rng(99).normal(size=(3, LATENT))
    points = random.normal(size=(count, 3)) @ plane + 0.1 * random.normal(size=(count, LATENT))
    return points + shift


@pytest.fixture(scope="module")
def detector():
    return anomaly.fit(latents(400, 0), "the encoder", dimensions=10, components=2)


def test_tells_what_lies_off(detector):
    normal, other = latents(300, 1), latents(300, 2, shift=1.0)
    scores = np.concatenate([detector.score(normal), detector.score(other)])
    is_anomaly = np.arange(600) >= 300
    report = anomaly_report.make(detector, np.concatenate([normal, other]), is_anomaly)
    assert report.numbers["roc_auc"] > 0.99
    assert report.numbers["sensitivity"] == pytest.approx(
        np.mean(scores[300:] < detector.threshold)
    )
    assert report.numbers["specificity"] == pytest.approx(
        np.mean(scores[:300] >= detector.threshold)
    )
    assert report.numbers["accuracy"] == pytest.approx(
        (report.numbers["sensitivity"] + report.numbers["specificity"]) / 2
    )


def test_the_threshold_lets_the_promised_share_of_new_normal_images_fall_below():
    for share in (0.05, 0.2):
        detector = anomaly.fit(
            latents(2000, 0), "a", dimensions=10, components=2, false_alarms=share
        )
        below = np.mean(detector.score(latents(4000, 3)) < detector.threshold)
        assert below == pytest.approx(share, abs=0.025)


def test_the_score_is_the_log_likelihood_of_the_mixture(detector):
    """Written out from the definition of a Gaussian."""
    points = detector.project(latents(5, 4))
    arrays = detector.arrays
    likelihood = 0
    for weight, mean, root in zip(
        arrays["weights"], arrays["means"], arrays["precisions_cholesky"], strict=True
    ):
        distance = np.sum(((points - mean) @ root) ** 2, axis=1)
        determinant = np.prod(np.diag(root))
        density = determinant * np.exp(-distance / 2) / (2 * np.pi) ** (points.shape[1] / 2)
        likelihood += weight * density
    np.testing.assert_allclose(detector.score(latents(5, 4)), np.log(likelihood), rtol=1e-9)


def test_the_seed_fixes_it():
    one, again, other = (
        anomaly.fit(latents(200, 0), "a", seed=seed, dimensions=10, components=3)
        for seed in (0, 0, 5)
    )
    for name in one.arrays:
        np.testing.assert_array_equal(one.arrays[name], again.arrays[name])
    assert one.threshold == again.threshold != other.threshold


def test_round_trip(detector, tmp_path):
    detector.save(tmp_path)
    loaded = anomaly.load(tmp_path, "the encoder")
    points = latents(10, 5)
    np.testing.assert_array_equal(loaded.score(points), detector.score(points))
    assert loaded.threshold == detector.threshold
    with pytest.raises(CheckpointError, match="was not fitted to the encoder"):
        anomaly.load(tmp_path, "another encoder")


def test_there_is_none(tmp_path):
    with pytest.raises(CheckpointError, match=r"contains no detector; train_autoencoder\.py fits"):
        anomaly.load(tmp_path, "a")


class Evil:
    def __reduce__(self):
        return (exec, ("raise SystemExit('code has run')",))


def test_damaged_and_hostile_files(detector, tmp_path):
    detector.save(tmp_path)
    arrays, facts = (
        tmp_path / "detector" / detector_file.ARRAYS,
        tmp_path / "detector" / detector_file.FACTS,
    )
    good_arrays, good_facts = arrays.read_bytes(), json.loads(facts.read_text())

    def refused():
        with pytest.raises(CheckpointError, match="is damaged"):
            anomaly.load(tmp_path, "the encoder")

    slightly_off = good_facts | {"threshold": good_facts["threshold"] + 1e-9}
    for damaged in (
        [],
        {},
        good_facts | {"threshold": "low"},
        good_facts | {"threshold": np.inf},
        good_facts | {"threshold": 10**400},
        slightly_off,
    ):
        facts.write_text(json.dumps(damaged))
        refused()
    for text in ("{", "[" * 100_000):
        facts.write_text(text)
        refused()
    facts.write_text(json.dumps(good_facts))
    np.save(tmp_path / "one.npy", np.zeros(3))
    compressed = io.BytesIO()
    np.savez_compressed(compressed, **detector.arrays)
    middle = len(compressed.getvalue()) // 2
    torn = bytearray(compressed.getvalue())
    torn[middle : middle + 40] = bytes(40)
    plain = (tmp_path / "one.npy").read_bytes()
    for content in (b"", good_arrays[:-50], b"PK\3\4", pickle.dumps(Evil()), plain, torn):
        arrays.write_bytes(content)
        refused()
    np.savez(arrays, **detector.arrays | {"weights": np.array([Evil(), Evil()], object)})
    refused()
    for changed in (
        {"means": detector.arrays["means"][:, :-1]},
        {"weights": detector.arrays["weights"] * np.nan},
        {"pca_mean": detector.arrays["pca_mean"].astype(np.float32)},
        {"pca_mean": detector.arrays["pca_mean"] + 1e-12},
        {"weights": np.array([1.5, -0.5])},
        {"precisions_cholesky": -detector.arrays["precisions_cholesky"]},
    ):
        np.savez(arrays, **detector.arrays | changed)
        refused()


def test_report_files(detector, tmp_path):
    points = np.concatenate([latents(30, 1), latents(30, 2, shift=1.0)])
    report = anomaly_report.make(detector, points, np.arange(60) >= 30)
    report.write(tmp_path / "deep" / "report")
    written = json.loads((tmp_path / "deep" / "report" / "report.json").read_text())
    assert written == report.numbers
    for name in ("latents.png", "scores.png"):
        with Image.open(tmp_path / "deep" / "report" / name) as image:
            assert image.convert("L").entropy() > 0.3
    assert "roc auc           " in report.text()
    with pytest.raises(ConfigError, match="a report needs normal images and anomalies"):
        anomaly_report.make(detector, points, np.ones(60, bool))


def test_the_threshold_is_of_the_density_that_judges_when_images_are_few():
    """Each fold's density must be made as the last one is, or their scores are of two scales."""
    detectors = [anomaly.fit(latents(count, count), "a") for count in (10, 24, 40, 90)]
    for detector, most in zip(detectors, (5, 12, 20, 20), strict=True):
        assert len(detector.arrays["pca_components"]) == most
    below = np.mean(detectors[-1].score(latents(2000, 3)) < detectors[-1].threshold)
    assert below < 0.2


@pytest.mark.filterwarnings("ignore:overflow")
def test_latents_without_a_score(detector):
    with pytest.raises(CheckpointError, match="not finite"):
        detector.score(np.full((1, LATENT), 1e200))


def test_too_few_images():
    with pytest.raises(ConfigError, match="number of training images"):
        anomaly.fit(latents(9, 0), "a")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (np.full((20, 5), np.nan), "a number that is not finite"),
        (np.full((20, 5), np.inf), "a number that is not finite"),
        (np.ones(20), r"must be \[images, latent\], not \[20\]"),
        (np.ones((20, 0)), r"must be \[images, latent\]"),
        (np.ones((20, 5), complex), "must hold real numbers"),
        (np.full((20, 5), "1"), "must hold real numbers"),
        (np.ma.masked_array(np.ones((20, 5)), True), "must not be masked"),
        (None, "must hold real numbers"),
    ],
    ids=str,
)
def test_latents_that_cannot_be(detector, wrong, message):
    for function in (lambda latents: anomaly.fit(latents, "a"), detector.score, detector.project):
        with pytest.raises(DataError, match=f"latents .*{message}"):
            function(wrong)


def test_latents_of_another_encoder(detector):
    with pytest.raises(DataError, match=r"latents must be \[images, 20\], not \[4, 3\]"):
        detector.score(np.ones((4, 3)))


def test_latents_in_lists(detector):
    points = latents(20, 1)
    np.testing.assert_array_equal(detector.score(points.tolist()), detector.score(points))
    assert anomaly.fit(points.tolist(), "a").threshold == anomaly.fit(points, "a").threshold


def test_a_latent_that_is_constant():
    points = np.concatenate([latents(40, 1), np.full((40, 1), 7.0)], axis=1)
    assert np.isfinite(anomaly.fit(points, "a", dimensions=5, components=1).score(points)).all()


def test_latents_that_are_all_alike():
    with pytest.raises(DataError, match="latents of all training images are alike"):
        anomaly.fit(np.full((20, 5), 7.0), "a")


@pytest.mark.parametrize("name", ["seed", "dimensions", "components", "regularization"])
@pytest.mark.parametrize("value", [-1, float("nan"), "a", None])
def test_settings_that_cannot_be(name, value):
    with pytest.raises(ConfigError, match=f"^{name} must be a"):
        anomaly.fit(latents(20, 1), "a", **{name: value})


@pytest.mark.parametrize("truth", [np.arange(9) > 3, np.arange(10), None])
def test_a_truth_that_does_not_fit(detector, truth):
    with pytest.raises(DataError, match="is_anomaly must "):
        anomaly_report.make(detector, latents(10, 1), truth)


def test_a_truth_of_zeros_and_ones(detector):
    points = latents(10, 1)
    truth = np.arange(10) % 2
    expected = anomaly_report.make(detector, points, truth == 1).numbers
    assert anomaly_report.make(detector, points, truth.tolist()).numbers == expected
