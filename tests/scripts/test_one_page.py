"""The page for the wall and the package end with the same bits: the framework hides nothing."""

import re
import subprocess
import sys

from tests.scripts import tools

STEPS = 300


def last_lines(words, cwd):
    done = subprocess.run(words, capture_output=True, text=True, cwd=cwd, check=True)
    return done.stdout.splitlines()[-2:]


def test_same_variables_as_the_package(mnist_directory, tmp_path):
    page = tools.command("mnist_on_one_page.py", mnist_directory, "--steps")
    package = tools.command("train_mnist.py", "--data-dir", mnist_directory, "--steps", STEPS)
    ours = last_lines([*package, "--run-dir", str(tmp_path / "run")], tmp_path)
    assert re.fullmatch(rf"variables sha256 [0-9a-f]{{64}} at step {STEPS}", ours[1])
    last_lines([*page, "120"], tmp_path)
    assert last_lines([*page, str(STEPS)], tmp_path) == ours  # resumed at step 120


def test_missing_directory(tmp_path):
    done = subprocess.run(
        [sys.executable, str(tools.SCRIPTS / "mnist_on_one_page.py")],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "data_dir" in done.stderr
