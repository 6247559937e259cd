"""A run's directory never takes over, and never deletes, what is not a run's."""

import json

import pytest
import tensorflow as tf

from lowlevel.checks import CheckpointError, ConfigError
from lowlevel.storage import kept_checkpoints
from lowlevel.storage.run_directory import RunDirectory

CONFIG = {"net": "conv_net", "about": {"lowlevel": "0"}}


def foreign_files(directory):
    """A directory of somebody's, with names that a run gives too."""
    (directory / "tensorboard").mkdir(parents=True)
    contents = {
        "config.json": '{"site": 1}',
        "metrics.jsonl": "{}\n",
        "curves.png": "mine",
        "report.txt": "mine",
        "tensorboard/notes.txt": "mine",
    }
    for name, text in contents.items():
        (directory / name).write_text(text)
    return {directory / name: text for name, text in contents.items()}


@pytest.mark.parametrize("fresh", [False, True])
@pytest.mark.parametrize("with_config", [False, True])
def test_a_directory_of_other_things_is_refused(tmp_path, fresh, with_config):
    contents = foreign_files(tmp_path)
    if not with_config:
        (tmp_path / "config.json").unlink()
        del contents[tmp_path / "config.json"]
    with pytest.raises(
        CheckpointError, match=r"is not a run directory but holds files, such as .*; choose"
    ):
        RunDirectory(tmp_path).open(CONFIG, fresh=fresh)
    assert {path: path.read_text() for path in contents} == contents


def test_an_empty_directory_and_one_of_a_run_are_taken(tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / ".tmp-left-over").write_text("")
    for fresh in (False, False, True):
        assert RunDirectory(tmp_path).open(CONFIG, fresh=fresh) is None
    assert json.loads((tmp_path / "config.json").read_text()) == CONFIG


def test_a_config_without_about_is_marked_as_a_runs(tmp_path):
    RunDirectory(tmp_path).open({})
    RunDirectory(tmp_path).open({})
    assert json.loads((tmp_path / "config.json").read_text()) == {"about": {}}


def test_many_differences_are_counted(tmp_path):
    RunDirectory(tmp_path).open(CONFIG | {f"field{n}": n for n in range(30)})
    with pytest.raises(ConfigError) as raised:
        RunDirectory(tmp_path).open(CONFIG)
    assert "field1 is 1 there and null here" in str(raised.value)
    assert "and 26 more differences" in str(raised.value)
    assert len(str(raised.value)) < 500


def save_epochs(directory, first, last):
    """Saves a run of ten steps an epoch, whose second epoch is its best."""
    variable = tf.Variable(0.0)
    for end in range(first, last + 1):
        losses = [0.1 if epoch == 2 else 1.0 for epoch in range(1, end + 1)]
        history = [
            {"epoch": epoch, "step": 10 * epoch, "val_loss": loss}
            for epoch, loss in enumerate(losses, start=1)
        ]
        directory.save({"variable": variable}, {"step": 10 * end, "history": history})


def epochs_in(path):
    return [int(found.name[6:10]) for found in RunDirectory(path).checkpoints()]


def test_the_newest_three_and_the_best_are_kept(tmp_path):
    directory = RunDirectory(tmp_path)
    directory.open(CONFIG)
    save_epochs(directory, 1, 8)
    assert epochs_in(tmp_path) == [2, 6, 7, 8]


def test_of_each_so_many_epochs_one_is_kept_also_by_whoever_goes_on(tmp_path):
    directory = RunDirectory(tmp_path, keep_every=3)
    directory.open(CONFIG)
    save_epochs(directory, 1, 8)
    directory.unlock()
    assert epochs_in(tmp_path) == [2, 3, 6, 7, 8]
    resumed = RunDirectory(tmp_path)
    resumed.open(CONFIG, resume=True)
    save_epochs(resumed, 9, 10)
    resumed.unlock()
    assert epochs_in(tmp_path) == [2, 3, 6, 8, 9, 10]
    other = RunDirectory(tmp_path, keep_every=5)
    other.open(CONFIG, resume=True)
    save_epochs(other, 11, 13)
    other.unlock()
    assert epochs_in(tmp_path) == [2, 10, 11, 12, 13]
    assert json.loads((tmp_path / "config.json").read_text())["about"]["keep_every"] == 5


@pytest.mark.parametrize("about", [[], {"keep_every": "x"}, {"keep_every": 0}, None])
def test_a_config_that_tells_nonsense_of_its_checkpoints_keeps_the_usual_ones(about):
    assert kept_checkpoints.every_of(about) is None


def test_a_wrong_keep_every_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="keep_every must be"):
        RunDirectory(tmp_path, keep_every=0)
