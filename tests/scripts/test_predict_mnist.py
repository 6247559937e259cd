"""scripts/predict_mnist.py as a person runs it."""

import dataclasses
import json
import os
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lowlevel.nets import strided_net
from tests.idx_files import write_random
from tests.scripts import tools
from tests.training import small_run

LINE = re.compile(r"(.+?) +(\d)  ([01]\.\d{4})")


@pytest.fixture
def predict(monkeypatch, capfd, tmp_path):
    monkeypatch.setenv("LOWLEVEL_CACHE", str(tmp_path / "empty cache"))
    return lambda *arguments: tools.run_here("predict_mnist.py", arguments, monkeypatch, capfd)


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory):
    """A run on digits of 8 x 8."""
    path = tmp_path_factory.mktemp("run")
    small_run.train(path)
    return path


@pytest.fixture(scope="module")
def digit_files(tmp_path_factory, digits):
    """The first ten test digits as dark ink on white, 112 x 112."""
    directory = tmp_path_factory.mktemp("images")
    paths = []
    for index in range(10):
        image = Image.fromarray(255 - digits.test.images[index, ..., 0]).resize((112, 112))
        paths.append(directory / f"{index}.{'png' if index % 2 else 'jpg'}")
        image.save(paths[-1])
    return paths


def parse(result):
    assert result.status == 0, result.err
    lines = [LINE.fullmatch(line) for line in result.out.splitlines()]
    assert all(lines), result.out
    return [(line[1], int(line[2]), float(line[3])) for line in lines]


def test_the_shipped_network_reads_files(predict, digit_files, digits):
    lines = parse(predict(*digit_files))
    assert [name for name, _, _ in lines] == [str(path) for path in digit_files]
    # The digits were written by other people and drawn in 8 x 8: one mistake is forgiven.
    right = sum(
        digit == label for (_, digit, _), label in zip(lines, digits.test.labels[:10], strict=True)
    )
    assert right >= 9


def test_what_a_terminal_obeys_in_a_name_is_spelt_out(predict, digit_files, tmp_path):
    escape, not_utf_8 = tmp_path / "\x1b[31m.png", tmp_path / os.fsdecode(b"\xff.png")
    for path in escape, not_utf_8:
        shutil.copy(digit_files[1], path)
    result = predict(escape, not_utf_8, "--plot", tmp_path / "plot.png")
    names = [Path(line.split("  ")[0]).name for line in result.out.splitlines()[:2]]
    assert names == [r"\x1b[31m.png", r"\udcff.png"]
    for arguments in ([tmp_path / "\x1b.png"], ["--plot", tmp_path / "\x1b", escape]):
        result = predict(*arguments)
        assert result.status == 2
        assert "\x1b" not in result.err
        assert r"\x1b" in result.err


def test_several_classes_and_json(predict, digit_files):
    (line,) = predict(digit_files[1], "--top", 2).out.splitlines()
    assert re.fullmatch(r"\S+  \d  0\.\d{4}  \d  0\.\d{4}", line)
    first, second = map(
        json.loads, predict(*digit_files[:2], "--json", "--top", 2).out.splitlines()
    )
    assert second["image"] == str(digit_files[1])
    assert [*second["probabilities"]] == line.split()[1::2]
    assert second["class"] == line.split()[1]
    assert first["probabilities"].keys() != second["probabilities"].keys()


def test_test_images_of_other_classes_are_refused(predict, tmp_path):
    """A network of shapes would call a digit a triangle."""
    data = small_run.dataset()
    shapes = tuple(f"shape {number}" for number in range(10))
    small_run.train(tmp_path / "run", data=dataclasses.replace(data, class_names=shapes))
    result = predict("--run-dir", tmp_path / "run", "--index", 1)
    assert (result.status, result.out) == (2, "")
    assert "the classes of sample are 0, 1, 2" in result.err
    assert "those of the network shape 0, shape 1" in result.err


def test_the_shipped_network_reads_real_mnist(predict, mnist_directory, mnist):
    indices = range(200)
    lines = parse(predict("--data-dir", mnist_directory, "--index", *indices))
    digits = np.array([digit for _, digit, _ in lines])
    assert (digits == mnist.test.labels[:200]).mean() >= 0.99
    assert lines[7][0] == f"mnist test image 7 (a {mnist.test.labels[7]})"


def test_test_images_by_number(predict):
    lines = parse(predict("--index", 0, 999))
    assert [name for name, _, _ in lines] == [
        "sample test image 0 (a 7)",
        "sample test image 999 (a 6)",
    ]
    assert [digit for _, digit, _ in lines] == [7, 6]
    assert all(probability > 0.8 for _, _, probability in lines)


