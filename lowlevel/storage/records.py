"""Checks the contents of a checkpoint's record.json before it is used."""

import sys
from collections.abc import Sequence
from typing import Any

from lowlevel.checks import CheckpointError
from lowlevel.files import FilePath


def check(record: Any, path: FilePath, metric_names: Sequence[str]) -> dict:
    """Returns the record of a run that is to be resumed.

    Args:
        record: what `checkpoint.read_record` returned, a dict.
        path: the checkpoint, for messages.
        metric_names: names of the metrics of each step.

    Raises:
        CheckpointError: something is missing, or is not as a run writes it.
    """
    history = check_history(record, path)
    running, seconds = record.get("running"), record.get("seconds")
    if not isinstance(running, dict) or running.keys() != set(metric_names):
        raise _damage(path, f"running must hold {', '.join(metric_names)}")
    for name, sums in running.items():
        if not (isinstance(sums, list) and len(sums) == 2 and all(map(_is_number, sums))):
            raise _damage(path, f"running must hold two numbers for {name}")
    if not _is_number(seconds) or seconds < 0:
        raise _damage(path, "seconds must be a number of at least 0")
    if [row["epoch"] for row in history] != list(range(1, len(history) + 1)):
        raise _damage(path, "the epochs of the history must be 1, 2, 3 and so on")
    last = history[-1]["step"] if history else 0
    if not _is_count(record.get("step")) or record["step"] < last:
        raise _damage(path, "step must be a whole number, not before the end of the last epoch")
    for name in ("skipped", "rollbacks"):
        if not _is_count(record.get(name, 0)):
            raise _damage(path, f"{name} must be a whole number")
    return record


def check_step(record: dict, path: FilePath, step: int) -> None:
    """Raises CheckpointError unless the record is of the step that the variables have made."""
    if record["step"] != step:
        raise _damage(path, f"it is of step {record['step']}, its variables are of step {step}")


def check_history(record: dict, path: FilePath) -> list[dict]:
    """Returns the history in a record: a list of rows with an `epoch` and a `step` that grow.

    Raises:
        CheckpointError: it is anything else.
    """
    history = record.get("history")
    if not isinstance(history, list):
        raise _damage(path, "history must be a list")
    for number, row in enumerate(history):
        if not isinstance(row, dict) or not all(_is_count(row.get(k)) for k in ("epoch", "step")):
            raise _damage(path, "each row of the history needs an epoch and a step")
        before = history[number - 1] if number else {"epoch": 0, "step": 0}
        if row["epoch"] <= before["epoch"] or row["step"] <= before["step"]:
            raise _damage(path, "epochs and steps of the history must grow")
        if not all(_is_number(value) for value in row.values()):
            raise _damage(path, "each row of the history holds numbers alone")
    return history


def _damage(path, what):
    return CheckpointError(f"the record of {path} is damaged: {what}.")


def _is_number(value):
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and abs(value) <= sys.float_info.max  # which NaN is not


def _is_count(value):
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63
