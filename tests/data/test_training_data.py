"""Training data: what configs say of them, and which batches an epoch still holds."""

import dataclasses
import itertools
import json

import numpy as np
import pytest
import tensorflow as tf

from lowlevel.checks import ConfigError, DataError
from lowlevel.data import training_data
from lowlevel.data.augment import Augmentation
from lowlevel.data.examples import Arrays
from lowlevel.data.image_sources import ImagesInMemory
from lowlevel.data.labelled_images import ImageDataset, LabelledImages
from lowlevel.data.stream import Stream
from lowlevel.data.training_data import TrainingData
from lowlevel.training.recipe import Recipe
from tests.comparison import values

COUNT, BATCH_SIZE = 20, 6  # batches of 6, 6, 6 and 2
LABELS = np.arange(COUNT) % 4
RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.integers(0, 256, (COUNT, 5, 5, 1), np.uint8)
ARRAYS = Arrays(np.arange(COUNT), np.arange(COUNT))


@dataclasses.dataclass
class Position:
    """Where a run is: what `TrainingData.batches` asks of a state."""

    step: int = 0
    epoch: int = 0
    epoch_start: int = 0
    rollbacks: int = 0


def numbers(data, position=None, seed=0):
    """The inputs of each batch that is left, which are the examples' numbers."""
    batches = data.batches(position or Position(), Recipe(seed=seed, batch_size=BATCH_SIZE))
    return [inputs.tolist() for inputs, _ in batches.as_numpy_iterator()]


def test_an_epoch_holds_each_example_once():
    batches = numbers(TrainingData(ARRAYS))
    assert [len(batch) for batch in batches] == [6, 6, 6, 2]
    assert sorted(itertools.chain(*batches)) == list(range(COUNT))
    assert TrainingData(ARRAYS).steps(BATCH_SIZE) == 4


def test_the_order_follows_from_seed_and_epoch_alone():
    data = TrainingData(ARRAYS)
    first = numbers(data)
    assert first == numbers(data)
    assert first == numbers(data, Position(step=40, epoch=0, epoch_start=40))
    assert first != numbers(data, seed=1)
    assert first != numbers(data, Position(step=4, epoch=1, epoch_start=4))


def test_the_order_may_follow_from_the_step_that_the_epoch_begins_at():
    data = TrainingData(ARRAYS, shuffled_by="step")
    first = numbers(data)
    assert first == numbers(data, Position(epoch=9))
    assert first != numbers(data, Position(step=40, epoch=0, epoch_start=40))


def test_without_shuffling_examples_come_as_they_are():
    data = TrainingData(ARRAYS, shuffled_by=None)
    for position in (Position(), Position(step=4, epoch=1, epoch_start=4)):
        batches = numbers(data, position, seed=position.epoch)
        assert list(itertools.chain(*batches)) == list(range(COUNT))


@pytest.mark.parametrize("shuffled_by", ["epoch", "step", None])
@pytest.mark.parametrize("done", [0, 1, 3, 4])
def test_what_is_done_is_skipped(shuffled_by, done):
    data = TrainingData(ARRAYS, shuffled_by=shuffled_by)
    whole = numbers(data, Position(step=8, epoch=2, epoch_start=8))
    assert numbers(data, Position(step=8 + done, epoch=2, epoch_start=8)) == whole[done:]


def test_a_stream_goes_on_where_it_is():
    dataset = tf.data.Dataset.range(40).batch(4).map(lambda x: (x, x))
    stream = Stream(dataset, tf.TensorSpec([None], tf.int64))
    data = TrainingData(stream, steps_per_epoch=3)
    assert data.steps(BATCH_SIZE) == 3
    first = [batch[0].numpy()[0] for batch in data.batches(Position(), Recipe())]
    second = [batch[0].numpy()[0] for batch in data.batches(Position(4, 1, 3), Recipe())]
    assert (first, second) == ([0, 4, 8], [12, 16])  # one step of the second epoch is done


def parts(count=COUNT, shape=(5, 5, 1)):
    images = RANDOM.integers(0, 256, (count, *shape), np.uint8)
    return LabelledImages(images, np.arange(count) % 4, "some")


