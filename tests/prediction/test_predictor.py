"""Prediction: from a run directory alone, one image or many."""

import json

import numpy as np
import pytest

from lowlevel import nets
from lowlevel.checks import CheckpointError, DataError, LowlevelError
from lowlevel.prediction.predictor import Predictor
from tests.training import small_run

IMAGES = small_run.DATASET.test.images


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return small_run.train(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="module")
def predictor(run):
    return Predictor(run.directory.path)


def test_agrees_with_the_network_that_was_trained(run, predictor):
    net = nets.get("conv_net")
    config = net.Config((8, 8, 1), 10)
    logits = net.forward(config, run.state.variables, IMAGES / np.float32(255)).numpy()
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    prediction = predictor.predict(IMAGES)
    np.testing.assert_allclose(prediction.probabilities, expected, atol=1e-5)
    np.testing.assert_array_equal(prediction.classes, logits.argmax(axis=1))
    share = (prediction.classes == small_run.DATASET.test.labels).mean()
    assert share == pytest.approx(run.state.history[-1]["val_accuracy"])


def test_one_image_a_batch_and_more_than_a_batch(predictor, monkeypatch):
    at_once = predictor.predict(IMAGES)
    monkeypatch.setattr("lowlevel.prediction.predictor.PIXELS", 8 * 8 * 7)  # 7 of 30 images
    many = predictor.predict(IMAGES)
    np.testing.assert_allclose(many.probabilities, at_once.probabilities, atol=1e-6)
    one = predictor.predict(IMAGES[3])
    np.testing.assert_allclose(one.probabilities, many.probabilities[3:4], atol=1e-6)
    assert predictor.predict(IMAGES[:0]).probabilities.shape == (0, 10)


def test_float_images_are_as_good_as_uint8(predictor):
    np.testing.assert_allclose(
        predictor.predict(IMAGES / 255).probabilities,
        predictor.predict(IMAGES).probabilities,
        atol=1e-6,
    )


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((2, 9, 8, 1)), r"takes images of \(8, 8, 1\)"),
        (np.zeros((8, 8)), "takes images of"),
        (np.zeros((2, 8, 8, 1), np.int64), "must be uint8, or float"),
        (np.full((2, 8, 8, 1), 1.01), r"must lie in \[0, 1\]"),
        (np.full((2, 8, 8, 1), np.nan), r"must lie in \[0, 1\]"),
        (np.full((2, 8, 8, 1), "x"), "images must hold real numbers"),
        (None, "images must hold real numbers"),
        (3, "takes images of"),
        ([[1], [1, 2]], "images must be an even list"),
        (np.ma.masked_less(np.zeros((2, 8, 8, 1)), 1), "images must not be masked"),
    ],
)
def test_wrong_images(predictor, images, message):
    with pytest.raises(DataError, match=message):
        predictor.predict(images)


def test_no_run(tmp_path):
    with pytest.raises(CheckpointError, match="contains no checkpoint of a run"):
        Predictor(tmp_path)
    with pytest.raises(CheckpointError, match="nothing does not exist"):
        Predictor(tmp_path / "nothing")


@pytest.mark.parametrize(
    "change",
    [
        {"net": "no_net"},
        {"net_config": {"image_shape": [8, 8]}},
        {"net_config": {"image_shape": [8, 8, 1], "num_classes": 11, "dropout_rate": 0.2}},
        {"training": None},
        {"training": {"precision": "float17"}},
        {"class_names": None},
    ],
)
def test_a_config_that_does_not_fit(tmp_path, change):
    run = small_run.make(tmp_path)
    run.open()
    record = run.state.record() | {"config": run.config | change}
    run.directory.save(run.state.tensors(), record)
    with pytest.raises(LowlevelError):
        Predictor(tmp_path)


def test_needs_no_config_file_but_the_checkpoints_own(run, predictor):
    saved = json.loads((predictor.source / "record.json").read_text())
    assert predictor.config == saved["config"]
