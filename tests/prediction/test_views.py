"""Predicting from ten views: which they are, and that their probabilities are averaged."""

import numpy as np
import pytest

from lowlevel.checks import DataError
from lowlevel.prediction import views
from lowlevel.prediction.predictor import Prediction
from tests.comparison import values


class Spy:
    """Keeps the views it is shown; how bright a corner is, is its probability."""

    def __init__(self):
        self.seen = []

    def predict(self, images):
        self.seen.append(images.copy())
        corner = images[:, 0, 0, :1]
        probabilities = np.concatenate([corner, 1 - corner], axis=1)
        return Prediction(probabilities.argmax(axis=1), probabilities)


@pytest.fixture
def spied():
    images = values(3, 4, 5, 2, low=0)
    spy = Spy()
    return images, spy, views.predict(spy, images)


def test_the_views(spied):
    images, spy, _ = spied
    assert len(spy.seen) == 10
    assert len({view.tobytes() for view in spy.seen}) == 10
    np.testing.assert_array_equal(spy.seen[0], images)
    for view, mirrored in zip(spy.seen[::2], spy.seen[1::2], strict=True):
        np.testing.assert_array_equal(mirrored, view[:, :, ::-1])
        assert view.shape == images.shape
    up_and_left = spy.seen[2]
    np.testing.assert_array_equal(up_and_left[:, 1:, 1:], images[:, :-1, :-1])
    np.testing.assert_array_equal(up_and_left[:, 0, 1:], images[:, 1, :-1])  # the rim, mirrored


def test_probabilities_are_means(spied):
    _, spy, prediction = spied
    expected = np.mean([view[:, 0, 0, 0] for view in spy.seen], axis=0)
    np.testing.assert_allclose(prediction.probabilities[:, 0], expected, rtol=1e-6)
    np.testing.assert_allclose(prediction.probabilities.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_array_equal(prediction.classes, expected < 0.5)


def test_lists_and_what_is_no_batch_of_images(spied):
    images, _, prediction = spied
    again = views.predict(Spy(), images.tolist())
    np.testing.assert_allclose(again.probabilities, prediction.probabilities, atol=1e-6)
    with pytest.raises(DataError, match=r"images must be .* not \[4, 5, 2\]"):
        views.predict(Spy(), images[0])
    with pytest.raises(DataError, match="images must hold real numbers"):
        views.predict(Spy(), None)
