"""Runs that an older version has stopped in the middle: this one goes on with them."""

import json
import re
import shutil
from pathlib import Path

import pytest

from lowlevel.data import cifar10, digit_scenes
from lowlevel.reports import by_task
from tests import cifar_files
from tests.scripts import tools
from tests.storage import old_runs

HERE = Path(old_runs.__file__).parent
NUMBER = re.compile(r"-?\d+\.\d+(?:e-?\d+)?")


def split(line):
    """The words of a line, and the numbers in it."""
    return NUMBER.sub("#", line), [float(number) for number in NUMBER.findall(line)]


@pytest.mark.parametrize("name", old_runs.RUNS)
def test_it_predicts_the_same_and_goes_on(name, tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(cifar10, "RECORDS_IN_A_FILE", cifar_files.RECORDS)
    for scenes in ("VALIDATION_SCENES", "TEST_SCENES"):
        monkeypatch.setattr(digit_scenes, scenes, 15)
    for report in ("bottles", "digit_reconstructions", "digits", "photographs", "scenes"):
        monkeypatch.setattr(by_task, report, lambda *_, **__: by_task.Outcome(()))  # takes longest
    old_run, expected = old_runs.RUNS[name], json.loads((HERE / name / "expected.json").read_text())
    old_run.make_small(monkeypatch)
    inputs, run = tmp_path / "in", tmp_path / "run"
    inputs.mkdir()
    old_runs.write_inputs(inputs)
    shutil.copytree(HERE / name, run, ignore=shutil.ignore_patterns("expected.json"))

    def tool(words):
        result = tools.run_here(words[0], words[1:], monkeypatch, capfd)
        assert result.status == 0, result.err
        return result

    # Another processor rounds in another way, and training amplifies that.
    if old_run.ask:
        answers = tool(old_run.question(inputs, run)).out.replace(str(inputs), "IN").splitlines()
        for line, before in zip(answers, expected["answers"], strict=True):
            assert split(line)[0] == split(before)[0]
            assert split(line)[1] == pytest.approx(split(before)[1], abs=2e-3, rel=1e-3)
    resumed = tool(old_run.words(inputs, run))
    assert f"at step {old_run.stopped_at}" in resumed.out
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert len(rows) == len(expected["history"])
    for row, before in zip(rows, expected["history"], strict=True):
        assert row.keys() == before.keys() | {"seconds"}
        for key, value in before.items():
            assert row[key] == pytest.approx(value, abs=0.02, rel=0.02), key
