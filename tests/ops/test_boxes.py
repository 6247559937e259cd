"""Boxes: overlaps and non-maximum suppression against their definitions and TensorFlow's own."""

import numpy as np
import pytest
import tensorflow as tf

from lowlevel import ops
from lowlevel.average_precision import overlap_matrix
from lowlevel.ops.boxes import plain_non_max_suppression


def random_boxes(random, count, ties=False):
    corners, sizes = random.uniform(0, 60, (count, 2)), random.uniform(0, 40, (count, 2))
    if ties:
        corners, sizes = np.round(corners / 10) * 10, np.round(sizes / 10) * 10
    return np.concatenate([corners, corners + sizes], axis=1).astype(np.float32)


def test_overlap_by_hand():
    boxes = tf.constant([[0.0, 0, 4, 4], [0, 0, 2, 4], [2, 2, 6, 6], [5, 5, 9, 9], [1, 1, 1, 3]])
    overlaps = ops.intersection_over_union(boxes[:1], boxes)
    np.testing.assert_allclose(overlaps, [1, 0.5, 4 / 28, 0, 0])
    flat = boxes[4]
    assert float(ops.intersection_over_union(flat, flat)) == 0


@pytest.mark.parametrize("ties", [False, True])
def test_overlaps_of_all_pairs_are_those_of_the_metric(ties):
    boxes = random_boxes(np.random.default_rng(0), 40, ties)
    pairs = ops.intersection_over_union(boxes[:, np.newaxis], boxes[np.newaxis])
    expected = overlap_matrix(boxes.astype(np.float64), boxes.astype(np.float64))
    assert 0 < np.mean(expected > 0) < 1
    np.testing.assert_allclose(pairs, expected, atol=1e-6)


@pytest.mark.parametrize("overlap", [0.0, 0.3, 0.5, 1.0])
@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize(
    "seeds", [(0, 1), pytest.param((2, 3, 4), marks=pytest.mark.slow)], ids=["few", "more"]
)
def test_suppression_of_one_class_is_the_definition_and_tensorflows(overlap, ties, seeds):
    for seed in seeds:
        random = np.random.default_rng(seed)
        boxes, scores = random_boxes(random, 30, ties), random.random(30).astype(np.float32)
        plain = plain_non_max_suppression(boxes, scores, overlap)
        assert 1 < len(plain) < 30 or overlap == 1
        theirs = tf.image.non_max_suppression(boxes, scores, 30, iou_threshold=overlap)
        assert plain == theirs.numpy().tolist()
        found = ops.non_max_suppression(boxes[None], scores[None, :, None], overlap, 0.0, 30)
        assert int(found["count"][0]) == len(plain)
        np.testing.assert_array_equal(found["boxes"][0, : len(plain)], boxes[plain])
        np.testing.assert_array_equal(found["scores"][0, : len(plain)], scores[plain])


def test_each_class_and_each_image_by_itself():
    random = np.random.default_rng(0)
    boxes = np.stack([random_boxes(random, 20) for _ in range(2)])
    scores = random.random((2, 20, 4)).astype(np.float32)
    found = ops.non_max_suppression(boxes, scores, 0.2, 0.3, 25)
    for image in range(2):
        expected = []
        for number in range(4):
            of_class = scores[image, :, number]
            kept = plain_non_max_suppression(boxes[image], of_class, 0.2)
            expected += [(of_class[i], number, i) for i in kept if of_class[i] > 0.3]
        expected = sorted(expected, reverse=True)[:25]
        count = int(found["count"][image])
        assert count == len(expected) > 10
        chosen = [index for _, _, index in expected]
        np.testing.assert_array_equal(found["boxes"][image, :count], boxes[image, chosen])
        np.testing.assert_array_equal(found["classes"][image, :count], [c for _, c, _ in expected])
        np.testing.assert_array_equal(found["scores"][image, :count], [s for s, _, _ in expected])
    assert found["classes"].dtype == tf.int32


def test_the_most_and_the_smallest_score():
    boxes = np.array([[[10.0 * i, 0, 10 * i + 5, 5] for i in range(6)]], np.float32)
    scores = np.array([[0.9, 0.1, 0.8, 0.3, 0.7, 0.5]], np.float32)[..., np.newaxis]
    found = ops.non_max_suppression(boxes, scores, 0.5, 0.3, 3)
    np.testing.assert_allclose(found["scores"], [[0.9, 0.8, 0.7]])
    found = ops.non_max_suppression(boxes, scores, 0.5, 0.3, 10)
    assert int(found["count"][0]) == 4  # a score of 0.3 is left out
    assert found["boxes"].shape == [1, 10, 4]
