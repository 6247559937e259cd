"""The page for the wall and the package end with the same bits: the framework hides nothing."""

import re
import subprocess

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
    page = tools.command("mnist_on_one_page.py", some_mnist, "--steps")
    words = ("--data-dir", some_mnist, "--steps", STEPS, "--run-dir", tmp_path / "run")
    ours = tools.run_here("train_mnist.py", words, monkeypatch, capfd).last_lines
    assert re.fullmatch(rf"variables sha256 [0-9a-f]{{64}} at step {STEPS}", ours[1])
    last_lines([*page, "12"], tmp_path)
    assert last_lines([*page, str(STEPS)], tmp_path) == ours  # resumed at step 12


@pytest.mark.parametrize(
    "damage",
    [
        "truncated",
        pytest.param("missing", marks=pytest.mark.slow),
        pytest.param("empty", marks=pytest.mark.slow),
    ],
)
def test_wrong_data(tmp_path, damage):
    write_random(tmp_path, height=28, width=28)
    path = tmp_path / mnist.TRAIN_IMAGES
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[: -1 if damage == "truncated" else 0])
    words = tools.command("mnist_on_one_page.py", tmp_path)
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith(f"{path} cannot be read")


def test_no_arguments():
    words = tools.command("mnist_on_one_page.py")
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 2
    assert "data_dir" in done.stderr
