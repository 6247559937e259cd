"""Saves that fail: they end a run, or it goes on and tells of them."""

import resource

import pytest

from lowlevel.checks import CheckpointError, ConfigError
from lowlevel.training import loop
from lowlevel.training.hook import Hook
from lowlevel.variables import sha256
from tests.training import small_run


def make(run_dir, failing):
    """An open run whose saves of these numbers, from 1, fail."""
    run = small_run.make(run_dir)
    run.open()
    save, count = run.directory.save, 0

    def fail(tensors, record):
        nonlocal count
        count += 1
        if count in failing:
            raise CheckpointError(f"save {count} has failed.")
        return save(tensors, record)

    run.directory.save = fail
    return run


def train(run, policy, hooks=()):
    length = loop.RunLength(small_run.EPOCHS, save_every=1, on_save_error=policy)
    loop.train(run, length, hooks, quiet=True)


def test_by_default_a_failure_ends_the_run(tmp_path):
    run = make(tmp_path, {2})
    with pytest.raises(CheckpointError, match="save 2 has failed"):
        train(run, "stop")
    assert int(run.state.step) < 6


def test_a_run_that_goes_on_ends_with_the_same_bits(tmp_path, capsys):
    whole = small_run.make()
    small_run.go_on(whole)
    run = make(tmp_path, {1, 2, 4})
    train(run, "continue")
    assert sha256(run.state.tensors()) == sha256(whole.state.tensors())
    told = capsys.readouterr().err.splitlines()
    assert told == [f"save {count} has failed. Training goes on." for count in (1, 2, 4)]
    again = small_run.make(tmp_path)
    assert again.open().name.endswith("step-00000006")


def test_if_the_last_save_fails_the_run_does(tmp_path, capsys):
    run = make(tmp_path, {6})
    with pytest.raises(CheckpointError, match="save 6 has failed"):
        train(run, "continue")
    assert int(run.state.step) == 6
    assert capsys.readouterr().err.count("save 6") == 1


@pytest.mark.parametrize("policy", ["stop", "continue"])
def test_a_limit_to_the_size_of_files(tmp_path, policy):
    class Limit(Hook):
        def on_epoch_begin(self, epoch):
            if epoch == 1:
                run.finish_saving()
                resource.setrlimit(resource.RLIMIT_FSIZE, (2**16, limits[1]))

    run = make(tmp_path, {})
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        with pytest.raises(CheckpointError, match=r"cannot be written \(File too large\); the"):
            train(run, policy, [Limit()])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    names = [path.name for path in tmp_path.iterdir() if path.name.startswith((".tmp", "epoch"))]
    assert sorted(names)[-1] == "epoch-0001-step-00000003"
    assert small_run.make(tmp_path).open().name == "epoch-0001-step-00000003"


def test_an_unknown_policy():
    with pytest.raises(ConfigError, match="on_save_error"):
        train(small_run.make(), "ignore")
