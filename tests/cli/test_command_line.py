"""What the command line makes of errors: one sentence in its own words, and a status."""

import subprocess
import sys

import pytest

from lowlevel.checks import ConfigError
from lowlevel.cli import command_line


def test_arguments_of_the_package_are_called_as_options_are(capsys):
    def main():
        raise ConfigError("it is damaged: choose another directory, or pass fresh=True.")

    with pytest.raises(SystemExit) as stop:
        command_line.run(main)
    assert stop.value.code == 2
    message = capsys.readouterr().err
    assert "choose another --run-dir, or pass --fresh." in message
    assert message.count("\n") == 1


def test_a_bug_is_a_traceback():
    with pytest.raises(AttributeError):
        command_line.run(lambda: None.missing)


def test_what_is_said_when_quiet(capsys):
    command_line.sayer(quiet=True)("a line")
    command_line.sayer(quiet=False)("another")
    assert capsys.readouterr().out == "another\n"


def test_tensorflow_comes_without_keras_which_can_still_be_imported():
    code = (
        "import importlib.util, sys; from lowlevel.cli import command_line; "
        "command_line.quiet_tensorflow(); assert 'keras' not in sys.modules; "
        "assert 'tensorflow' in sys.modules; assert importlib.util.find_spec('keras')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stderr, done.returncode) == ("", 0)
