"""Photographs of digits that the network has not seen, read by the network that ships."""

import numpy as np
import pytest

from lowlevel import shipped
from lowlevel.checks import DataError
from lowlevel.data import digit_image, image_file
from lowlevel.prediction.predictor import Predictor
from tests.photos import photograph


@pytest.fixture
def to_digit(tmp_path):
    """Function of a photograph, as bytes."""

    def read(photo):
        (tmp_path / "photo.jpg").write_bytes(photo)
        return digit_image.to_digit(image_file.read_grey(tmp_path / "photo.jpg"), 28, 28)

    return read


@pytest.mark.parametrize(
    "stroke, photos, least",
    [
        (0, 40, 0.95),
        pytest.param(0, 100, 0.95, marks=pytest.mark.slow),
        pytest.param(-1, 100, 0.95, marks=pytest.mark.slow),
        pytest.param(1.5, 100, 0.95, marks=pytest.mark.slow),
    ],
)
def test_photographs_of_held_out_digits(mnist, to_digit, stroke, photos, least):
    random = np.random.default_rng(0)
    chosen = random.choice(len(mnist.test), photos, replace=False)
    digits = [
        to_digit(photograph(image[..., 0], random, stroke)) for image in mnist.test.images[chosen]
    ]
    classes = Predictor(shipped.MNIST).predict(np.stack(digits)).classes
    assert np.mean(classes == mnist.test.labels[chosen]) >= least


def test_the_light_is_found_under_the_ink():
    y, x = np.mgrid[0:1:90j, 0:1:120j]
    light = 1 - 0.5 * x**2 + 0.1 * x * y
    grey = light.copy()
    grey[20:70, 50:60] *= 0.2
    np.testing.assert_allclose(digit_image.light_on_paper(grey), light, atol=1e-6)


def test_a_photograph_of_blank_paper_holds_no_digit(to_digit):
    random = np.random.default_rng(0)
    for _ in range(10):
        with pytest.raises(DataError, match="contains no digit: nothing in it stands out"):
            to_digit(photograph(np.zeros([28, 28], np.uint8), random))


def test_noise_is_no_digit():
    with pytest.raises(DataError, match="contains no digit"):
        digit_image.to_digit(np.random.default_rng(0).random([100, 150]), 28, 28)