def test_another_run_and_idx_files(predict, tmp_path, run_dir):
    data_dir = write_random(tmp_path, height=8, width=8)
    lines = parse(predict("--run-dir", run_dir, "--data-dir", data_dir, "--index", 3))
    assert lines[0][0] == f"{tmp_path.name} test image 3 (a 0)"


def test_plot(predict, tmp_path, digit_files):
    result = predict(*digit_files[:2], "--index", 0, "--plot", tmp_path / "plot.png")
    assert result.out.splitlines()[3:] == [f"drew {tmp_path / 'plot.png'}"]
    with Image.open(tmp_path / "plot.png") as image:
        assert image.height > image.width * 0.8


def test_invert_changes_what_is_seen(predict, digit_files):
    right = parse(predict(digit_files[0], "--invert"))
    assert right == parse(predict(digit_files[0]))
    wrong = predict(digit_files[0], "--no-invert")
    assert wrong.status == 2
    assert "contains no digit" in wrong.err  # nothing on white paper is lighter than it
    assert "Without --no-invert both are tried" in wrong.err


def test_a_run_on_three_equal_channels(predict, digits, digit_files, tmp_path):
    train = type(digits.train)(digits.train.images[:50], digits.train.labels[:50], "few")
    data = type(digits)("few", train, digits.test).with_channels(3)
    run = small_run.make(tmp_path / "run", data, net=("strided_net", strided_net.Config()))
    run.open()
    small_run.go_on(run, 1, max_steps=1)
    lines = parse(predict("--run-dir", tmp_path / "run", *digit_files[:2], "--index", 0))
    assert len(lines) == 3


def test_wrong_input(predict, tmp_path, run_dir, digit_files):
    (tmp_path / "empty.png").write_bytes(b"")
    Image.new("L", (50, 60), 255).save(tmp_path / "blank.png")
    (tmp_path / "text.jpg").write_text("no picture")
    for arguments, message in [
        ((), "name an image file"),
        ((tmp_path / "none.png",), "none.png does not exist"),
        ((tmp_path / "empty.png",), "empty.png is not an image that can be read"),
        ((tmp_path / "text.jpg",), "text.jpg is not an image that can be read"),
        ((tmp_path / "blank.png",), "blank.png contains no digit"),
        (("--index", 1000), "at most 999, not 1000"),
        (("--index", -1), "argument --index"),
        (("--index", 0, "--data-dir", tmp_path), "contains neither"),
        (("--index", 0, "--run-dir", tmp_path), "contains no checkpoint of a run"),
        (("--index", 0, "--run-dir", run_dir), "takes images of (8, 8)"),
        ((digit_files[0], "--plot", tmp_path / "no" / "plot.png"), "no is not a directory"),
        ((digit_files[0], "--plot", tmp_path / "plot.xyz"), "needs the name of a .png"),
        ((digit_files[0], "--plot", tmp_path), "needs the name of a .png"),
        ((digit_files[0], "--plot", ""), "needs the name of a .png"),
        ((digit_files[1], "--plot", digit_files[1]), "would overwrite the image"),
        ((digit_files[0], "--data-dir", tmp_path), "--data-dir is where --index looks"),
    ]:
        result = predict(*arguments)
        assert result.status == 2, arguments
        assert message in result.err
        assert len(result.err.splitlines()) == 1


def test_a_file_that_cannot_be_read_does_not_stop_the_others(predict, digit_files, tmp_path):
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "text.png").write_text("no image")
    bad = [tmp_path / "folder.png", tmp_path / "text.png", tmp_path / "none.png"]
    result = predict(bad[0], digit_files[0], bad[1], digit_files[1], bad[2])
    assert result.status == 1
    assert [LINE.fullmatch(line)[1] for line in result.out.splitlines()] == [
        str(path) for path in digit_files[:2]
    ]
    assert [path.name in line for path, line in zip(bad, result.err.splitlines(), strict=True)]
    result = predict(*bad)
    assert (result.status, result.out, len(result.err.splitlines())) == (2, "", 3)


def test_a_damaged_run(predict, tmp_path):
    small_run.train(tmp_path, max_steps=1)
    [checkpoint] = tmp_path.glob("epoch-*")
    (checkpoint / "variables.index").write_bytes(b"")
    result = predict("--run-dir", tmp_path, "--index", 0)
    assert result.status == 2
    assert "variables.index" in result.err
    assert "no whole checkpoint" in result.err
