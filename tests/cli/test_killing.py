"""Killing and comparing: a script that resumes exactly passes, one that does not is found out."""

import sys

import pytest

from lowlevel.checks import LowlevelError
from lowlevel.cli import killing

# Adds up 1 to 40 in 40 steps; keeps the step and the sum, so that it can go on.
SCRIPT = """
import argparse, json, os, pathlib, time

parser = argparse.ArgumentParser()
for option in ("--run-dir", "--fingerprints"):
    parser.add_argument(option, type=pathlib.Path)
args = parser.parse_args()
args.run_dir.mkdir(exist_ok=True)
state = args.run_dir / "state"
step, total = json.loads(state.read_text()) if state.exists() else (0, 0)
{after_resuming}
with open(args.fingerprints, "x", buffering=1) as file:
    while step < 40:
        step += 1
        total += step
        time.sleep(0.005)
        file.write(json.dumps({{"step": step, "total": str(total)}}) + "\\n")
        if step % 5 == 0:
            temporary = args.run_dir / "temporary"
            temporary.write_text(json.dumps([step, total]))
            temporary.replace(state)
(args.run_dir / "metrics.jsonl").write_text(json.dumps({{"total": total, "seconds": time.time()}}))
print("total", {printed})
"""


def compare(tmp_path, after_resuming="", printed="total", kills=3):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.format(after_resuming=after_resuming, printed=printed))
    unbroken = killing.Unbroken([sys.executable, str(script)], tmp_path / "unbroken")
    assert unbroken.steps == 40
    made = []
    difference = killing.kill_and_compare(unbroken, kills, 0, lambda: made.append(1))
    assert difference or len(made) == kills
    return difference


def test_a_script_that_resumes_exactly(tmp_path):
    assert compare(tmp_path) is None
    assert len(list(tmp_path.glob("killed-*-*.jsonl"))) >= 4


def test_the_first_step_that_differs_is_named(tmp_path):
    found = compare(tmp_path, "total = 0", kills=20)
    assert found.startswith("at step ")
    assert found.endswith(", total differs from the unbroken run")


def test_another_end_is_a_difference(tmp_path):
    found = compare(tmp_path, printed="total if step == 40 and not state.exists() else time.time()")
    assert found.startswith("the script prints 'total ")


def test_a_script_that_fails_says_why(tmp_path):
    script = tmp_path / "script.py"
    script.write_text("raise SystemExit('no such option')")
    with pytest.raises(LowlevelError, match="failed with status 1: no such option"):
        killing.Unbroken([sys.executable, str(script)], tmp_path / "unbroken")
