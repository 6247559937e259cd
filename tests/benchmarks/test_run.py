"""benchmarks/run.py: what it refuses, and a small comparison from end to end."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import machine, run, works
from lowlevel.checks import ConfigError

SCRIPT = Path(run.__file__)


def test_numbers_that_differ_are_refused():
    run._check_numbers("ours", [2.0, 1.0], [2.0, 1.001], "float32")
    with pytest.raises(ConfigError, match=r"keras, arrays does not .* number 2 is 1\.1"):
        run._check_numbers("keras, arrays", [2.0, 1.1], [2.0, 1.0], "float32")
    run._check_numbers("keras, arrays", [2.0, 1.04], [2.0, 1.0], "bfloat16")


def test_a_row_compares_each_round_with_the_one_beside_it():
    seconds = {("lowlevel", "loop.train"): [1.0, 2.0, 4.0], ("keras", "arrays"): [2.0, 2.0, 2.0]}
    options = {"work": "mlp", "precision": "float32", "batch_size": 32}
    row = run._row(("keras", "arrays"), seconds, works.WORKS["mlp"], options, limit=1e9)
    ratios = row["ratio_low"], row["ratio_to_ours"], row["ratio_high"]
    assert ratios == (0.5, 1.0, 2.0)
    seconds_of_a_step = 2.0 / works.WORKS["mlp"].batches
    assert row["ms_per_step"] == pytest.approx(1000 * seconds_of_a_step)
    multiply_adds = 3 * 32 * (784 * 128 + 128 * 10)
    assert row["share_of_limit"] == pytest.approx(multiply_adds / seconds_of_a_step / 1e9)


def test_settings_that_contain_one_of_the_texts(monkeypatch):
    def settings(contender, *words):
        monkeypatch.setattr("sys.argv", ["run.py", *words])
        return run._settings(contender, "train", run.parse_arguments())

    assert settings("torch", "--setting", "compiled,", "scan") == ["compiled, channels last"]
    assert settings("jax", "--setting", "compiled,", "scan") == ["scan"]
    assert settings("jax") == ["jit", "scan"]
    assert settings("lowlevel", "--setting", "scan") == ["loop.train"]


def test_no_share_of_the_limit_where_not_only_the_network_is_timed():
    options = {"work": "first_step", "precision": "float32", "batch_size": 128}
    seconds = {("lowlevel", "loop.train"): [1.0]}
    row = run._row(*seconds, seconds, works.WORKS["first_step"], options, limit=1e9)
    assert row["share_of_limit"] is None


def test_the_script_needs_the_files_of_mnist(monkeypatch, capsys):
    for measure in ("bytes_per_second", "multiply_adds_per_second"):
        monkeypatch.setattr(machine, measure, lambda *arguments: 1e9)  # takes seconds
    monkeypatch.setattr("sys.argv", ["run.py", "--work", "script"])
    assert run.main() == 0
    assert "left out: script: it needs MNIST's files, --data-dir" in capsys.readouterr().err


@pytest.mark.parametrize("work", works.WORKS)
def test_examples_are_those_the_network_takes(work):
    work = works.WORKS[work]
    inputs, targets = works.make_examples(work, 4, 3)
    assert len(inputs) == len(targets) == 12
    assert len(np.unique(targets)) > 1


def test_wrong_arguments():
    words = [sys.executable, str(SCRIPT), "--work", "chess"]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 2
    assert "invalid choice: 'chess'" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.slow
def test_a_small_comparison(tmp_path):
    """With Keras; PyTorch and JAX are left out, with a message, where they are not installed."""
    words = ["--work", "regression", "--batch-size", "8", "--rounds", "1", "--json"]
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *words, str(tmp_path / "rows.json")],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    rows = json.loads((tmp_path / "rows.json").read_text())["rows"]
    assert {"lowlevel", "keras"} <= {row["contender"] for row in rows}
    assert rows[0]["contender"] == "lowlevel"
    assert all(row["peak_mib"] > 50 for row in rows)
    assert rows[0]["ratio_low"] == rows[0]["ratio_to_ours"] == rows[0]["ratio_high"] == 1.0
    for row in rows:
        assert row["work"] == "regression"
        assert row["ms_per_step"] > 0
        assert 0 < row["share_of_limit"] < 1
