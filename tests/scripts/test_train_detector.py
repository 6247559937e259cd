"""train_detector.py, and predict.py on what it trains, as a person runs them."""

import json
import re

import numpy as np
import pytest
from PIL import Image

from lowlevel import shipped
from lowlevel.data import digit_scenes
from lowlevel.nets import grid_detector
from lowlevel.prediction import trained
from lowlevel.reports import box_plots, curves
from lowlevel.storage.run_directory import RunDirectory
from lowlevel.training.best_network import FOLDER
from lowlevel.variables import sha256
from tests.idx_files import write_random
from tests.reports.test_plots import count_pixels
from tests.scripts import tools

FIGURES = re.compile(
    r"test average precision (\d\.\d{4}), AP50 (\d\.\d{4}), AP75 (\d\.\d{4}) \((\d+) scenes\)"
)
DIGEST = re.compile(r"variables sha256 ([0-9a-f]{64}) at step (\d+)")
JUDGED = re.compile(r"validation average precision: best so far .*; now \d\.\d{4}.*")


@pytest.fixture
def small(monkeypatch):
    """A network of a few filters and a few scenes: what is tested is the scripts."""
    for name in ("VALIDATION_SCENES", "TEST_SCENES"):
        monkeypatch.setattr(digit_scenes, name, 15)
    defaults = list(vars(grid_detector.Config()).values())
    defaults[2] = (4, 4, 8)
    monkeypatch.setattr(grid_detector.Config.__init__, "__defaults__", tuple(defaults))


@pytest.fixture
def undrawn(monkeypatch):
    """Spends no time on pictures."""
    monkeypatch.setattr(box_plots, "draw", lambda *arguments: None)
    monkeypatch.setattr(curves, "draw", lambda *arguments: None)


@pytest.fixture
def run_script(monkeypatch, capfd):
    return lambda name, *arguments: tools.run_here(name, arguments, monkeypatch, capfd)


@pytest.fixture
def train(small, run_script):
    common = ("--dataset", "digits", "--scenes", 60, "--epochs", 2)
    return lambda *arguments: run_script("train_detector.py", *common, *arguments)


def rows_of(run):
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [row | {"seconds": 0} for row in rows]


def best_digest(run):
    return sha256(trained.load(run / FOLDER).variables)


def test_what_it_prints_and_leaves(train, tmp_path):
    result = train("--run-dir", tmp_path)
    assert (result.status, result.err) == (0, "")
    *figures, scenes = FIGURES.fullmatch(result.last_lines[0]).groups()
    assert scenes == "15"
    digest, step = DIGEST.fullmatch(result.last_lines[1]).groups()
    assert len([line for line in result.out.splitlines() if JUDGED.fullmatch(line)]) == 2

    report = json.loads((tmp_path / "report.json").read_text())
    names = ("average_precision", "ap50", "ap75")
    assert [f"{report[name]:.4f}" for name in names] == figures
    assert set(report["classes"]) == set("0123456789")
    objects = [row["objects"] for row in report["classes"].values()]
    assert 15 <= sum(objects) <= 75
    assert (tmp_path / "report.txt").read_text() in result.out

    config = json.loads((tmp_path / "config.json").read_text())
    assert config["net_config"]["image_shape"] == [96, 96, 1]
    assert config["training"]["schedule"] == "one_cycle"
    values = [row["val_average_precision"] for row in rows_of(tmp_path)]
    assert report["network"] == "best"
    assert report["epoch"] == 1 + int(np.argmax(values))
    assert (int(step), digest) == (2 * report["epoch"], best_digest(tmp_path))
    [kept] = RunDirectory(tmp_path / FOLDER).checkpoints()
    assert kept.name.startswith(f"epoch-{report['epoch']:04d}")

    assert count_pixels(tmp_path / "predictions.png", box_plots.TRUTH) > 1000
    for name in ("predictions.png", "curves.png"):
        with Image.open(tmp_path / name) as image:
            assert min(image.size) > 300


