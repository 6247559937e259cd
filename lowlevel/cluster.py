"""The processes that train one network together: who they are, and what they agree on.

TensorFlow's own engine joins them, from `TF_CONFIG` in the environment, and adds up over them:
`tf.distribute.MultiWorkerMirroredStrategy`. Each process, a worker, makes the same variables from
the same seed, computes its share of each batch, and assigns the same update. The first is the
chief: it writes the files. A process without `TF_CONFIG` is alone, and is its own chief.
"""

import contextlib
import hashlib
import json
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import tensorflow as tf

from lowlevel import __version__, meeting, replicas
from lowlevel.checks import ConfigError, LowlevelError, WorkerLostError
from lowlevel.variables import sha256

ENGINE_SECONDS = 300  # that the engine may take to start, once all workers have met
# What the engine raises when another worker is gone.
_LOST = (
    *(tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.CancelledError),
    tf.errors.DeadlineExceededError,
)


class Cluster:
    """One process among those that train together.

    Attributes:
        index: which of them it is, from 0.
        count: how many they are.
    """

    def __init__(self, strategy: Any, index: int, count: int) -> None:
        """Takes a `tf.distribute.Strategy`, None for a process alone, and who this one is."""
        self._strategy = strategy
        self.index = index
        self.count = count
        self._sum: Any = None

    @property
    def is_alone(self) -> bool:
        """Whether this process trains without others."""
        return self.count == 1

    @property
    def is_chief(self) -> bool:
        """Whether this process writes the files of the run."""
        return self.index == 0

    def run(self, function: Callable, *arguments: Any) -> Any:
        """Calls a function, in a graph; in it, `replicas.sum_over_all` adds up over all workers."""
        if self._strategy is None:
            return function(*arguments)
        return self._strategy.run(function, args=arguments)

    def share(self, whole: Any) -> replicas.Share | None:
        """The part of a batch of `whole` examples that this worker computes; None for one alone."""
        return None if self.is_alone else replicas.Share.of(whole, self.index, self.count)

    def sums(self, numbers: Sequence[float]) -> list[float]:
        """The sums of numbers over all workers; each of them must ask for as many.

        Raises:
            WorkerLostError: another worker is gone.
        """
        if self.is_alone:
            return list(numbers)
        if self._sum is None:
            self._sum = tf.function(
                lambda values: self.run(replicas.sum_over_all, values), autograph=False
            )
        with blame_worker():
            return self._sum(tf.constant(numbers, tf.float64)).numpy().tolist()

    def agree(self, numbers: Sequence[float]) -> list[float]:
        """The chief's numbers, for all workers."""
        return self.sums([number * self.is_chief for number in numbers])

    def any(self, flag: bool) -> bool:
        """Whether the flag is set in any worker."""
        return self.sums([float(flag)])[0] > 0

    def together(self, function: Callable[[], Any]) -> Any:
        """Calls a function in all workers; where it fails in one of them, it fails in all.

        Raises:
            LowlevelError, OSError: the function has raised it; the others raise ConfigError.
        """
        result, error = None, None
        try:
            result = function()
        except (LowlevelError, OSError) as found:
            error = found
        failed = self.sums([error is not None and n == self.index for n in range(self.count)])
        if any(failed):
            first = failed.index(max(failed))
            raise error or ConfigError(f"worker {first} has failed; see what it says.")
        return result

    def chief_first(self, function: Callable[[], Any]) -> Any:
        """Calls a function in the chief, before any worker goes on; returns what it returns there.

        Raises:
            LowlevelError, OSError: as for `together`.
        """
        return self.together(function if self.is_chief else lambda: None)

    def after_chief(self, function: Callable[[], Any]) -> Any:
        """Calls a function in the chief, then in the others; returns what it returns here.

        Raises:
            LowlevelError, OSError: as for `together`.
        """
        in_chief = self.chief_first(function)
        return in_chief if self.is_chief else function()

    def check_alike(self, what: str, found: str | dict[str, tf.Variable]) -> None:
        """Raises ConfigError if a text, or a bit of variables, is not the chief's in a worker."""
        if self.is_alone:
            return
        if isinstance(found, str):
            digest = hashlib.sha256(found.encode()).hexdigest()
        else:
            digest = sha256(found)
        words = [int(digest[i : i + 8], 16) for i in range(0, len(digest), 8)]
        if self.any(self.agree(words) != words):
            raise ConfigError(
                f"the workers do not have the same {what}: start them with the same command, "
                f"data and versions, and a run directory that all of them can read."
            )


