"""Scenes of digits: from a seed, with boxes that fit."""

import dataclasses
import itertools

import numpy as np
import pytest

from lowlevel.checks import DataError
from lowlevel.data import digit_scenes
from lowlevel.data.labelled_images import ImageDataset, LabelledImages
from tests.idx_files import write_random


@pytest.fixture(scope="module")
def scenes(digits):
    return digit_scenes.draw(digits.train, 200, (7,))


def equal(one, other):
    return all(
        np.array_equal(getattr(one, field.name), getattr(other, field.name))
        for field in dataclasses.fields(one)
    )


def test_same_seed_same_bits(digits, scenes):
    assert equal(digit_scenes.draw(digits.train, 200, (7,)), scenes)
    assert not equal(digit_scenes.draw(digits.train, 200, (8,)), scenes)
    fewer = digit_scenes.draw(digits.train, 20, (7,))
    np.testing.assert_array_equal(fewer.images, scenes.images[:20])


def test_boxes_are_tight_and_hold_all_ink(scenes):
    for index in range(len(scenes)):
        image, rest = scenes.images[index, ..., 0], scenes.images[index, ..., 0].copy()
        boxes, classes = scenes.objects(index)
        assert 1 <= len(boxes) == len(classes) <= digit_scenes.MAX_DIGITS
        for top, left, bottom, right in boxes.astype(int):
            assert 0 <= top < bottom <= digit_scenes.CANVAS
            assert 0 <= left < right <= digit_scenes.CANVAS
            part = image[top:bottom, left:right]
            for rim in (part[0], part[-1], part[:, 0], part[:, -1]):
                assert rim.max() > digit_scenes.INK
            rest[top:bottom, left:right] = 0
        assert not rest.any()


def test_boxes_hardly_overlap(scenes):
    touching = 0
    for index in range(len(scenes)):
        for one, other in itertools.combinations(scenes.objects(index)[0], 2):
            sides = np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2])
            shared = np.prod(np.maximum(sides, 0))
            smaller = min(np.prod(box[2:] - box[:2]) for box in (one, other))
            assert shared <= digit_scenes.MAX_OVERLAP * smaller
            touching += shared > 0
    assert touching > 5


def test_no_cell_of_8_pixels_holds_two_centres():
    """Thin bars could stand close together."""
    images = np.zeros((1, 40, 40, 1), np.uint8)
    images[:, :, :3] = 255
    bars = LabelledImages(images, np.zeros(1, np.int32), "bars")
    scenes = digit_scenes.draw(bars, 200, (0,))
    pairs = 0
    for index in range(len(scenes)):
        for one, other in itertools.combinations(scenes.objects(index)[0], 2):
            cells = [((box[:2] + box[2:]) / 2 // 8).tolist() for box in (one, other)]
            assert cells[0] != cells[1]
            pairs += 1
    assert pairs > 500


def test_sizes_and_numbers_differ(scenes):
    boxes = np.concatenate([scenes.objects(index)[0] for index in range(len(scenes))])
    heights = boxes[:, 2] - boxes[:, 0]
    assert heights.min() < digit_scenes.SMALLEST + 3
    most = digit_scenes.LARGEST + 2 * digit_scenes.MARGIN
    assert digit_scenes.LARGEST - 3 < heights.max() <= most
    counts = (scenes.classes >= 0).sum(axis=1)
    assert set(counts) == set(range(1, digit_scenes.MAX_DIGITS + 1))
    assert set(scenes.classes[scenes.classes >= 0]) == set(range(10))


def test_digits_as_wide_as_the_canvas_have_room():
    images = np.full((1, 5, 60, 1), 255, np.uint8)
    bars = LabelledImages(images, np.zeros(1, np.int32), "bars")
    boxes = digit_scenes.draw(bars, 30, (0,)).boxes
    assert 80 < (boxes[..., 3] - boxes[..., 1]).max() <= digit_scenes.CANVAS


def test_no_digit_is_in_two_of_the_three(monkeypatch):
    """Each digit is a bar of a width of its own, which its box tells."""
    for name in ("VALIDATION_SCENES", "TEST_SCENES"):
        monkeypatch.setattr(digit_scenes, name, 30)
    monkeypatch.setattr(digit_scenes, "SMALLEST", 40)  # so that nothing is scaled
    monkeypatch.setattr(digit_scenes, "MAX_BLUR", 0)
    images = np.zeros((30, 40, 40, 1), np.uint8)
    for width, image in enumerate(images, start=5):
        image[:, :width] = 255
    labels = np.arange(30, dtype=np.int32)
    names = tuple(map(str, labels))
    train = LabelledImages(images[:20], labels[:20], "train")
    test = LabelledImages(images[20:], labels[20:], "test")
    parts = digit_scenes.load(ImageDataset("bars", train, test, names), train_scenes=100)
    assert [len(part) for part in parts] == [100, 30, 30]
    seen = [set(part.classes[part.classes >= 0].tolist()) for part in parts]
    assert seen[0] == set(range(18))
    assert seen[1] == {18, 19}
    assert seen[2] <= set(range(20, 30))
    for part in parts:
        for index in range(len(part)):
            boxes, classes = part.objects(index)
            np.testing.assert_array_equal(boxes[:, 3] - boxes[:, 1], classes + 5)


@pytest.mark.parametrize("brightness", [0, digit_scenes.INK])
def test_a_black_digit_is_named(brightness):
    images = np.full((3, 8, 8, 1), brightness, np.uint8)
    black = LabelledImages(images, np.zeros(3, np.int32), "there/images")
    with pytest.raises(DataError, match=r"image \d of there/images is completely black"):
        digit_scenes.draw(black, 1, (0,))


def test_too_few_digits(tmp_path):
    from lowlevel.data import mnist

    dataset = mnist.read_directory(write_random(tmp_path, train=9))
    with pytest.raises(DataError, match="holds 9 images; scenes need at least 10"):
        digit_scenes.load(dataset, 1)
