"""Runs the command-line tools: in this process, which is quick, or as a person would."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parent.parent.parent / "scripts"


class Result:
    """What a tool did: its exit status, and what it printed."""

    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err

    @property
    def last_lines(self):
        """The last two lines of the output."""
        return self.out.splitlines()[-2:]


def load(name):
    """A script as a module."""
    path = SCRIPTS / name
    spec = importlib.util.spec_from_file_location(path.stem, path)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return script


def run_here(name, arguments, monkeypatch, capfd):
    """Runs `main()` of a script in this process."""
    capfd.readouterr()
    status = _run_main(name, arguments, monkeypatch)
    return Result(status, *capfd.readouterr())


def prepare(name, *arguments):
    """Runs `main()` of a script in this process, once for all tests that need what it leaves."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        assert _run_main(name, arguments, monkeypatch) == 0


def _run_main(name, arguments, monkeypatch):
    from lowlevel.cli import command_line

    script = load(name)
    monkeypatch.setattr(sys, "argv", [str(SCRIPTS / name), *map(str, arguments)])
    try:
        command_line.run(script.main)
    except SystemExit as stop:
        return stop.code
    raise AssertionError("command_line.run always exits")


def block_keras(directory):
    """Makes packages in `directory` that hide Keras from a process with it in PYTHONPATH."""
    for name in ("keras", "tf_keras"):
        (directory / name).mkdir(parents=True)
        (directory / name / "__init__.py").write_text("raise ImportError('keras is blocked')\n")
    return str(directory)


def command(name, *arguments):
    """The words of a shell command."""
    return [sys.executable, str(SCRIPTS / name), *map(str, arguments)]


def run(name, *arguments, cwd=None, **environment):
    """Runs a script in a process of its own."""
    environment = {
        name: value for name, value in os.environ.items() if "TF_" not in name
    } | environment
    done = subprocess.run(
        command(name, *arguments), capture_output=True, text=True, cwd=cwd, env=environment
    )
    return Result(done.returncode, done.stdout, done.stderr)
