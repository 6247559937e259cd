"""predict.py on a detector, as a person runs it."""

import dataclasses
import json
import re

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from lowlevel import shipped
from lowlevel.data import image_file
from lowlevel.nets import grid_detector
from lowlevel.prediction.predictor import Predictor
from lowlevel.reports import box_plots
from lowlevel.storage.run_directory import RunDirectory
from tests.reports.test_plots import count_pixels
from tests.scripts import tools


@pytest.fixture
def run_script(monkeypatch, capfd):
    return lambda name, *arguments: tools.run_here(name, arguments, monkeypatch, capfd)


@pytest.fixture
def sure_run(tmp_path):
    """A run whose network sees a 3, 8 pixels high and 16 wide, in the middle of every cell."""
    config = grid_detector.Config(filters=(4, 4, 8))
    variables = grid_detector.build(config, seed=0)
    variables.weights["out"].assign(tf.zeros_like(variables.weights["out"]))
    classes = 20 * np.eye(10)[3]
    variables.biases["out"].assign([5, 0, 0, np.log(8 / 24), np.log(16 / 24), *classes])
    record = {
        "step": 1,
        "history": [],
        "config": {
            "net": "grid_detector",
            "net_config": dataclasses.asdict(config),
            "preprocessing": {"divide_by": 255, "image_files": "light"},
            "class_names": list("0123456789"),
            "training": {"precision": "float32"},
        },
    }
    tensors = {f"variables/{name}": value for name, value in variables.all().items()}
    RunDirectory(tmp_path / "run").save(tensors, record)
    return tmp_path / "run"


def test_predict_tells_and_draws_boxes_in_pixels_of_the_file(sure_run, run_script, tmp_path):
    picture = tmp_path / "picture.png"
    Image.new("RGB", (96 * 30, 96 * 20)).save(picture)
    plot = tmp_path / "plot.png"
    result = run_script("predict.py", sure_run, picture, "--plot", plot)
    assert (result.status, result.err) == (0, "")
    lines = result.out.splitlines()
    assert lines[-1] == f"drew {plot}"
    pattern = rf"{picture}  3 (0\.\d{{4}})" + "".join(
        rf"  {side} (\d+\.\d)" for side in ("top", "left", "bottom", "right")
    )
    found = np.array([re.fullmatch(pattern, line).groups() for line in lines[:-1]], float)
    assert len(found) == 50
    np.testing.assert_allclose(found[:, 0], 1 / (1 + np.exp(-5)), atol=1e-4)
    cells = np.stack(np.meshgrid(range(12), range(12), indexing="ij"), axis=-1).reshape(-1, 2)
    corners = np.hstack([cells * 8 - [0, 4], cells * 8 + [8, 12]]) * [20, 30, 20, 30]
    expected = {tuple(box) for box in np.clip(corners, 0, [1920, 2880, 1920, 2880]).tolist()}
    assert len({tuple(box) for box in found[:, 1:].tolist()} & expected) == 50
    with Image.open(plot) as image:  # boxes are all over its upper part
        image.crop((image.width * 3 // 4, 0, image.width, image.height)).save(plot)
    assert count_pixels(plot, box_plots.FOUND) > 1000

    result = run_script("predict.py", sure_run, picture, "--least-score", 0.999)
    assert result.out == f"{picture}  nothing found\n"

    row = json.loads(run_script("predict.py", sure_run, picture, "--json").out)
    assert row["image"] == str(picture)
    assert {box["class"] for box in row["boxes"]} == {"3"}
    sides = [[box[side] for side in ("top", "left", "bottom", "right")] for box in row["boxes"]]
    np.testing.assert_allclose(sides, found[:, 1:], atol=0.051)


def test_predict_turns_dark_on_light(sure_run, run_script, tmp_path):
    """Both files reach the network as the same image."""
    drawing = np.zeros((60, 60), np.uint8)
    drawing[20:40, 25:30] = 255
    paths = [tmp_path / "light.png", tmp_path / "dark.png"]
    for path, pixels in zip(paths, (drawing, 255 - drawing), strict=True):
        Image.fromarray(pixels).save(path)
    predictor = Predictor(sure_run)
    light, dark = (
        image_file.read_for(predictor.image_files, predictor.image_shape, path) for path in paths
    )
    assert light.max() > 200
    np.testing.assert_array_equal(light, dark)


def test_options_of_predict_that_are_for_others(sure_run, run_script, tmp_path):
    picture = tmp_path / "picture.png"
    Image.new("L", (50, 50)).save(picture)
    for words, message in (
        ((sure_run, picture, "--top", 2), "--top is for classifiers"),
        ((sure_run, picture, "--least-score", 1), "argument --least-score"),
        ((shipped.MNIST, picture, "--least-score", 0.5), "--least-score is for detectors"),
    ):
        result = run_script("predict.py", *words)
        assert result.status == 2
        assert message in result.err
        assert len(result.err.splitlines()) == 1
