"""A kill, and an error, at each call of a save: the run is always whole, before it or after it."""

import errno
import json
import os
import shutil
from pathlib import Path

import pytest
import tensorflow as tf

from lowlevel.checks import CheckpointError
from lowlevel.storage import checkpoint
from lowlevel.storage.run_directory import METRICS, RunDirectory
from tests.storage.system_calls import watched

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs Linux's /proc")
CONFIG = {"net": "some net"}


def save(directory, step):
    """Saves the end of epoch number `step`; the best one is the first."""
    history = [
        {"epoch": epoch, "step": epoch, "loss": 0.5, "val_loss": float(epoch)}
        for epoch in range(1, step + 1)
    ]
    record = {"step": step, "history": history, "config": CONFIG}
    directory.save({"step": tf.Variable(step)}, record)


def make(path, saves):
    """A run with this many checkpoints saved; of six, the second and the third are deleted."""
    directory = RunDirectory(path)
    directory.open(CONFIG)
    directory.unlock()
    for step in range(1, saves + 1):
        save(directory, step)
    return directory


def step_there(path):
    """The step of the run in a directory, after all that is checked when a run is resumed."""
    directory = RunDirectory(path)
    try:
        newest = directory.open(CONFIG)
    finally:
        directory.unlock()
    if newest is None:
        return 0
    rows = [json.loads(line) for line in (path / METRICS).read_text().splitlines()]
    assert rows == newest[1]["history"]
    assert rows[-1]["step"] == newest[1]["step"]
    return newest[1]["step"]


@pytest.mark.parametrize("saves", [0, 1, 6])
def test_killed_before_any_call_the_run_is_whole(tmp_path, monkeypatch, saves):
    directory = make(tmp_path / "run", saves)
    copies, calls = [], []

    def copy(number, call):
        calls.append(call)
        copies.append(shutil.copytree(directory.path, tmp_path / f"copy-{number}"))

    with watched(directory.path, copy, monkeypatch):
        save(directory, saves + 1)
    assert {"fsync variables.index", "open record.json"} <= set(calls)
    assert len(calls) > 15
    steps = [step_there(path) for path in copies]
    assert steps == sorted(steps)
    assert set(steps) == {saves, saves + 1}
    for path in copies:
        present = {int(found.name[-8:]) for found in RunDirectory(path).checkpoints()}
        assert saves == 0 or 1 in present  # the best is never deleted


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC, errno.EACCES])
def test_an_error_in_any_call_leaves_the_run_whole(tmp_path, monkeypatch, number):
    calls, directory = [], make(tmp_path / "count", 2)
    with watched(directory.path, lambda _, call: calls.append(call), monkeypatch):
        save(directory, 3)
    failed = 0
    for fail_at in range(1, len(calls) + 1):
        path = tmp_path / f"run-{fail_at}"
        directory = make(path, 2)

        def fail(count, call, fail_at=fail_at):
            if count == fail_at:
                raise OSError(number, os.strerror(number), call)

        try:
            with watched(path, fail, monkeypatch):
                save(directory, 3)
        except CheckpointError as error:
            failed += 1
            assert os.strerror(number) in str(error)
        assert step_there(path) in (2, 3)
        save(directory, 4)  # and the run goes on
        assert step_there(path) == 4
        assert checkpoint.is_whole(path / "epoch-0002-step-00000002")
    assert failed > 10
