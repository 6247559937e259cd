"""A run directory whose files others replace: the run says so, or goes on."""

import pytest

from lowlevel.checks import CheckpointError
from lowlevel.training import loop
from lowlevel.training.hook import Hook
from tests.training import small_run
from tests.training.small_run import outcome


def by_a_file(path):
    path.write_text("a user's")


def by_a_link_to_nothing(path):
    path.symlink_to(path.parent / "nothing")


@pytest.mark.parametrize("replace", [by_a_file, by_a_link_to_nothing])
@pytest.mark.parametrize("policy", ["stop", "continue"])
def test_a_directory_that_is_replaced_meanwhile_fails_the_save(tmp_path, capsys, replace, policy):
    class Replace(Hook):
        def on_epoch_begin(self, epoch):
            if epoch == 1:
                run.finish_saving()
                (tmp_path / "run").rename(tmp_path / "moved")
                replace(tmp_path / "run")

    run = small_run.make(tmp_path / "run")
    run.open()
    length = loop.RunLength(small_run.EPOCHS, save_every=2, on_save_error=policy)
    with pytest.raises(CheckpointError, match=r"^the checkpoint .*run/epoch.* cannot be written"):
        loop.train(run, length, [Replace()], quiet=True)
    assert "Training goes on" in capsys.readouterr().err or policy == "stop"
    again = small_run.make(tmp_path / "moved")
    assert again.open().name == "epoch-0001-step-00000003"


def test_a_file_and_a_link_that_are_named_like_checkpoints_do_no_harm(tmp_path):
    small_run.train(tmp_path / "run", max_steps=2)
    (tmp_path / "run/epoch-0000-step-00000002").rename(tmp_path / "moved")
    (tmp_path / "run/epoch-0000-step-00000002").symlink_to(tmp_path / "moved")
    for epoch, step in ((0, 1), (1, 3), (9, 27)):
        by_a_file(tmp_path / f"run/epoch-{epoch:04d}-step-{step:08d}")
    resumed = small_run.train(tmp_path / "run", save_every=1)
    assert outcome(resumed) == outcome(small_run.train(tmp_path / "whole"))
    run = small_run.make(tmp_path / "run")
    run.open(fresh=True)
    assert (tmp_path / "moved/record.json").exists()
