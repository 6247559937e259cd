"""Judging detections: what counts, what is reported, what is drawn."""

import itertools
import json

import numpy as np
import pytest

from lowlevel.data.digit_scenes import Scenes
from lowlevel.reports import box_plots, detection
from tests.reports.test_plots import count_pixels

# Two objects of class 0 in the first scene, one of class 1 in the second, none of class 2.
BOXES = np.array([[[10, 10, 30, 30], [50, 50, 80, 70]], [[0, 0, 20, 20], [0] * 4]], np.float32)
CLASSES = np.array([[0, 0], [1, -1]], np.int32)
SCENES = Scenes(np.zeros((2, 96, 96, 1), np.uint8), BOXES, CLASSES)
NAMES = ("zero", "one", "two")


def found(*images):
    """Detections as a network gives them: each image a list of (box, class, score)."""
    most = 4
    return {
        "boxes": np.array(
            [[box for box, _, _ in image] + [[9e9] * 4] * (most - len(image)) for image in images],
            np.float32,
        ),
        "classes": np.array([[c for _, c, _ in i] + [2] * (most - len(i)) for i in images]),
        "scores": np.array([[s for _, _, s in i] + [0.99] * (most - len(i)) for i in images]),
        "count": np.array([len(image) for image in images]),
    }


FOUND = found(
    [(BOXES[0, 0], 0, 0.9), ([0, 0, 5, 5], 1, 0.4), (BOXES[0, 1], 0, 0.2)], [(BOXES[1, 0], 1, 0.8)]
)


def test_filling_does_not_count_and_scores_choose():
    boxes, classes, scores = detection.of_image(FOUND, 0)
    assert classes.tolist() == [0, 1, 0]
    assert boxes.shape == (3, 4)
    assert scores.max() == 0.9
    boxes, classes, scores = detection.of_image(FOUND, 0, min_score=0.4)
    assert (classes.tolist(), scores.tolist()) == ([0, 1], [0.9, 0.4])


def test_the_report_for_people_and_for_programs(tmp_path):
    report = detection.report(FOUND, SCENES, NAMES, epoch=7)
    report.write(tmp_path)
    numbers = json.loads((tmp_path / "report.json").read_text())
    assert (numbers["scenes"], numbers["epoch"]) == (2, 7)
    assert numbers["average_precision"] == numbers["ap50"] == numbers["ap75"] == pytest.approx(1)
    assert numbers["classes"]["zero"] == {"average_precision": pytest.approx(1), "objects": 2}
    assert numbers["classes"]["two"] == {"average_precision": None, "objects": 0}
    text = (tmp_path / "report.txt").read_text()
    assert [line.split() for line in text.splitlines()[1:5]] == [
        ["zero", "1.0000", "2"],
        ["one", "1.0000", "1"],
        ["two", "-", "0"],
        ["all", "1.0000", "3"],
    ]


def test_what_is_missed_and_what_is_wrong_costs():
    missed = found([(BOXES[0, 0], 0, 0.9)], [])
    result = detection.average_precision(missed, SCENES, 3)
    np.testing.assert_allclose(result.by_class, [51 / 101, 0, np.nan])
    wrong_class = found([(BOXES[0, 0], 1, 0.9), (BOXES[0, 1], 1, 0.9)], [])
    assert detection.average_precision(wrong_class, SCENES, 3).mean == 0


def test_boxes_are_drawn_where_they_are(tmp_path):
    images = [np.zeros((96, 96, 1), np.uint8)] * 2
    boxes = [detection.of_image(FOUND, index) for index in range(2)]
    nothing = [tuple(array[:0] for array in image) for image in boxes]
    paths = [tmp_path / f"{number}.png" for number in range(3)]
    box_plots.draw(paths[0], images, nothing, NAMES)
    box_plots.draw(paths[1], images, boxes, NAMES)
    box_plots.draw(paths[2], images, boxes, NAMES, truth=list(BOXES))
    of_found = [count_pixels(path, box_plots.FOUND) for path in paths]
    of_truth = [count_pixels(path, box_plots.TRUTH) for path in paths]
    assert of_found[0] == 0  # not even a legend
    assert of_found[1] > 1500
    assert of_truth[:2] == [0, 0]
    assert of_truth[2] > 300


def test_labels_of_boxes_do_not_cover_one_another():
    taken = []
    for box in ([20, 20, 60, 60], [21, 22, 61, 62], [40, 58, 70, 90], [0, 0, 20, 20]):
        box_plots._place_label("three 0.98", box, (96, 96), 3.0, taken)
    assert not any(box_plots._overlap(*pair) for pair in itertools.combinations(taken, 2))
    assert all(top >= 0 and bottom <= 96 for _, top, _, bottom in taken)
