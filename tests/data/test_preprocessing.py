"""What is done to inputs before the network, as a config says it; a damaged one is refused."""

import numpy as np
import pytest
import tensorflow as tf

from lowlevel.checks import ConfigError
from lowlevel.data import preprocessing, standardize
from tests.comparison import values

IMAGES = tf.TensorSpec([None, 4, 4, 1], tf.float32)
ROWS = tf.TensorSpec([None, 2], tf.float32)
STATISTICS = {"mean": 0.5, "std": 0.25, "low": -1.0, "high": 1.0}
COLUMNS = {"mean": [1.0, -2.0], "std": [2.0, 0.5]}
SOME = tf.constant(values(3, 4, 4, 1, low=0))


def test_images_divided_by_255_are_left_as_they_are():
    assert preprocessing.from_config({"divide_by": 255}, IMAGES)(SOME) is SOME
    config = {"divide_by": 255.0, "image_files": "digit"}
    assert preprocessing.from_config(config, IMAGES)(SOME) is SOME


@pytest.mark.parametrize("divisor, factor", [(1, 255), (127.5, 2), (510, 0.5)])
def test_images_divided_by_another_number(divisor, factor):
    """A user's images lie in [0, 1]: they are bytes that have been divided by 255."""
    prepared = preprocessing.from_config({"divide_by": divisor}, IMAGES)(SOME)
    assert prepared.dtype == tf.float32
    np.testing.assert_allclose(prepared, SOME * factor, rtol=1e-6)


def test_images_standardized_by_a_training_set():
    prepare = preprocessing.from_config(STATISTICS, IMAGES)
    np.testing.assert_array_equal(prepare(SOME), standardize.apply(SOME, STATISTICS))
    # (x - 0.5) / 0.25 is brought from [-1, 1] to [0, 1], and cut off there.
    shades = tf.constant([0.0, 0.25, 0.375, 0.5, 0.75, 1.0])
    np.testing.assert_allclose(prepare(shades), [0, 0, 0.25, 0.5, 1, 1], atol=1e-6)


def test_each_column_of_rows_is_standardized():
    prepared = preprocessing.from_config(COLUMNS, ROWS)(tf.constant([[1.0, -2.0], [5.0, -1.0]]))
    assert prepared.dtype == tf.float32
    np.testing.assert_array_equal(prepared, [[0, 0], [2, 2]])


@pytest.mark.parametrize("config", [None, {"divide_by": 0}])
def test_words_are_numbers_already(config):
    spec = tf.TensorSpec([None, None], tf.int32)
    words = tf.constant([[3, -1]])
    assert preprocessing.from_config(config, spec)(words) is words


def without(config, name):
    return {key: value for key, value in config.items() if key != name}


DAMAGES = {
    "nothing": (IMAGES, None, "preprocessing must be a JSON object, not None"),
    "a list": (ROWS, [1, 2], "preprocessing must be a JSON object"),
    "a divisor of 0": (IMAGES, {"divide_by": 0}, "divide_by must be a number"),
    "a divisor of text": (IMAGES, {"divide_by": "255"}, "divide_by must be a number"),
    "a divisor of null": (IMAGES, {"divide_by": None}, "divide_by must be a number"),
    "images without mean": (IMAGES, without(STATISTICS, "mean"), "mean must be a number"),
    "images without std": (IMAGES, without(STATISTICS, "std"), "std must be a number"),
    "images without high": (IMAGES, without(STATISTICS, "high"), "high must be a number"),
    "images without spread": (IMAGES, STATISTICS | {"std": 0}, "std must be a number"),
    "high below low": (IMAGES, STATISTICS | {"high": -2}, "high must be a number"),
    "low without bounds": (IMAGES, STATISTICS | {"low": float("nan")}, "low must be a number"),
    "an empty object": (ROWS, {}, "must hold mean, a list of 2 numbers"),
    "rows without mean": (ROWS, without(COLUMNS, "mean"), "must hold mean, a list of 2 numbers"),
    "rows without std": (ROWS, without(COLUMNS, "std"), "must hold std, a list of 2 numbers"),
    "a column too many": (ROWS, COLUMNS | {"mean": [0, 0, 0]}, "must hold mean, a list of 2"),
    "one number for all": (ROWS, COLUMNS | {"std": 1.0}, "must hold std, a list of 2 numbers"),
    "a column of text": (ROWS, COLUMNS | {"mean": [0, "x"]}, "mean must be a number"),
    "a column of null": (ROWS, COLUMNS | {"std": [None, 1]}, "std must be a number"),
    "a column without spread": (ROWS, COLUMNS | {"std": [1, 0]}, "deviation is not above 0"),
    "a spread below 0": (ROWS, COLUMNS | {"std": [-1, 1]}, "deviation is not above 0"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_is_refused(name):
    spec, config, message = DAMAGES[name]
    with pytest.raises(ConfigError, match=message):
        preprocessing.from_config(config, spec)


def test_images_without_low_are_no_rows():
    with pytest.raises(ConfigError, match="must hold mean, a list of 1 numbers"):
        preprocessing.from_config(without(STATISTICS, "low"), IMAGES)
