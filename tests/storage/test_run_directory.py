"""A run's directory never takes over, and never deletes, what is not a run's."""

import json

import pytest

from lowlevel.checks import CheckpointError, ConfigError
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
