"""The page for the wall and the package end with the same bits: the framework hides nothing."""

import re
import runpy
import subprocess
import sys

import pytest

from lowlevel.data import mnist
from tests.idx_files import write_dataset, write_random
from tests.scripts import tools

STEPS = 24


def last_lines(words, cwd):
    done = subprocess.run(words, capture_output=True, text=True, cwd=cwd, check=True)
    return done.stdout.splitlines()[-2:]


def test_same_variables_as_the_package(mnist, tmp_path, monkeypatch, capfd):
    """On a part of MNIST, for one epoch and a half; an epoch is 16 steps, of which one is short."""
    parts = (
        array[:count]
        for data, count in ((mnist.train, 2000), (mnist.test, 300))
        for array in (data.images[..., 0], data.labels)
    )
    some_mnist = write_dataset(tmp_path / "mnist", *parts)
    words = ("--data-dir", some_mnist, "--steps", STEPS, "--run-dir", tmp_path / "run")
    ours = tools.run_here("train_mnist.py", words, monkeypatch, capfd).last_lines
    assert re.fullmatch(rf"variables sha256 [0-9a-f]{{64}} at step {STEPS}", ours[1])
    monkeypatch.chdir(tmp_path)
    run_page(monkeypatch, some_mnist, "--steps", STEPS)
    assert capfd.readouterr().out.splitlines()[-2:] == ours


@pytest.mark.slow
def test_a_stopped_page_goes_on_to_the_same_bits(mnist_directory, tmp_path):
    page = tools.command("mnist_on_one_page.py", mnist_directory, "--steps")
    (tmp_path / "whole").mkdir()
    whole = last_lines([*page, str(STEPS)], tmp_path / "whole")
    last_lines([*page, "12"], tmp_path)
    assert last_lines([*page, str(STEPS)], tmp_path) == whole


def run_page(monkeypatch, *arguments):
    """Runs the page in this process."""
    path = str(tools.SCRIPTS / "mnist_on_one_page.py")
    monkeypatch.setattr(sys, "argv", [path, *map(str, arguments)])
    runpy.run_path(path, run_name="__main__")


def status_of_page(monkeypatch, *arguments):
    """The status with which the page stops at an error."""
    with pytest.raises(SystemExit) as stop:
        run_page(monkeypatch, *arguments)
    return stop.value.code


@pytest.mark.parametrize("damage", ["truncated", "missing", "empty"])
def test_wrong_data(tmp_path, monkeypatch, capsys, damage):
    write_random(tmp_path, height=28, width=28)
    path = tmp_path / mnist.TRAIN_IMAGES
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[: -1 if damage == "truncated" else 0])
    assert status_of_page(monkeypatch, tmp_path) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"{path}[.gz] cannot be read: ")
    assert error.count(path.name) == 1


def test_no_arguments(monkeypatch, capsys):
    assert status_of_page(monkeypatch) == 2
    assert "data_dir" in capsys.readouterr().err
