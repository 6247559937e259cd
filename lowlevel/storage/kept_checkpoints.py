"""The names of a run's checkpoints, and which of them are kept."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lowlevel.storage.history import best_epoch

KEEP_NEWEST = 3
KEEP_EVERY = "keep_every"  # in what a config tells about a run's origin
_NAME = re.compile(r"epoch-(\d{4,})-step-(\d{8,})")


def checkpoint_name(finished_epochs: int, step: int) -> str:
    """Name of the directory of a checkpoint."""
    return f"epoch-{finished_epochs:04d}-step-{step:08d}"


def find(directory: Path) -> list[Path]:
    """Paths of all checkpoints in a directory, whole or damaged, oldest first."""
    if not directory.is_dir():
        return []
    found = [path for path in directory.iterdir() if path.is_dir() and _NAME.fullmatch(path.name)]
    return sorted(found, key=lambda path: [int(n) for n in re.findall(r"\d+", path.name)[::-1]])


def to_keep(names: Sequence[str], history: list[dict], every: int | None = None) -> set[str]:
    """The names of the checkpoints to keep: the newest, that of the best epoch, and some more.

    Args:
        names: of the checkpoints that there are, oldest first.
        history: a row for each finished epoch.
        every: None, or n: those of epochs n, 2n, 3n, ... are kept, too.
    """
    rows = [row for row in history if every is not None and row["epoch"] % every == 0]
    rows += [best_epoch(history)] if history else []
    return {
        *names[-KEEP_NEWEST:],
        *(checkpoint_name(row["epoch"], row["step"]) for row in rows),
    }


def every_of(about: Any) -> int | None:
    """Every how many epochs a run keeps a checkpoint, as a config tells it; None if it does not."""
    every = about.get(KEEP_EVERY) if isinstance(about, dict) else None
    return every if isinstance(every, int) and every >= 1 else None
