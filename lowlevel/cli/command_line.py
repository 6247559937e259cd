"""Shared by all command-line tools: one-sentence errors and a quiet start-up."""

import argparse
import contextlib
import difflib
import os
import re
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NoReturn

from lowlevel.checks import (
    ConfigError,
    LowlevelError,
    WorkerLostError,
    check_integer,
    check_number,
    printable,
    reason_of,
)

START = time.monotonic()  # of the process, nearly
STOPPED_BY_ANOTHER = 75  # the status of a worker that ends because of another one
AS_OPTIONS = {"fresh=True": "--fresh", "another directory": "another --run-dir", "like=": "--like"}


class ArgumentParser(argparse.ArgumentParser):
    """Reports errors in one line, without the usage; does not accept abbreviated options."""

    def __init__(self, **keywords: Any) -> None:
        super().__init__(allow_abbrev=False, **keywords)
        self._commands: dict[str, argparse.ArgumentParser] = {}

    def add_subparsers(self, **keywords: Any) -> Any:
        """See `argparse.ArgumentParser`: what makes the parsers of commands."""
        action = super().add_subparsers(**keywords)
        self._commands = action.choices
        return action

    def error(self, message: str) -> NoReturn:
        """Prints the message and exits with status 2; a misspelt option is told the right one."""
        _, unknown, words = message.partition("unrecognized arguments: ")
        if unknown and words.startswith("-"):
            parsers = [self, *self._commands.values()]
            known = " ".join(parser.format_help() for parser in parsers)
            options = set(re.findall(r"(?<![\w-])--?[a-z][\w-]*", known))
            near = difflib.get_close_matches(words.split()[0].partition("=")[0], options, n=1)
            message += f"; did you mean {near[0]}?" if near else ""
        self.exit(2, f"{self.prog}: {printable(message)} (try --help)\n")


def check_plot(parser: argparse.ArgumentParser, plot: Path, images: Iterable[Path]) -> None:
    """Ends the program unless `plot` names a .png file that can be written and is not an input."""
    if plot.suffix != ".png" or plot.is_dir():
        parser.error(f"--plot needs the name of a .png file, not {str(plot)!r}")
    if not plot.parent.is_dir():
        parser.error(f"--plot: {plot.parent} is not a directory")
    if plot.resolve() in [Path(image).resolve() for image in images]:
        parser.error(f"--plot would overwrite the image {plot}")


def run(main: Callable[[], int | None]) -> NoReturn:
    """Runs `main()` and exits with its result; 2 after a user's error, 130 after Ctrl-C."""
    _open_streams()
    try:
        status = main()
        sys.stdout.flush()
    except LowlevelError as error:
        complain(error)
        status = STOPPED_BY_ANOTHER if isinstance(error, WorkerLostError) else 2
    except BrokenPipeError:  # the reader of the output, for example `head`, has exited
        _abandon_output()
        status = 141
    except OSError as error:  # for example a folder without permission
        name, path = os.path.basename(sys.argv[0]), error.filename or "a file or the output"
        print(f"{name}: {printable(path)} cannot be used: {reason_of(error)}.", file=sys.stderr)
        _abandon_output()  # it may be what cannot be used
        status = 2
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        print("interrupted.", file=sys.stderr)
        status = 130
    sys.exit(status)


def complain(error: LowlevelError) -> None:
    """Prints an error in a line, with the program's name."""
    print(f"{os.path.basename(sys.argv[0])}: {as_options(str(error))}", file=sys.stderr)


def _abandon_output():
    """Sends what is still to be printed nowhere, so that nothing fails when Python ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _open_streams():
    """Where a standard stream is closed, opens it, so that what is printed there goes nowhere."""
    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # which gets the lowest free number
            setattr(sys, name, os.fdopen(descriptor, "r" if name == "stdin" else "w"))


def as_options(sentence: str) -> str:
    """Replaces function arguments in a message of the package by the matching options."""
    for argument, option in AS_OPTIONS.items():
        sentence = sentence.replace(argument, option)
    return sentence


def sayer(quiet: bool) -> Callable[[str], None]:
    """A function that prints a line at once, or, if `quiet`, does nothing.

    What cannot be printed, because the disk behind the output is full, does not end a run.
    """

    def say(line):
        try:
            print(line, flush=True)
        except BrokenPipeError:  # nobody reads it any more
            raise
        except OSError:
            pass

    return (lambda line: None) if quiet else say


def quiet_tensorflow() -> None:
    """Imports TensorFlow without its start-up messages, unless TF_CPP_MIN_LOG_LEVEL is 0.

    It is also told that there is no Keras: nothing here uses it, and importing it with TensorFlow
    takes two seconds of five. Whoever wants it can still import it afterwards.
    """
    loud = os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2") == "0"
    with contextlib.nullcontext() if loud else _silence(), _blocked("keras", "tf_keras"):
        import tensorflow as tf

        tf.config.list_physical_devices()


def start_training() -> None:
    """As `quiet_tensorflow`; and joins the cluster that TF_CONFIG names, if there is one.

    Where there is one, the engine's own messages are left out: the loss of a worker is a sentence.

    Raises:
        ConfigError, WorkerLostError: as for `lowlevel.cluster.join`.
    """
    if "TF_CONFIG" in os.environ:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    quiet_tensorflow()
    from lowlevel import cluster

    cluster.join()


@contextlib.contextmanager
def _silence():
    """Sends standard error to a file meanwhile, and shows it after all if there is an exception.

    C++ writes some messages before any level applies, and one during the search for devices.
    """
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as messages:
        os.dup2(messages.fileno(), 2)
        try:
            yield
        except Exception:
            messages.seek(0)
            os.write(stderr, messages.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)


@contextlib.contextmanager
def _blocked(*packages):
    """Lets packages that are not imported yet fail to import meanwhile."""
    blocked = [name for name in packages if name not in sys.modules]
    sys.modules.update(dict.fromkeys(blocked))
    try:
        yield
    finally:
        for name in blocked:
            del sys.modules[name]


def whole_number(minimum: int, maximum: int | None = None) -> Callable[[str], int]:
    """An argparse type: a whole number in [minimum, maximum]."""

    def parse(text):
        try:
            return check_integer("it", int(text), minimum, maximum)
        except ConfigError as error:
            raise argparse.ArgumentTypeError(str(error).rstrip(".")) from None

    parse.__name__ = "whole number"
    return parse


def number(
    low: float, high: float, low_included: bool = True, high_included: bool = False
) -> Callable[[str], float]:
    """An argparse type: a number between `low` and `high`."""

    def parse(text):
        try:
            return check_number("it", float(text), low, high, low_included, high_included)
        except ConfigError as error:
            raise argparse.ArgumentTypeError(str(error).rstrip(".")) from None

    parse.__name__ = "number"
    return parse
