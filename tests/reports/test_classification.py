"""Reports: their figures against counting by hand, their files, their pictures."""

import json

import numpy as np
import pytest
from PIL import Image

from lowlevel.checks import ConfigError, DataError
from lowlevel.prediction.predictor import Prediction
from lowlevel.reports import classification as classification_report
from lowlevel.reports import curves, figures

NAMES = ("cat", "dog", "a bird of $ome kind")
LABELS = np.array([0, 0, 0, 1, 1, 1, 1, 1])
PROBABILITIES = np.array(
    [
        [0.8, 0.1, 0.1],
        [0.6, 0.3, 0.1],
        [0.2, 0.7, 0.1],
        [0.1, 0.8, 0.1],
        [0.3, 0.6, 0.1],
        [0.7, 0.2, 0.1],
        [0.1, 0.1, 0.8],
        [0.0, 0.9, 0.1],
    ],
    np.float32,
)


@pytest.fixture
def report():
    prediction = Prediction(PROBABILITIES.argmax(axis=1), PROBABILITIES)
    return classification_report.make(LABELS, prediction, NAMES)


def test_figures(report):
    assert report.confusion.tolist() == [[2, 1, 0], [1, 3, 1], [0, 0, 0]]
    assert report.numbers["accuracy"] == pytest.approx(5 / 8)
    cat, dog, bird = report.numbers["classes"].values()
    assert cat["precision"] == pytest.approx(2 / 3)
    assert cat["recall"] == pytest.approx(2 / 3)
    assert dog["precision"] == pytest.approx(3 / 4)
    assert dog["recall"] == pytest.approx(3 / 5)
    assert dog["f1-score"] == pytest.approx(2 * 0.75 * 0.6 / 1.35)
    assert (cat["support"], dog["support"], bird["support"]) == (3, 5, 0)
    # 12 of the 15 pairs of a cat and a dog are in order: 0.7 beats two cats, 0.3 one.
    assert cat["roc_auc"] == pytest.approx(12 / 15)
    assert bird["roc_auc"] is None
    assert report.numbers["macro avg"]["roc_auc"] == pytest.approx(
        (cat["roc_auc"] + dog["roc_auc"]) / 2
    )
    assert report.numbers["weighted avg"]["recall"] == pytest.approx(5 / 8)


def test_files(report, tmp_path):
    report.write(tmp_path)
    assert json.loads((tmp_path / "report.json").read_text()) == report.numbers
    text = (tmp_path / "report.txt").read_text()
    assert text == report.text()
    assert "a bird of $ome kind     0.0000     0.0000     0.0000          -          0" in text
    assert "accuracy     0.6250" in text


def test_pictures(report, tmp_path):
    figure = classification_report.confusion_figure(report)
    figures.save(figure, tmp_path / "matrix.png")
    array = figures.to_array(figure)
    assert array.dtype == np.uint8
    assert len(np.unique(array.reshape(-1, 3), axis=0)) > 50
    row = {"step": 1, "learning_rate": 0.1, "seconds": 1}
    history = [
        row | {"epoch": n, "loss": 1 / n, "val_loss": 1.1 / n, "accuracy": 0.5, "val_accuracy": 0.4}
        for n in (1, 2, 3)
    ]
    curves.draw(tmp_path / "curves.png", history)
    without = [{k: v for k, v in row.items() if "accuracy" not in k} for row in history]
    curves.draw(tmp_path / "losses.png", without)
    widths = []
    for name in ("matrix", "curves", "losses"):
        with Image.open(tmp_path / f"{name}.png") as image:
            widths.append(image.width)
            assert image.convert("L").entropy() > 0.3
    assert widths[1] > widths[2]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (LABELS[:5], "there are 5 labels, but 8 predictions"),
        (LABELS + 2, r"labels must lie in \[0, 3\)"),
        (LABELS - 1, r"labels must lie in \[0, 3\)"),
        (LABELS + 0.5, "labels must be a whole number for each example"),
        (LABELS[np.newaxis], "labels must be a whole number for each example"),
        ([], "labels must be a whole number for each example"),
        (["cat"] * 8, "labels must hold real numbers"),
        (None, "labels must hold real numbers"),
        (np.ma.masked_array(LABELS, True), "labels must not be masked"),
    ],
)
def test_labels_that_do_not_fit(labels, message):
    prediction = Prediction(PROBABILITIES.argmax(axis=1), PROBABILITIES)
    with pytest.raises(DataError, match=message):
        classification_report.make(labels, prediction, NAMES)


def test_classes_without_a_name():
    prediction = Prediction(PROBABILITIES.argmax(axis=1), PROBABILITIES)
    with pytest.raises(DataError, match=r"predicted classes must lie in \[0, 2\)"):
        classification_report.make(LABELS, prediction, NAMES[:2])


def test_two_classes_of_one_name():
    prediction = Prediction(PROBABILITIES.argmax(axis=1), PROBABILITIES)
    with pytest.raises(DataError, match="class_names are alike: a, b, a"):
        classification_report.make(LABELS, prediction, ("a", "b", "a"))


def test_the_directory_of_a_report(report, tmp_path):
    report.write(str(tmp_path))
    assert (tmp_path / "report.txt").read_text() == report.text()
    with pytest.raises(ConfigError, match="the directory of a report must be a path, not None"):
        report.write(None)