DATASET = ImageDataset("drawn", LabelledImages(IMAGES, LABELS, "a"), parts(8), tuple("abcd"))


CHANGES = Augmentation(shift=2, flip=True)


def images_of(augmentation, step, epoch_start=0):
    """The images of each batch that is left at a step of the first epoch."""
    data = training_data.of_images(DATASET, augmentation)
    position = Position(step, epoch_start=epoch_start)
    batches = data.batches(position, Recipe(batch_size=BATCH_SIZE)).as_numpy_iterator()
    return [images for images, _ in batches]


def test_augmentation_follows_from_the_step_so_that_a_run_can_be_taken_up():
    plain, whole, rest = images_of(None, 0), images_of(CHANGES, 0), images_of(CHANGES, 2)
    assert not np.array_equal(plain[2], whole[2])
    np.testing.assert_equal(rest, whole[2:])
    again = images_of(CHANGES, 40, epoch_start=40)  # the same order, another step
    assert not np.array_equal(again[0], whole[0])


STREAM = Stream(DATASET.train.examples.batches(4), tf.TensorSpec([None, 5, 5, 1]))


@pytest.mark.parametrize(
    "train",
    [ARRAYS, Arrays({"image": IMAGES}, LABELS), STREAM],
    ids=["numbers", "a dict", "a stream"],
)
def test_augmentation_is_for_images_in_an_order_of_the_runs(train):
    with pytest.raises(ConfigError, match="augmentation is for images whose order the run choos"):
        TrainingData(train, augmentation=Augmentation(flip=True))
    TrainingData(train)


def test_what_is_known_of_images():
    data = training_data.of_images(DATASET, image_files="resize")
    assert data.description == {
        "name": "drawn",
        "train_images": 20,
        "test_images": 8,
        "sha256": DATASET.sha256(),
    }
    assert data.facts == {
        "preprocessing": {"divide_by": 255, "image_files": "resize"},
        "class_names": ["a", "b", "c", "d"],
    }
    assert training_data.of_images(DATASET).facts["preprocessing"]["image_files"] == "digit"
    assert (data.train.count, data.held_out.count, data.held_out_name) == (20, 8, "test")


def test_a_digest_tells_data_apart():
    changed = DATASET.train.labels.copy()
    changed[3] = 0
    other = dataclasses.replace(DATASET, train=LabelledImages(IMAGES, changed, "a"))
    assert other.sha256() != DATASET.sha256()
    moved = dataclasses.replace(DATASET, train=LabelledImages(IMAGES, LABELS, "elsewhere"))
    assert moved.sha256() == DATASET.sha256()


def test_images_to_be_given_back():
    spec = tf.TensorSpec([None, 5, 5, 1], tf.float32)
    data = training_data.of_same_images(DATASET, spec)
    images, targets = next(iter(data.held_out.batches(8)))
    np.testing.assert_array_equal(images, DATASET.test.images / np.float32(255))
    np.testing.assert_array_equal(images, targets)
    assert data.facts == {"preprocessing": {"divide_by": 255, "image_files": "digit"}}
    assert data.description["train_examples"] == 20
    wrong = tf.TensorSpec([None, 5, 5, 3], tf.float32)
    with pytest.raises(DataError, match=r"takes images of \(5, 5, 3\) .* not \(5, 5, 1\)"):
        training_data.of_same_images(DATASET, wrong)


def test_images_of_sources_are_standardized_by_those_to_train_on():
    train = ImagesInMemory(np.array([51, 102], np.uint8).reshape(2, 1, 1, 1), "train")
    test = ImagesInMemory(np.array([0, 76, 102, 255], np.uint8).reshape(4, 1, 1, 1), "test")
    data = training_data.of_sources("two", train, test)
    assert data.description == {
        "name": "two",
        "train_images": 2,
        "test_images": 4,
        "train_sha256": train.sha256(),
        "test_sha256": test.sha256(),
    }
    assert train.sha256() != test.sha256()
    statistics = data.facts["preprocessing"]
    expected = {"mean": 0.3, "std": 0.1, "low": -1, "high": 1}
    assert statistics == pytest.approx(expected, abs=1e-12)
    (images, targets) = next(iter(data.held_out.batches(4)))
    np.testing.assert_allclose(images[:, 0, 0, 0], [0, 25 / 51, 1, 1], atol=1e-6)
    np.testing.assert_array_equal(images, targets)


