"""Reads several files for a prediction: one that cannot be read does not stop the others."""

from collections.abc import Callable, Sequence

from lowlevel.checks import DataError
from lowlevel.cli import command_line
from lowlevel.files import FilePath


def read_each(paths: Sequence[FilePath], read: Callable) -> tuple[list, list]:
    """Applies a function to each path, and prints a line on stderr for each that fails.

    Args:
        paths: a list of paths.
        read: function of a path; raises DataError if it cannot be read.

    Returns:
        Two lists of the same length: the paths that could be read, and what they hold.
    """
    there, values = [], []
    for path in paths:
        try:
            values.append(read(path))
            there.append(path)
        except DataError as error:
            command_line.complain(error)
    return there, values


def status(asked: int, answered: int) -> int:
    """The exit status after some of the files could not be read: 0, 1, or 2 if none could."""
    if answered == asked:
        return 0
    return 1 if answered else 2