ALONE = Cluster(None, 0, 1)
_joined: list[Cluster] = []


def current() -> Cluster:
    """The cluster that this process has joined, or one of its own."""
    return _joined[-1] if _joined else ALONE


def join(seconds: float = meeting.SECONDS) -> Cluster:
    """Joins the cluster that `TF_CONFIG` names; without it, the process is alone.

    It must come before anything that TensorFlow computes.

    Args:
        seconds: how long to wait for the other workers.

    Raises:
        ConfigError: TF_CONFIG is damaged, or not alike in all workers but for the index.
        WorkerLostError: not all workers have come in time.
    """
    if "TF_CONFIG" not in os.environ or _joined:
        return current()
    index, workers = read_config(os.environ["TF_CONFIG"])
    if len(workers) > 1:
        versions = f"lowlevel {__version__} and TensorFlow {tf.__version__}"
        meeting.meet(workers, index, versions, seconds)
        _joined.append(Cluster(_start_engine(), index, len(workers)))
    return current()


def _start_engine():
    """The strategy. Meanwhile, and only then, Ctrl-C and an alarm end the process without a word.

    The engine's start keeps Python from answering signals, and would wait for an hour for a worker
    that has ended since all met. It leaves a handler of SIGTERM behind, which is taken away.
    """
    is_main = threading.current_thread() is threading.main_thread()
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGALRM) if is_main else ()
    before = {number: signal.signal(number, signal.SIG_DFL) for number in numbers}
    try:
        if is_main:
            signal.alarm(ENGINE_SECONDS)
        with blame_worker(False):
            return tf.distribute.MultiWorkerMirroredStrategy()
    finally:
        if is_main:
            signal.alarm(0)
        for number, handler in before.items():
            signal.signal(number, handler)


def leave() -> None:
    """Goes on alone, as the chief does when it reports on what was trained."""
    _joined.clear()


def read_config(text: str) -> tuple[int, list[str]]:
    """(index of this worker, addresses of all workers) in the text of TF_CONFIG.

    Raises:
        ConfigError: it is not JSON, or not a cluster of workers alone.
    """
    try:
        config = json.loads(text)
        workers, task = config["cluster"]["worker"], config["task"]
        index, kind = task["index"], task["type"]
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            'TF_CONFIG must be JSON such as {"cluster": {"worker": ["host:port", ...]}, '
            '"task": {"type": "worker", "index": 0}}.'
        ) from error
    is_index = isinstance(index, int) and not isinstance(index, bool)
    if set(config["cluster"]) != {"worker"} or kind != "worker" or not isinstance(workers, list):
        raise ConfigError("TF_CONFIG must name workers alone: the first of them is the chief.")
    if not is_index or not 0 <= index < len(workers):
        raise ConfigError(f"TF_CONFIG has {len(workers)} workers, but this is number {index!r}.")
    if len({meeting.split(address) for address in workers}) < len(workers):
        raise ConfigError("TF_CONFIG gives two workers the same address.")
    return index, workers


@contextlib.contextmanager
def blame_worker(has_joined: bool = True) -> Iterator[None]:
    """In a cluster, turns what the engine raises when a worker is gone into WorkerLostError."""
    try:
        yield
    except tf.errors.OpError as error:
        is_lost = isinstance(error, _LOST) or "Collective ops is aborted" in str(error)
        if not is_lost or (has_joined and current().is_alone):
            raise
        raise WorkerLostError(
            "another worker is gone; start all of them again to go on from the last checkpoint."
        ) from error
