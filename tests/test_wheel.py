"""The wheel, installed outside the clone: the command `lowlevel`, the sample, the network."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from lowlevel import __version__
from lowlevel.data import mnist_sample

ROOT = Path(__file__).resolve().parent.parent
BOTH = """
import runpy, sys
for command in sys.argv[1:]:
    sys.argv = command.split()
    try:
        runpy.run_module("lowlevel", run_name="__main__")
    except SystemExit as stop:
        assert not stop.code, command
"""


def run(*words, cwd, **variables):
    """Runs Python with these words; what is imported comes from `variables["PYTHONPATH"]`."""
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"} | variables
    return subprocess.run(
        [sys.executable, *map(str, words)], cwd=cwd, env=environment, capture_output=True, text=True
    )


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A directory with the package as the wheel holds it."""
    path = tmp_path_factory.mktemp("wheel")
    for name in ("lowlevel", "setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, path / name)
    built = run("-m", "pip", "wheel", "--quiet", "--no-deps", path, "-w", path / "dist", cwd=path)
    if built.returncode != 0 and "setuptools" in built.stderr:
        pytest.skip("pip cannot get setuptools, which builds the wheel")
    assert built.returncode == 0, built.stderr
    [wheel] = (path / "dist").iterdir()
    words = ("-m", "pip", "install", "--quiet", "--no-deps", "--target", path / "site", wheel)
    done = run(*words, cwd=path)
    assert done.returncode == 0, done.stderr
    return path / "site"


def test_the_command_says_what_there_is(installed, tmp_path):
    result = run("-m", "lowlevel", cwd=tmp_path, PYTHONPATH=str(installed))
    assert result.returncode == 0, result.stderr
    assert "lowlevel predict IMAGE" in result.stdout
    assert (installed / "bin" / "lowlevel").exists()
    result = run("-m", "lowlevel", "--version", cwd=tmp_path, PYTHONPATH=str(installed))
    assert result.stdout == f"lowlevel {__version__}\n"


def test_an_image_is_read_and_the_quick_start_trained(installed, tmp_path):
    digits = mnist_sample.load().test
    image = Image.fromarray(digits.images[0, ..., 0])
    image.resize((200, 200)).save(tmp_path / "digit.png")
    predict = "lowlevel predict digit.png"
    train = "lowlevel train --dataset sample --epochs 1 --steps 3 --quiet"
    here = {"cwd": tmp_path, "PYTHONPATH": str(installed)}
    result = run("-c", BOTH, predict, train, **here)
    assert result.returncode == 0, result.stderr
    assert result.stdout.split()[:2] == ["digit.png", str(digits.labels[0])]
    assert "at step 3" in result.stdout
    assert (tmp_path / "conv_net-sample" / "predictions.png").exists()
