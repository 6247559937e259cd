"""Average precision: equal to pycocotools on random boxes, and fed in any portions."""

import contextlib
import io

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from lowlevel.average_precision import MAX_DETECTIONS, AveragePrecision, overlap_matrix
from lowlevel.checks import ConfigError, DataError

BOX = [[0, 0, 10, 10]]


def random_images(seed, kind):
    """A number of classes, and for each image boxes, classes, found boxes, their classes, scores.

    The kinds: "plain"; "ties", where boxes and scores take few values; "many", hundreds found in
    an image; "degenerate", boxes without height or width.
    """
    random = np.random.default_rng(seed)
    num_classes = int(random.integers(1, 6))

    def boxes(count):
        corners, sizes = random.random((count, 2)) * 60, random.random((count, 2)) * 40
        if kind == "degenerate":
            sizes *= random.random((count, 2)) > 0.3
        if kind == "ties":
            corners, sizes = np.round(corners / 10) * 10, np.round(sizes / 10) * 10
        return np.concatenate([corners, corners + sizes], axis=1)

    images = []
    for _ in range(random.integers(1, 12)):
        objects = int(random.integers(0, 8))  # none in some images
        detections = int(random.integers(0, 400 if kind == "many" else 15))
        there, found = boxes(objects), boxes(detections)
        if objects:
            near = random.random(detections) < 0.6
            moved = there[random.integers(0, objects, detections)]
            if kind == "plain":
                moved = moved + random.normal(0, 2, moved.shape)
            found[near] = np.maximum(moved, np.tile(moved[:, :2], 2))[near]
        scores = random.random(detections)
        if kind == "ties":
            scores = np.round(scores * 4) / 4
        never = int(num_classes > 2)  # of several classes, the last one is nowhere
        images.append(
            (
                there,
                random.integers(0, num_classes - never, objects),
                found,
                random.integers(0, num_classes, detections),
                scores,
            )
        )
    return num_classes, images


