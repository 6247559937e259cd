"""benchmarks/large_data.py: what it refuses, and small measurements from end to end."""

import subprocess
import sys

import pytest

from benchmarks import large_data


def test_wrong_arguments():
    done = subprocess.run([sys.executable, large_data.__file__], capture_output=True, text=True)
    assert done.returncode == 2
    assert "required: --dir" in done.stderr


@pytest.mark.slow
def test_small_measurements(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(large_data, "FACTORS", (1,))
    monkeypatch.setattr(large_data, "EXAMPLES", dict.fromkeys(large_data.EXAMPLES, 1_400))
    monkeypatch.setattr(large_data, "NETS", {"mlp": 2})
    monkeypatch.setattr(sys, "argv", ["large_data.py", "--dir", str(tmp_path / "new")])
    assert large_data.main() == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    forms = list(large_data.EXAMPLES)
    assert [row[0] for row in rows if row] == ["images", *forms, "images/s", "mlp"]
    assert all(float(number) > 0 for number in rows[-1][1:])
    assert list((tmp_path / "new").iterdir()) == []
