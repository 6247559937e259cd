"""Plots: judged by the picture that comes out."""

import numpy as np
import pytest
from PIL import Image

from lowlevel.checks import DataError
from lowlevel.prediction.predictor import Prediction
from lowlevel.reports import figures, plots

NAMES = [str(digit) for digit in range(10)]


def make_prediction(classes):
    probabilities = np.full((len(classes), 10), 0.02, np.float32)
    probabilities[np.arange(len(classes)), classes] = 0.82
    return Prediction(np.asarray(classes), probabilities)


def count_pixels(path, color):
    """Pixels close to a colour given as #rrggbb."""
    wanted = [int(color[i : i + 2], 16) for i in (1, 3, 5)]
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB")).astype(int)
    return int((np.abs(pixels - wanted).max(axis=-1) < 12).sum())


def test_wrong_predictions_are_marked(tmp_path):
    images = np.zeros((5, 8, 8, 1), np.uint8)
    path = tmp_path / "grid.png"
    prediction = make_prediction([1, 2, 3, 4, 5])
    plots.draw_predictions(path, images, prediction, [1, 2, 3, 4, 5], NAMES)
    assert count_pixels(path, figures.ORANGE) == 0
    assert count_pixels(path, figures.BLUE) > 0
    plots.draw_predictions(path, images, prediction, [1, 2, 3, 4, 0], NAMES)
    assert count_pixels(path, figures.ORANGE) > 500


def test_probabilities_grow_with_the_images(tmp_path):
    sizes = []
    for count in (1, 3, 9):
        path = tmp_path / f"{count}.png"
        images = np.zeros((count, 8, 8, 1), np.float32)
        plots.draw_probabilities(
            path, images, make_prediction([7] * count), ["a digit"] * count, NAMES
        )
        with Image.open(path) as image:
            sizes.append(image.size)
        assert count_pixels(path, figures.BLUE) > 1000
    (width, height), second, third = sizes
    assert second == pytest.approx((width, 3 * height), rel=0.01)
    assert third == pytest.approx((2 * width, 5 * height), rel=0.01)


def test_a_directory_that_is_not_there(tmp_path):
    images = np.zeros((1, 8, 8, 1), np.uint8)
    with pytest.raises(DataError, match="cannot be drawn"):
        plots.draw_predictions(tmp_path / "no" / "x.png", images, make_prediction([1]), [1], NAMES)