def reference(num_classes, images):
    """Mean, AP50, AP75 and means by class, as pycocotools has them; NaN where it says -1."""
    annotations, results = [], []
    for number, (there, classes, found, found_classes, scores) in enumerate(images, start=1):
        for box, kind in zip(there, classes, strict=True):
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": number,
                    "category_id": int(kind) + 1,
                    "bbox": as_coco(box),
                    "area": float(np.prod(box[2:] - box[:2])),
                    "iscrowd": 0,
                }
            )
        for box, kind, score in zip(found, found_classes, scores, strict=True):
            results.append(
                {
                    "image_id": number,
                    "category_id": int(kind) + 1,
                    "bbox": as_coco(box),
                    "score": float(score),
                }
            )
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = {
            "images": [{"id": number} for number in range(1, len(images) + 1)],
            "categories": [{"id": number} for number in range(1, num_classes + 1)],
            "annotations": annotations,
        }
        truth.createIndex()
        evaluation = COCOeval(truth, truth.loadRes(results), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    precision = evaluation.eval["precision"][:, :, :, 0, 2]  # [overlaps, recalls, classes]
    by_class = precision.mean(axis=(0, 1))
    by_class[by_class < 0] = np.nan
    means = evaluation.stats[:3]
    return np.where(means < 0, np.nan, means), by_class


def as_coco(box):
    top, left, bottom, right = map(float, box)
    return [left, top, right - left, bottom - top]


def measure(num_classes, images):
    metric = AveragePrecision(num_classes)
    for image in images:
        metric.update(*image)
    return metric.result()


def numbers(result):
    return np.array([result.mean, result.ap50, result.ap75, *result.by_class])


@pytest.mark.parametrize("kind", ["plain", "ties", "many", "degenerate"])
def test_equals_pycocotools(kind):
    interesting = crowded = 0
    for seed in range(12):
        num_classes, images = random_images(seed, kind)
        if not sum(len(image[2]) for image in images):
            continue  # pycocotools takes no empty list
        means, by_class = reference(num_classes, images)
        ours = numbers(measure(num_classes, images))
        np.testing.assert_allclose(ours, [*means, *by_class], rtol=0, atol=1e-6)
        interesting += 0 < ours[0] < 1
        crowded += max(np.bincount(image[3]).max(initial=0) for image in images) > MAX_DETECTIONS
    assert interesting >= 8
    assert crowded > 1 or kind != "many"


def test_of_more_than_a_hundred_in_an_image_the_best_count():
    """The only one that finds something is the 100th, or the 101st."""
    for better, expected in ((99, 1 / 100), (100, 0)):
        boxes = np.tile([[50.0, 50, 60, 60]], (151, 1))
        boxes[better] = BOX[0]
        image = BOX, [0], boxes, np.zeros(151, int), np.linspace(1, 0, 151)
        result = measure(1, [image])
        assert result.mean == pytest.approx(expected)
        np.testing.assert_allclose(reference(1, [tuple(map(np.asarray, image))])[0], result.mean)


def test_of_two_objects_overlapped_alike_the_last_one_is_taken():
    there = np.array([[0, 0, 10, 10], [0, 10, 10, 20]])
    both = [0, 0, 10, 20]
    for second, expected in ((there[0], 1), (there[1], 51 / 101)):
        image = there, np.zeros(2, int), np.array([both, second]), np.zeros(2, int), [0.9, 0.8]
        result = measure(1, [image])
        assert result.ap50 == pytest.approx(expected)
        np.testing.assert_allclose(reference(1, [image])[0], numbers(result)[:3], atol=1e-6)


def test_known_by_hand():
    found = np.array([[0, 0, 10, 10], [50, 50, 60, 60], [20, 20, 30, 28]])
    there = np.array([[0, 0, 10, 10], [20, 20, 30, 30]])
    result = measure(1, [(there, [0, 0], found, [0, 0, 0], [0.9, 0.8, 0.7])])
    # The first object at once; the second, by an overlap of 0.8, as the third of three.
    half, rest = 51 / 101, 50 / 101
    assert result.ap50 == pytest.approx(half + rest * 2 / 3)
    assert result.mean == pytest.approx(half + rest * 2 / 3 * 7 / 10)


def test_a_result_in_between_changes_nothing_and_reset_forgets():
    num_classes, images = random_images(3, "ties")
    metric = AveragePrecision(num_classes)
    for count, image in enumerate(images, start=1):
        metric.update(*image)
        so_far = numbers(metric.result())
        np.testing.assert_array_equal(so_far, numbers(measure(num_classes, images[:count])))
        np.testing.assert_array_equal(so_far, numbers(metric.result()))
    metric.reset()
    assert np.isnan(numbers(metric.result())).all()
    metric.update(*images[-1])
    alone = numbers(measure(num_classes, images[-1:]))
    np.testing.assert_array_equal(numbers(metric.result()), alone)


def test_nothing_there_and_nothing_found():
    nothing = [], [], [], [], []
    assert np.isnan(numbers(measure(2, []))).all()
    assert np.isnan(numbers(measure(2, [nothing]))).all()
    assert np.isnan(numbers(measure(2, [([], [], BOX, [1], [0.5])]))).all()
    missed = measure(2, [(BOX, [1], [], [], []), nothing])
    assert missed.mean == missed.by_class[1] == 0
    assert np.isnan(missed.by_class[0])


def test_arrays_without_anything_keep_their_shape():
    result = measure(1, [(BOX, [0], np.zeros((0, 4)), np.zeros(0, int), np.zeros(0))])
    assert result.mean == 0


def test_a_box_without_area_overlaps_nothing():
    flat = np.array([[0.0, 0, 0, 10]])
    assert overlap_matrix(flat, flat) == 0
    assert overlap_matrix(flat, np.array(BOX, float)) == 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({0: [[0, 0, 1]]}, r"objects need boxes \[number, 4\] and a class for each, not \[1, 3\]"),
        ({0: [0, 0, 1, 1]}, r"objects need boxes .* not \[4\] and \[1\]"),
        ({0: 3.0}, r"objects need boxes .* not \[\] and \[1\]"),
        ({0: []}, r"objects need boxes .* not \[0, 4\] and \[1\]"),
        ({0: [[0, 0, 1, 1], [0, 0, 1]]}, "the boxes of objects must "),
        ({0: [["a"] * 4]}, "the boxes of objects must "),
        ({0: [[0, 0, np.nan, 1]]}, "the boxes of objects must be finite"),
        ({0: [[0, 0, np.inf, 1]]}, "the boxes of objects must be finite"),
        ({0: [[0, 5, 1, 1]]}, "a box of the objects ends before it begins"),
        ({1: [0, 0]}, r"not \[1, 4\] and \[2\]"),
        ({1: [2]}, "classes of objects must be whole numbers below 2"),
        ({1: [-1]}, "classes of objects must be whole numbers below 2"),
        ({1: [0.5]}, "classes of objects must be whole numbers below 2"),
        ({1: [None]}, "the classes of objects"),
        ({2: [[0, 0, np.nan, 1]]}, "the boxes of detections must be finite"),
        ({2: [[5, 0, 1, 1]]}, "a box of the detections ends before it begins"),
        ({3: [7]}, "classes of detections must be whole numbers below 2"),
        ({4: [0.5, 0.5]}, r"detections need one score for each: 1, not \[2\]"),
        ({4: [np.nan]}, "the scores must be finite"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_of_it_kept(changes, message):
    good = BOX, [0], BOX, [0], [0.5]
    metric = AveragePrecision(2)
    metric.update(*good)
    before = numbers(metric.result())
    with pytest.raises(DataError, match=message):
        metric.update(*(changes.get(number, value) for number, value in enumerate(good)))
    np.testing.assert_array_equal(numbers(metric.result()), before)


def test_the_number_of_classes():
    with pytest.raises(ConfigError, match="num_classes must be"):
        AveragePrecision(0)
