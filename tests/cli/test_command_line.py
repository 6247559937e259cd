"""What the command line makes of errors: one sentence in its own words, and a status."""

import subprocess
import sys
from pathlib import Path

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


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_closed_stream_does_not_matter_and_tensorflow_comes_without_keras(tmp_path, closed):
    code = (
        "import importlib.util, pathlib, sys; from lowlevel.cli import command_line\n"
        "def main():\n"
        "    command_line.quiet_tensorflow()\n"
        "    assert 'tensorflow' in sys.modules and 'keras' not in sys.modules\n"
        "    assert importlib.util.find_spec('keras')  # it can still be imported\n"
        "    print('out'); print('err', file=sys.stderr)\n"
        "    pathlib.Path(sys.argv[1]).touch()\n"
        "    return 0\n"
        "command_line.run(main)"
    )
    words = ["sh", "-c", f'"$0" -c "$1" "$2" {closed}', sys.executable, code, tmp_path / "done"]
    done = subprocess.run(words, capture_output=True, text=True)
    assert (done.returncode, (tmp_path / "done").exists()) == (0, True), done.stderr
    assert done.stdout == ("" if ">&-" in closed.replace("2>&-", "") else "out\n")
    assert done.stderr == ("" if "2>&-" in closed else "err\n")


def test_what_is_said_when_quiet(capsys):
    command_line.sayer(quiet=True)("a line")
    command_line.sayer(quiet=False)("another")
    assert capsys.readouterr().out == "another\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_disk_behind_the_output_does_not_end_a_run(tmp_path):
    code = (
        "import pathlib, sys; from lowlevel.cli import command_line\n"
        "def main():\n"
        "    command_line.sayer(False)('epoch 1')\n"
        "    pathlib.Path(sys.argv[1]).touch()\n"
        "    print('the result')\n"
        "    return 0\n"
        "command_line.run(main)"
    )
    with open("/dev/full", "w") as full:
        words = [sys.executable, "-c", code, str(tmp_path / "trained")]
        done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True)
    assert (tmp_path / "trained").exists()
    assert done.returncode == 2
    assert done.stderr == "-c: a file or the output cannot be used: No space left on device.\n"


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["--epoch", "2"], "--epoch 2; did you mean --epochs? (try --help)"),
        (["--batch_size=2"], "did you mean --batch-size?"),
        (["--zzz"], "unrecognized arguments: --zzz (try"),
        (["more"], "unrecognized arguments: more (try"),
    ],
)
def test_a_misspelt_option_is_told_the_right_one(monkeypatch, capsys, words, hint):
    parser = command_line.ArgumentParser(prog="train.py")
    for option in ("--epochs", "--batch-size", "--quiet"):
        parser.add_argument(option)
    with pytest.raises(SystemExit):
        parser.parse_args(words)
    error = capsys.readouterr().err
    assert hint in error
    assert error.count("\n") == 1


def test_so_is_a_misspelt_option_of_a_command(capsys):
    parser = command_line.ArgumentParser(prog="lowlevel")
    parser.add_subparsers().add_parser("train").add_argument("--epochs")
    with pytest.raises(SystemExit):
        parser.parse_args(["train", "--epoch", "2"])
    assert "did you mean --epochs?" in capsys.readouterr().err
