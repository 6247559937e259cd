"""Opens the directory of a run in all workers of a cluster: all of them see the same run there."""

import json
import time
import zlib
from pathlib import Path
from typing import Any

from lowlevel import cluster
from lowlevel.checks import CheckpointError
from lowlevel.storage.run_directory import ABOUT, RunDirectory

SECONDS = 30.0  # that a shared disk may take to show a worker what the chief has written


def open_directory(
    directory: RunDirectory, config: dict, resume: bool, fresh: bool, defaults: dict
) -> tuple[Path, dict] | None:
    """What `RunDirectory.open` returns in the chief, in all workers; arguments are the same.

    Raises:
        CheckpointError: as `RunDirectory.open` raises it; or a worker does not see there what the
            chief does.
        ConfigError: likewise; or the workers have different configs, or one of them has failed.
    """
    here = cluster.current()
    if here.is_alone:
        return directory.open(config, resume, fresh, defaults)
    compared = {name: value for name, value in config.items() if name != ABOUT}
    here.check_alike("settings and data", json.dumps(compared, sort_keys=True))
    newest = here.chief_first(lambda: directory.open(config, resume, fresh, defaults))
    return _find(directory, newest)


def newest(directory: RunDirectory) -> Any:
    """What `RunDirectory.newest` returns in the chief, in all workers. Raises CheckpointError."""
    here = cluster.current()
    if here.is_alone:
        return directory.newest()
    return _find(directory, here.chief_first(directory.newest))


def _find(directory, in_chief):
    """The checkpoint, or None, that the chief has found, in all workers."""
    here = cluster.current()
    [wanted] = here.agree([_name(in_chief)])
    return here.together(lambda: in_chief if here.is_chief else _wait(directory, wanted))


def _wait(directory, wanted):
    end = time.monotonic() + SECONDS
    while True:
        found = directory.newest()
        if directory.exists() and _name(found) == wanted:
            return found
        if time.monotonic() > end:
            raise CheckpointError(
                f"{directory.path} does not hold what the chief has there: all workers must be "
                f"able to read the same run directory."
            )
        time.sleep(0.5)


def _name(found):
    """A checkpoint's name as a number, which workers can agree on."""
    return -1 if found is None else zlib.crc32(found[0].name.encode())
