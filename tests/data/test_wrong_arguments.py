"""What data refuses in a sentence."""

import numpy as np
import pytest
import tensorflow as tf

from lowlevel import seeds
from lowlevel.checks import ConfigError, DataError
from lowlevel.data import augment, auto_mpg, digits, standardize, training_data
from lowlevel.data.labelled_images import ImageDataset, LabelledImages
from lowlevel.data.vocabulary import Vocabulary, words
from tests.comparison import values

IMAGES, LABELS = np.arange(4 * 8 * 8).reshape(4, 8, 8, 1).astype(np.uint8), np.array([0, 1, 0, 1])
FLOATS, SEED = values(4, 8, 8, 1, low=0), seeds.derive(0, "test")

CHANGES = {
    "random_affine": lambda images, seed: augment.random_affine(images, seed, rotation=10),
    "random_flip": augment.random_flip,
    "random_crop": lambda images, seed: augment.random_crop(images, seed, 1),
    "random_cutout": lambda images, seed: augment.random_cutout(images, seed, 2),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_cannot_be_changed_at_random(change):
    for images in (FLOATS[0], FLOATS[..., 0], FLOATS[np.newaxis], FLOATS[:0], None, "a"):
        with pytest.raises(ConfigError, match="images must "):
            change(images, SEED)
    for seed in (None, 3, [1, 2, 3], [0.5, 1.5]):
        with pytest.raises(ConfigError, match="a seed must be two whole numbers"):
            change(FLOATS, seed)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_changes_of_doubles_and_lists(change):
    expected = change(tf.constant(FLOATS), SEED)
    for images in (FLOATS.astype(np.float64), FLOATS.tolist()):
        np.testing.assert_allclose(change(images, SEED), expected, atol=1e-6)


def test_bytes_would_be_rounded_when_they_are_turned():
    with pytest.raises(ConfigError, match="images must hold floats, not uint8"):
        augment.random_affine(IMAGES, SEED, rotation=10)


def test_vertical_is_a_choice():
    with pytest.raises(ConfigError, match="vertical must be True or False"):
        augment.random_flip(FLOATS, SEED, vertical="no")


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (IMAGES / 255, "must be whole numbers from 0 to 255"),
        (IMAGES.astype(int) + 300, "must be whole numbers from 0 to 255"),
        (IMAGES.astype(int) - 300, "must be whole numbers from 0 to 255"),
        (IMAGES[:0], "there are no training images"),
        (IMAGES * 0 + 7, "all pixels of the training images are alike"),
        (np.ma.masked_array(IMAGES, True), "images must not be masked"),
    ],
)
def test_images_without_statistics(images, message):
    with pytest.raises(DataError, match=message):
        standardize.statistics_of(images)


def test_statistics_that_are_no_dict():
    with pytest.raises(ConfigError, match="statistics must be a dict of mean, std, low, high"):
        standardize.check_statistics(None)


def test_bytes_are_not_standardized():
    with pytest.raises(ConfigError, match="images must hold floats, not uint8"):
        standardize.apply(IMAGES, standardize.statistics_of(IMAGES))


def test_a_feature_that_is_constant():
    """It becomes 0, whatever its value."""
    table = np.array([[1, 0.1], [2, 0.1], [4, 0.1]], np.float32)
    statistics = auto_mpg.statistics_of(table)
    standardized = auto_mpg.standardize(table, statistics)
    np.testing.assert_allclose(standardized[:, 0].std(), 1, rtol=1e-6)
    np.testing.assert_allclose(standardized[:, 1], 0, atol=1e-6)


@pytest.mark.parametrize("part", ["images", "labels"])
def test_a_mask_is_not_ignored(part):
    parts = {"images": IMAGES, "labels": LABELS}
    parts[part] = np.ma.masked_array(parts[part], True)
    with pytest.raises(DataError, match=f"digits: {part} must not be masked"):
        LabelledImages(**parts, source="digits")


@pytest.mark.parametrize(
    ("names", "message"),
    [(3, "a tuple of names"), ("ab", "a tuple of names"), (("a", "a"), "are alike: a, a")],
)
def test_names_of_classes(names, message):
    images = LabelledImages(IMAGES, LABELS, "digits")
    with pytest.raises(ConfigError, match=f"class_names.* {message}"):
        ImageDataset("digits", images, images, names)


def test_names_of_classes_become_a_tuple_of_text():
    images = LabelledImages(IMAGES, LABELS, "digits")
    assert ImageDataset("digits", images, images, [3, 8]).class_names == ("3", "8")


@pytest.mark.parametrize("channels", ["3", 0, -1, 1.5])
def test_channels_that_cannot_be(channels):
    images = LabelledImages(IMAGES, LABELS, "digits")
    with pytest.raises(ConfigError, match="channels must be a whole number of at least 1"):
        ImageDataset("digits", images, images).with_channels(channels)


@pytest.mark.parametrize("texts", ["good film", b"good", None, 3])
def test_what_is_no_list_of_texts(texts):
    with pytest.raises(DataError, match="texts must be a list of strings"):
        Vocabulary.of(texts, 5)
    with pytest.raises(DataError, match="texts must be a list of strings"):
        Vocabulary(["good"]).numbers(texts)


@pytest.mark.parametrize("text", [None, 3, b"good"])
def test_what_is_no_text(text):
    with pytest.raises(DataError, match="a text must be a string"):
        words(text)


@pytest.mark.parametrize("most", [0, -1, 1.5, None])
def test_the_size_of_a_vocabulary(most):
    with pytest.raises(ConfigError, match="max_words must be a whole number"):
        Vocabulary.of(["good good"], most)


def test_a_part_of_a_dataset_is_not_both():
    part = LabelledImages(IMAGES, LABELS, "part")
    spec = tf.TensorSpec([None, 8, 8, 1])
    for function in (training_data.of_images, lambda it: training_data.of_same_images(it, spec)):
        with pytest.raises(ConfigError, match="an ImageDataset, which has both, not LabelledIm"):
            function(part)


@pytest.mark.parametrize(
    ("arguments", "message"), [(["sample"], "size must be a whole"), ([8, 4], "margin must be")]
)
def test_digits_of_no_size(arguments, message):
    with pytest.raises(ConfigError, match=message):
        digits.load(*arguments)
