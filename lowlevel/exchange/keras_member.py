"""The members of a `.keras` file that are read, unpacked with care: anyone may have made it."""

import contextlib
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from lowlevel import files
from lowlevel.checks import CheckpointError, reason_of

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
MAX_CONFIG = 2**24  # bytes
PIECE = 2**20
DAMAGE = (
    *(OSError, ValueError, KeyError, EOFError, RuntimeError, NotImplementedError, OverflowError),
    *(zipfile.BadZipFile, zlib.error),
)


def limit(size: int, count: int) -> int:
    """How many bytes the weights of a network may take: with an optimizer, and HDF5's own.

    Args:
        size: bytes of its variables.
        count: how many variables there are.
    """
    return 6 * size + 2**14 * count + 2**22


@contextlib.contextmanager
def unpacked(path: Path, most: int) -> Iterator[tuple[dict, Path]]:
    """Unpacks a `.keras` file: its `config.json`, a dict, and a file with its weights.

    Args:
        path: the file.
        most: how many bytes the weights may be.

    Raises:
        CheckpointError: a member is missing, too large or damaged.
    """
    with tempfile.TemporaryDirectory() as folder:
        weights = Path(folder) / WEIGHTS
        try:
            with zipfile.ZipFile(path) as archive:
                names = archive.namelist()
                for name in (CONFIG, WEIGHTS):
                    if names.count(name) != 1:
                        raise ValueError(f"it has {names.count(name)} members {name}, not one")
                config = files.parse_json(_read(archive, CONFIG, MAX_CONFIG).decode())
                with weights.open("wb") as file:
                    file.write(_read(archive, WEIGHTS, most))
            if not isinstance(config, dict):
                raise ValueError(f"{CONFIG} is not a JSON object")
        except DAMAGE as error:
            raise CheckpointError(
                f"{path} is not a .keras file that can be read: {reason_of(error)}."
            ) from error
        yield config, weights


def _read(archive, name, most):
    """The bytes of a member, none more than `most`, whatever it claims."""
    if archive.getinfo(name).file_size > most:
        raise ValueError(f"{name} claims more than the {most:,} bytes that it may have")
    with archive.open(name) as member:
        content = member.read(most + 1)
    if len(content) > most:
        raise ValueError(f"{name} has more than the {most:,} bytes that it may have")
    return content
