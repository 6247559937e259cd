"""Digests of all that a run consists of after each step: what a resumed run is compared by."""

import hashlib
import json
from pathlib import Path

from lowlevel.checks import CheckpointError, reason_of
from lowlevel.files import FilePath
from lowlevel.training.hook import Hook
from lowlevel.training.run import Run


class Fingerprints(Hook):
    """Writes a line of JSON to a file after each step.

    It holds the `step`, the number of the `epoch`, a digest of each variable and each slot of the
    optimizer by its name in a checkpoint, and of the indices of the batch as `examples`, if the run
    chooses them. To digest all variables after each step is slow.
    """

    def __init__(self, run: Run, path: FilePath) -> None:
        """Takes a `lowlevel.training.run.Run`. Raises CheckpointError if there is a file already.

        A run that goes on needs a new file: the last line of a process that was killed may be cut.
        """
        self._run, self._path = run, Path(path)
        try:
            self._path.touch(exist_ok=False)
        except OSError as error:
            raise CheckpointError(f"{path} cannot be written: {reason_of(error)}.") from error

    def on_epoch_begin(self, epoch: int) -> None:
        self._first = int(self._run.state.step)
        self._order = self._run.data.order(self._run.state, self._run.recipe)

    def on_batch_end(self, step: int, values: dict[str, float]) -> None:
        digests = {name: _digest(value) for name, value in self._run.state.tensors().items()}
        if self._order is not None:
            batch_size = self._run.recipe.batch_size
            start = (step - 1 - self._first) * batch_size
            digests["examples"] = _digest(self._order[start : start + batch_size])
        line = digests | {"step": step, "epoch": self._run.state.epoch}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def read(path: FilePath) -> dict[int, dict]:
    """The lines of a file by their steps: dicts of strings. A last line that is cut is left out."""
    with open(path, encoding="utf-8") as file:
        lines = [json.loads(line) for line in file if line.endswith("\n")]
    return {line["step"]: line for line in lines}


def first_difference(
    expected: dict[int, dict], found: dict[int, dict]
) -> tuple[int, list[str]] | None:
    """The first step at which two results of `read` differ, and in what.

    Args:
        expected: of an unbroken run.
        found: of a part of the run to compare with it.

    Returns:
        None if they are alike, or the step and a list of names: of variables, slots, "examples".
    """
    for step in sorted(found):
        there, here = expected.get(step, {}), found[step]
        names = [name for name in here | there if there.get(name) != here.get(name)]
        if names:
            return step, names
    return None


def _digest(tensor):
    return hashlib.sha256(tensor.numpy().tobytes()).hexdigest()[:16]
