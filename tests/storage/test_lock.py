"""A directory in use: refused to a second process, free as soon as the first has ended."""

import subprocess
import sys

import pytest

from lowlevel.checks import CheckpointError
from lowlevel.storage.lock import lock
from lowlevel.storage.run_directory import RunDirectory

HOLD = "import sys; from lowlevel.storage.lock import lock; lock(sys.argv[1]); print(); input()"


@pytest.fixture
def other(tmp_path):
    """Another process that has locked the directory."""
    words = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        yield process
        process.kill()


def test_a_second_process_is_refused_with_the_first_ones_number(tmp_path, other):
    for fresh in (False, True):
        with pytest.raises(CheckpointError, match=rf"{tmp_path} is in use by .*{other.pid}; wait"):
            RunDirectory(tmp_path).open({}, fresh=fresh)
    assert not list(tmp_path.iterdir())


def test_nothing_is_left_of_the_lock_of_a_killed_process(tmp_path, other):
    other.kill()
    other.wait()
    RunDirectory(tmp_path).open({})


def test_one_process_may_lock_again_and_again(tmp_path):
    lock(tmp_path)
    lock(tmp_path)
    RunDirectory(tmp_path).open({})
