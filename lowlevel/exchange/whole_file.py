"""Files that are written whole or not at all."""

from pathlib import Path

from lowlevel import files
from lowlevel.checks import CheckpointError, check_path, reason_of
from lowlevel.files import FilePath


def check_free(path: FilePath) -> Path:
    """Returns the path of a new file. Raises CheckpointError if there is one."""
    where = check_path("the file", path)
    if where.exists():
        raise CheckpointError(f"{where} exists already; choose a new name.")
    return where


def write_new(path: FilePath, content: bytes) -> None:
    """Writes a new file. Raises CheckpointError if there is one, or it cannot be written."""
    replace(check_free(path), content)


def replace(path: Path, content: bytes) -> None:
    """Writes a file, in place of one that is there. Raises CheckpointError if it cannot be."""
    try:
        files.write_bytes(path, content)
    except OSError as error:
        raise CheckpointError(f"{path} cannot be written: {reason_of(error)}.") from error
