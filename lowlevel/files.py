"""Writing files so that a crash leaves either the old file or the new one, whole."""

import os
from pathlib import Path

TEMPORARY = ".tmp-"  # prefix of the names of unfinished files


def sync(path):
    """Waits until a file or a directory is on disk, as far as the system can tell."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError:
        # Some file systems cannot sync a directory; there is nothing better to do on those.
        if not Path(path).is_dir():
            raise
    finally:
        os.close(descriptor)


def write_text(path, text):
    """Replaces the file at `path` in one instant: writes beside it, flushes, renames."""
    path = Path(path)
    temporary = path.with_name(f"{TEMPORARY}{path.name}-{os.getpid()}")
    try:
        temporary.write_text(text, encoding="utf-8")
        sync(temporary)
        temporary.replace(path)
        sync(path.parent)
    finally:
        temporary.unlink(missing_ok=True)
