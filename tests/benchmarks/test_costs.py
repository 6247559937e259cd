"""benchmarks/costs.py: what it refuses, and a small measurement from end to end."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import costs


def test_wrong_arguments():
    words = [sys.executable, str(Path(costs.__file__)), "--rounds", "0"]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 2
    assert "argument --rounds" in done.stderr


def test_growth_is_compared_with_the_round_beside_it(monkeypatch, capsys):
    seconds = {1: iter([9.0, 1.0, 2.0, 4.0]), 2: iter([9.0, 3.0, 4.0, 8.0])}
    monkeypatch.setattr(costs, "FACTORS", (1, 2))
    costs.show_growth("images", {n: lambda n=n: next(seconds[n]) for n in seconds}, rounds=3)
    first, second = capsys.readouterr().out.splitlines()
    assert "1.00 of 1 times the first" in first
    assert "4.000 s  1.00 of 2 times the first" in second


@pytest.mark.slow
def test_a_small_measurement(monkeypatch, capsys):
    for name, value in {"FACTORS": (1, 2), "IMAGES": 64, "WIDTH": 8, "EPOCHS_OF_SAVING": 1}.items():
        monkeypatch.setattr(costs, name, value)
    monkeypatch.setattr(sys, "argv", ["costs.py", "--rounds", "1"])
    assert costs.main() == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [
        *("images", "images", "epochs", "epochs", "parameters", "parameters", "saving")
    ]