def test_a_stopped_run_goes_on_to_the_same_bits(train, tmp_path, undrawn):
    whole = train("--run-dir", tmp_path / "whole")
    part = train("--run-dir", tmp_path / "run", "--steps", 3)
    assert part.status == 0, part.err
    resumed = train("--run-dir", tmp_path / "run")
    assert "resuming" in resumed.out
    assert resumed.last_lines == whole.last_lines
    assert rows_of(tmp_path / "run") == rows_of(tmp_path / "whole")
    assert best_digest(tmp_path / "run") == best_digest(tmp_path / "whole")
    again = train("--run-dir", tmp_path / "run", "--quiet")
    assert again.out.splitlines() == whole.last_lines


def test_when_the_network_is_judged(train, tmp_path, undrawn):
    train("--run-dir", tmp_path, "--epochs", 4, "--evaluate-after", 1, "--evaluate-every", 2)
    judged = [row["epoch"] for row in rows_of(tmp_path) if "val_average_precision" in row]
    assert judged == [1, 3]
    once = ("--run-dir", tmp_path / "once", "--evaluate-after", 1, "--evaluate-every", 99)
    assert train(*once).status == 0


def test_before_any_network_is_judged_the_report_is_on_the_last(train, tmp_path, undrawn):
    result = train("--run-dir", tmp_path, "--steps", 1)
    assert (result.status, result.err) == (0, "")
    assert FIGURES.fullmatch(result.last_lines[0])
    report = json.loads((tmp_path / "report.json").read_text())
    assert (report["network"], report["epoch"]) == ("last", None)
    assert not (tmp_path / FOLDER).exists()


@pytest.mark.slow
def test_every_option_changes_the_result(train, tmp_path):
    digests = set()
    variants = (
        (),
        ("--scenes", 61),
        ("--seed", 1),
        ("--precision", "bfloat16"),
    )
    for number, words in enumerate(variants):
        run = tmp_path / str(number)
        result = train("--run-dir", run, "--epochs", 1, "--batch-size", 30, *words)
        digests.add(DIGEST.fullmatch(result.last_lines[1])[1])
    assert len(digests) == len(variants)


def test_files_like_those_of_mnist(small, run_script, tmp_path, undrawn):
    data = write_random(tmp_path / "data", gzipped=True)
    options = ("--run-dir", tmp_path / "run", "--scenes", 20, "--epochs", 1, "--data-dir")
    result = run_script("train_detector.py", *options, data)
    assert (result.status, result.err) == (0, "")
    assert "3 classes" in result.out
    (tmp_path / "run" / "mine.txt").write_text("keep me")
    few = write_random(tmp_path / "few", train=9)
    result = run_script("train_detector.py", *options, few, "--fresh")
    assert result.status == 2
    assert "holds 9 images; scenes need at least 10" in result.err
    assert (tmp_path / "run" / FOLDER).exists()  # nothing is lost by a mistake


def test_without_matplotlib_the_report_is_kept_and_the_extra_named(train, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    result = train("--run-dir", tmp_path)
    assert result.status == 0
    assert "nothing is drawn: matplotlib is not installed" in result.err
    assert (tmp_path / "report.json").exists()
    assert DIGEST.fullmatch(result.last_lines[1])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--scenes", 0), "argument --scenes"),
        (("--evaluate-every", 0), "argument --evaluate-every"),
        (("--evaluate-after", -1), "argument --evaluate-after"),
        (("--evaluate-after", 3), "the network would never be judged in 2 epochs"),
        (("--evaluate-every", 3), "the network would never be judged in 2 epochs"),
        (("--data-dir", "x"), "takes no data directory"),
        (("--label-smoothing", 0.1), "unrecognized arguments"),
        (("--run-dir", shipped.MNIST), "the shipped network"),
        (("--resume",), "contains no checkpoint to resume"),
    ],
)
def test_mistakes_get_a_sentence(train, tmp_path, words, message):
    result = train("--run-dir", tmp_path / "run", *words)
    assert result.status == 2
    assert message in result.err
    assert len(result.err.splitlines()) == 1
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_it_finds_the_digits_of_mnist(run_script, mnist_directory, tmp_path):
    result = run_script("train_detector.py", "--data-dir", mnist_directory, "--run-dir", tmp_path)
    assert result.status == 0, result.err
    assert float(FIGURES.fullmatch(result.last_lines[0])[2]) >= 0.90
