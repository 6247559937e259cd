"""Whether data has room in memory."""

import os
from pathlib import Path

SHARE = 4  # of memory, one part: data is there twice while it becomes tensors
# The limit of a container, in the two versions of control groups.
LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def memory() -> int:
    """Bytes of memory that this process may use: the machine's, or its container's."""
    most = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for path in map(Path, LIMITS):
        try:
            most = min(most, int(path.read_text()))
        except (OSError, ValueError):  # there is none, or it is "max"
            continue
    return most


def is_too_large(number_of_bytes: int) -> bool:
    """Whether data is better read from disk than held in memory."""
    return number_of_bytes > memory() // SHARE
