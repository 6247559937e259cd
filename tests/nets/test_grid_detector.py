"""The grid detector: targets and boxes are inverse, the loss is what it says, and it learns."""

import numpy as np
import pytest
import tensorflow as tf

from lowlevel import optimizers
from lowlevel.data import digit_scenes
from lowlevel.nets import grid_detector
from lowlevel.prediction import detection
from lowlevel.reports.detection import average_precision
from tests.steps import make_step, network_of

CONFIG = grid_detector.Config()
SURE = 20.0  # a logit of which the sigmoid is 1 in float32


@pytest.fixture(scope="module")
def scenes(digits):
    return digit_scenes.draw(digits.train, 320, (1,))


def perfect_outputs(targets):
    """What a network would say that is sure and right."""
    places = np.clip(targets[..., 1:3], 1e-6, 1 - 1e-6)
    return tf.concat(
        [
            SURE * (2 * targets[..., :1] - 1),
            np.log(places / (1 - places)),
            targets[..., 3:5],
            SURE * np.eye(CONFIG.num_classes, dtype=np.float32)[targets[..., 5].astype(int)],
        ],
        axis=-1,
    )


def test_targets_and_boxes_are_inverse(scenes):
    targets = grid_detector.targets(CONFIG, scenes.boxes, scenes.classes)
    assert targets.shape == (len(scenes), 12, 12, 6)
    np.testing.assert_array_equal(targets[..., 0].sum(axis=(1, 2)), (scenes.classes >= 0).sum(1))
    boxes = grid_detector.boxes_of(CONFIG, perfect_outputs(targets)).numpy()
    for index in range(len(scenes)):
        where = targets[index, ..., 0] == 1
        there, classes = scenes.objects(index)
        found = np.column_stack([boxes[index][where], targets[index, ..., 5][where]])
        expected = np.column_stack([there, classes])
        np.testing.assert_allclose(in_order(found), in_order(expected), atol=1e-3)


def in_order(rows):
    return rows[np.lexsort(np.round(rows.T))]


def test_perfect_outputs_are_found_and_cost_nothing(scenes):
    targets = grid_detector.targets(CONFIG, scenes.boxes, scenes.classes)
    outputs = perfect_outputs(targets)
    assert float(tf.reduce_max(grid_detector.loss(targets, outputs))) < 1e-5
    found = {
        name: value.numpy() for name, value in grid_detector.detections(CONFIG, outputs).items()
    }
    np.testing.assert_array_equal(found["count"], (scenes.classes >= 0).sum(axis=1))
    result = average_precision(found, scenes, CONFIG.num_classes)
    assert result.mean == pytest.approx(1)


def test_the_loss_cell_by_cell(scenes):
    """Written out in loops, on outputs that are wrong everywhere."""
    targets = grid_detector.targets(CONFIG, scenes.boxes[:3], scenes.classes[:3])
    outputs = np.random.default_rng(0).normal(0, 2, (3, 12, 12, 15)).astype(np.float32)
    expected = np.zeros(3)
    for image, row, column in np.ndindex(3, 12, 12):
        target, output = targets[image, row, column], outputs[image, row, column].astype(float)
        present, *places_and_sizes = 1 / (1 + np.exp(-output[:3]))
        places_and_sizes += [*output[3:5]]
        if target[0] == 0:
            expected[image] -= np.log(1 - present)
            continue
        squares = np.square(np.array(places_and_sizes) - target[1:5]).sum()
        probabilities = np.exp(output[5:]) / np.exp(output[5:]).sum()
        expected[image] += 5 * squares - np.log(present) - np.log(probabilities[int(target[5])])
    np.testing.assert_allclose(grid_detector.loss(targets, outputs), expected, rtol=1e-5)


def test_scores_are_probabilities_of_being_there_and_of_that_class():
    outputs = np.full((1, 12, 12, 15), -SURE, np.float32)
    outputs[0, 3, 4, :5] = [0, 0, 0, np.log(0.5), np.log(2)]
    outputs[0, 3, 4, 5:] = np.log([0.5, 0.3] + [0.025] * 8)
    found = detection.of_image(grid_detector.detections(CONFIG, outputs), 0)
    boxes, classes, scores = (array.numpy() for array in found)
    assert classes[:2].tolist() == [0, 1]
    np.testing.assert_allclose(scores[:3], [0.25, 0.15, 0.0125], rtol=1e-5)
    # In the middle of cell (3, 4), half as high and twice as wide as usual.
    np.testing.assert_allclose(boxes[0], [28 - 6, 36 - 24, 28 + 6, 36 + 24], rtol=1e-5)


def test_sizes_that_would_overflow_are_finite():
    outputs = tf.fill([1, 12, 12, 15], 1e4)
    assert np.isfinite(grid_detector.boxes_of(CONFIG, outputs)).all()


def test_detecting_in_any_portions_is_the_same(scenes, monkeypatch):
    variables = grid_detector.build(CONFIG, seed=0)
    whole = detection.detect(CONFIG, variables, scenes.images[:7])
    monkeypatch.setattr(detection, "BATCH_SIZE", 3)
    parts = detection.detect(CONFIG, variables, scenes.images[:7])
    for name, value in whole.items():
        np.testing.assert_allclose(parts[name], value, atol=1e-4)


def test_it_learns_scenes(scenes):
    variables = grid_detector.build(CONFIG, seed=0)
    targets = tf.constant(grid_detector.targets(CONFIG, scenes.boxes, scenes.classes))
    network, spec = network_of(grid_detector, CONFIG, variables), [None, *targets.shape[1:]]
    optimizer = optimizers.Adam(3e-3)
    step, _ = make_step(network, grid_detector.loss, optimizer, tf.TensorSpec(spec))
    images = tf.constant(scenes.images / np.float32(255))
    history = []
    for _ in range(3):
        for start in range(0, len(scenes), 32):
            part = slice(start, start + 32)
            history.append(np.mean(step(images[part], targets[part])["loss"]))
    assert np.mean(history[-5:]) < 25 < 90 < history[0]
