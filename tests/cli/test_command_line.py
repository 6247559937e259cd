"""What the command line makes of errors: one sentence in its own words, and a status."""

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