def test_sources_of_one_shade_teach_nothing():
    grey = ImagesInMemory(np.full((3, 4, 4, 1), 7, np.uint8), "grey")
    with pytest.raises(DataError, match="all pixels of the training images are alike"):
        training_data.of_sources("grey", grey, grey)


def test_arrays():
    train, held_out = Arrays(values(6, 2), values(6)), Arrays(values(3, 2), values(3))
    data = training_data.of_arrays("rows", train, held_out, "validation", columns=["a", "b"])
    digest = data.description.pop("sha256")
    assert data.description == {"name": "rows", "train_examples": 6, "validation_examples": 3}
    assert data.facts == {"columns": ["a", "b"]}
    assert (data.train, data.held_out, data.held_out_name) == (train, held_out, "validation")
    again = training_data.of_arrays("rows", train, held_out)
    assert again.description["sha256"] == digest
    assert again.description["test_examples"] == 3
    other = training_data.of_arrays("rows", train, Arrays(values(3, 2), values(3, seed=9)))
    assert other.description["sha256"] != digest


def test_a_config_can_be_written_as_json():
    data = training_data.of_images(DATASET)
    said = {"data": data.description, **data.facts}
    assert json.loads(json.dumps(said)) == said


@pytest.mark.parametrize("labels", [LABELS.astype(np.uint8), LABELS.astype(np.int64), [*LABELS]])
def test_labels_of_any_whole_numbers_are_taken(labels):
    images = LabelledImages(IMAGES.tolist(), labels, "some")
    assert (images.images.dtype, images.labels.dtype) == (np.uint8, np.int32)
    np.testing.assert_array_equal(images.images, IMAGES)
    np.testing.assert_array_equal(images.labels, LABELS)
    batch = next(iter(images.examples.batches(COUNT)))
    assert [tensor.dtype for tensor in batch] == [tf.float32, tf.int32]
    np.testing.assert_array_equal(batch[1], LABELS)


@pytest.mark.parametrize(
    "images, labels, message",
    [
        (IMAGES, LABELS.astype(np.float32), "labels must be a whole number .*not float32 .20."),
        (IMAGES, LABELS[:, np.newaxis], r"labels must be a whole number .*\[20, 1\]"),
        (IMAGES, LABELS - 1, "labels must be whole numbers from 0 on"),
        (IMAGES, LABELS + 2**31, "labels must be whole numbers from 0 on"),
        (IMAGES, LABELS[1:], "holds 20 images but 19 labels"),
        (IMAGES / 255, LABELS, "images must be whole numbers .*not float64"),
        (IMAGES[..., 0], LABELS, r"images must be whole numbers .*\[20, 5, 5\]"),
        (IMAGES.astype(int) + 1, LABELS, "images must lie in 0 to 255"),
        (IMAGES.astype(int) - 1, LABELS, "images must lie in 0 to 255"),
        (IMAGES[:0], LABELS[:0], "contains no images"),
    ],
)
def test_images_and_labels_that_are_refused(images, labels, message):
    with pytest.raises(DataError, match=f"some/path:? .*{message}|some/path {message}"):
        LabelledImages(images, labels, "some/path")


@pytest.mark.parametrize(
    "setting",
    [
        {"rotate": -1}, {"rotate": 180.5}, {"rotate": "much"}, {"zoom": 1}, {"zoom": -0.1},
        {"shift": -1}, {"shift": np.inf}, {"flip": 1}, {"flip_vertical": None}, {"crop": -1},
        {"crop": 0.5}, {"cutout": -2}, {"cutout": True}, {"fill": "mirror"},
    ],
    ids=str,
)  # fmt: skip
def test_augmentation_out_of_range(setting):
    (name,) = setting
    with pytest.raises(ConfigError, match=f"^{name} must be"):
        Augmentation(**setting)


def test_augmentation_at_its_limits():
    Augmentation(rotate=180, zoom=0.999, shift=100, flip=True, crop=0, cutout=5, fill="nearest")
