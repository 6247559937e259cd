"""A lock on a directory: only one process at a time trains in it.

The system takes the lock away when the process ends, however it ends, so none is left behind.
"""

import os

from lowlevel.checks import CheckpointError
from lowlevel.files import FilePath

try:
    import fcntl
except ImportError:  # not on Windows, where nothing is locked
    fcntl = None  # type: ignore[assignment]

_held = {}  # descriptors of the directories that this process has locked, by device and inode


def lock(path: FilePath) -> None:
    """Locks an existing directory for this process, unless it has locked it already.

    Raises:
        CheckpointError: another process has locked it.
    """
    status = os.stat(path)
    key = status.st_dev, status.st_ino
    if fcntl is None or key in _held:
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise CheckpointError(
            f"{path} is in use by {_holder(status)}; wait until it has ended, or choose another "
            f"directory."
        ) from None
    except OSError:  # a file system without locks
        os.close(descriptor)
    else:
        _held[key] = descriptor


def unlock(path: FilePath) -> None:
    """Lets other processes lock the directory. Does nothing if this one has not."""
    try:
        status = os.stat(path)
    except OSError:  # it was deleted
        return
    descriptor = _held.pop((status.st_dev, status.st_ino), None)
    if descriptor is not None:
        os.close(descriptor)


def _holder(status):
    """Which process has locked a directory, as far as Linux tells."""
    device = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    try:
        with open("/proc/locks", encoding="utf-8") as file:
            rows = [line.split() for line in file]
    except OSError:
        rows = []
    processes = [row[4] for row in rows if row[1] == "FLOCK" and row[5] == device]
    return f"process {processes[0]}" if processes else "another process"
