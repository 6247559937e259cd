"""scripts/train_digit_autoencoder.py as a person runs it."""

import json
import re

import pytest
from PIL import Image

from lowlevel.prediction import trained
from tests.idx_files import write_random
from tests.scripts import tools

LOSS = re.compile(r"test loss (0\.\d{6}) \(mean squared error of 360 images\)")
DIGEST = re.compile(r"variables sha256 ([0-9a-f]{64}) at step (\d+)")


@pytest.fixture
def train(monkeypatch, capfd):
    common = ("--dataset", "digits", "--batch-size", 256, "--epochs", 2)
    return lambda *arguments: tools.run_here(
        "train_digit_autoencoder.py", (*common, *arguments), monkeypatch, capfd
    )


def test_what_it_prints_and_leaves(train, tmp_path):
    result = train("--run-dir", tmp_path)
    assert (result.status, result.err) == (0, "")
    assert "28241 parameters" in result.out
    loss = LOSS.fullmatch(result.last_lines[0])[1]
    rows = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert float(loss) == pytest.approx(rows[-1]["val_loss"], abs=1e-6)
    assert DIGEST.fullmatch(result.last_lines[1])[2] == "12"
    for name in ("reconstructions.png", "curves.png"):
        with Image.open(tmp_path / name) as image:
            assert min(image.size) > 200
    network = trained.load(tmp_path).network
    assert set(network.variables.stores) == {"encoder", "decoder"}


@pytest.mark.slow
def test_a_stopped_run_goes_on_to_the_same_bits(train, tmp_path):
    fast = ("--batch-size", 512, "--run-dir")
    whole = train(*fast, tmp_path / "whole")
    part = train(*fast, tmp_path / "part", "--steps", 4)
    assert part.status == 0, part.err
    resumed = train(*fast, tmp_path / "part")
    assert "resuming" in resumed.out
    assert resumed.last_lines == whole.last_lines


def test_a_run_stopped_in_its_first_epoch_draws_no_curves(train, tmp_path):
    result = train("--run-dir", tmp_path, "--steps", 1, "--optimizer", "momentum")
    assert (result.status, result.err) == (0, "")
    assert LOSS.fullmatch(result.last_lines[0])
    assert (tmp_path / "reconstructions.png").exists()
    assert not (tmp_path / "curves.png").exists()


def test_predict_tells_how_well_an_image_is_written(train, tmp_path, monkeypatch, capfd):
    train("--run-dir", tmp_path / "run", "--steps", 3, "--optimizer", "momentum")
    image = tmp_path / "one.png"
    picture = Image.new("L", (40, 40))
    picture.paste(255, (18, 5, 22, 35))
    picture.save(image)
    model, weights = tmp_path / "model", tmp_path / "weights.h5"
    words = (tmp_path / "run", "--savedmodel", model, "--weights", weights)
    assert tools.run_here("export.py", words, monkeypatch, capfd).status == 0
    told = [
        tools.run_here("predict.py", (source, image), monkeypatch, capfd).out
        for source in (tmp_path / "run", model, weights)
    ]
    assert re.fullmatch(r".*one\.png  reconstruction error 0\.\d{5}\n", told[0])
    assert told[0] == told[1] == told[2]


def test_without_matplotlib_the_extra_is_named(train, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    result = train("--run-dir", tmp_path, "--steps", 1, "--optimizer", "momentum")
    assert result.status == 0
    assert "nothing is drawn: matplotlib is not installed" in result.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--epochs", 0), "argument --epochs"),
        (("--dropout", 0.1), "unrecognized arguments"),
        (("--label-smoothing", 0.1), "unrecognized arguments"),
        (("--data-dir", "x"), "takes no data directory"),
        (("--resume",), "contains no checkpoint to resume"),
    ],
)
def test_mistakes_get_a_sentence(train, tmp_path, words, message):
    result = train("--run-dir", tmp_path / "run", *words)
    assert result.status == 2
    assert message in result.err
    assert len(result.err.splitlines()) == 1
    assert not (tmp_path / "run").exists()


def test_images_of_another_size_are_refused(tmp_path, monkeypatch, capfd):
    data = write_random(tmp_path / "data")
    words = ("--data-dir", data, "--run-dir", tmp_path / "run")
    result = tools.run_here("train_digit_autoencoder.py", words, monkeypatch, capfd)
    assert result.status == 2
    assert "takes images of (28, 28, 1) (height, width, channels), not (6, 5, 1)" in result.err
