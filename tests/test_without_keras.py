"""Everything works where the `keras` package cannot be imported."""

import os
import subprocess
import sys

from tests.idx_files import write_random
from tests.scripts import tools


def test_train_and_predict(tmp_path):
    blocker = tmp_path / "blocker"
    for name in ("keras", "tf_keras"):
        (blocker / name).mkdir(parents=True)
        (blocker / name / "__init__.py").write_text("raise ImportError('keras is blocked')\n")
    environment = os.environ | {"PYTHONPATH": str(blocker)}
    blocked = subprocess.run([sys.executable, "-c", "import keras"], env=environment)
    assert blocked.returncode != 0, "the test blocks nothing"

    data_dir = write_random(tmp_path / "idx", height=28, width=28)
    run_dir = tmp_path / "run"
    arguments = ("--data-dir", data_dir, "--run-dir", run_dir, "--steps", 2, "--rotate", 5)
    for words in (
        tools.command("train_mnist.py", *arguments),
        tools.command(
            "predict_mnist.py", "--run-dir", run_dir, "--data-dir", data_dir, "--index", 0
        ),
    ):
        done = subprocess.run(words, capture_output=True, text=True, env=environment)
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
