"""Kills a training script at random moments, and compares what is left with an unbroken run."""

import json
import random
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from lowlevel.checks import LowlevelError
from lowlevel.storage import tensorboard
from lowlevel.storage.run_directory import METRICS
from lowlevel.training import fingerprints


class Unbroken:
    """A run of a training script from its start to its end.

    Attributes:
        words: the command, without the options that say where the run is kept.
        path: its run directory; files beside it begin with its name.
        digests: see `lowlevel.training.fingerprints.read`.
        start_seconds, seconds: from its start to its first step, and to its end.
    """

    def __init__(self, words: Sequence[str], path: Path) -> None:
        """Trains. Raises LowlevelError if the script fails."""
        self.words, self.path = words, path
        file = path.with_suffix(".jsonl")
        begin = time.monotonic()
        with Life(words, path, file) as life:
            while not (file.exists() and file.stat().st_size) and life.is_running():
                time.sleep(0.02)
            self.start_seconds = time.monotonic() - begin
            self.output = life.wait()
        self.seconds = time.monotonic() - begin
        self.digests = fingerprints.read(file)

    @property
    def steps(self) -> int:
        """How many steps it made."""
        return len(self.digests)


class Life:
    """One process of a script; it is killed when its context ends."""

    def __init__(self, words: Sequence[str], run_dir: Path, file: Path) -> None:
        options = ["--run-dir", str(run_dir), "--fingerprints", str(file)]
        self._process = subprocess.Popen(
            [*words, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def __enter__(self) -> "Life":
        return self

    def __exit__(self, *exception: object) -> None:
        self._process.kill()
        self._process.communicate()

    def is_running(self) -> bool:
        """Whether it has not come to its end."""
        return self._process.poll() is None

    def wait(self, seconds: float | None = None) -> str | None:
        """Kills it after these seconds, if it is still running then.

        Returns:
            What it has printed; None if it was killed.

        Raises:
            LowlevelError: it has failed.
        """
        try:
            output, errors = self._process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            output, errors = self._process.communicate()
        status = self._process.returncode
        if status == -signal.SIGKILL:
            return None
        if status != 0:
            reason = (errors.splitlines() or ["it says nothing"])[-1]
            raise LowlevelError(f"the script has failed with status {status}: {reason}")
        return output


def kill_and_compare(
    unbroken: Unbroken, kills: int, seed: int, advance: Callable[[], None]
) -> str | None:
    """Runs the same command again, under kills, and compares it with the unbroken run.

    A run that comes to its end before it is killed is compared, and the next one begins.

    Args:
        unbroken: an `Unbroken`.
        kills: how often to kill it.
        seed: of the moments.
        advance: called after each kill.

    Returns:
        None, or a sentence about the first difference.

    Raises:
        LowlevelError: the script has failed.
    """
    moments, lives, runs = random.Random(seed), 0, 0
    longest = 2 * (unbroken.seconds - unbroken.start_seconds) / kills
    while True:
        runs += 1
        path, output = unbroken.path.with_name(f"killed-{runs}"), None
        while output is None:
            lives += 1
            file = unbroken.path.with_name(f"killed-{runs}-{lives}.jsonl")
            delay = unbroken.start_seconds * moments.uniform(0.7, 1) + moments.uniform(0, longest)
            with Life(unbroken.words, path, file) as life:
                output = life.wait(delay if kills > 0 else None)
            if output is None:
                kills -= 1
                advance()
            difference = file.exists() and _compare_steps(unbroken, file)
            if difference:
                return difference
        difference = _compare_ends(unbroken, path, output)
        if difference or kills == 0:
            return difference


def _compare_steps(unbroken, file):
    """A sentence about the first step in a file that differs from the unbroken run, or None."""
    found = fingerprints.first_difference(unbroken.digests, fingerprints.read(file))
    if found is None:
        return None
    step, names = found
    more = f" and {len(names) - 1} more differ" if len(names) > 1 else " differs"
    return f"at step {step}, {names[0]}{more} from the unbroken run"


def _compare_ends(unbroken, path, output):
    """A sentence about what differs at the end of two runs, or None."""
    if output != unbroken.output:
        return f"the script prints {output!r} at its end, the unbroken run {unbroken.output!r}"
    if _rows(path) != _rows(unbroken.path):
        return f"{METRICS} differs from that of the unbroken run"
    if tensorboard.read(path) != tensorboard.read(unbroken.path):
        return "the log for TensorBoard differs from that of the unbroken run"
    return None


def _rows(path):
    rows = map(json.loads, (path / METRICS).read_text().splitlines())
    return [row | {"seconds": None} for row in rows]
