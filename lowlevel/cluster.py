"""The processes that train one network together: who they are, and what they agree on.

TensorFlow's own engine joins them, from `TF_CONFIG` in the environment, and adds up over them:
`tf.distribute.MultiWorkerMirroredStrategy`. Each process, a worker, makes the same variables from
the same seed, computes its share of each batch, and assigns the same update. The first is the
chief: it writes the files. A process without `TF_CONFIG` is alone, and is its own chief.
"""

import json
import os
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from lowlevel import replicas
from lowlevel.checks import ConfigError, LowlevelError, WorkerLostError

# What the engine raises when another worker is gone.
LOST = (tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.CancelledError)


class Cluster:
    """One process among those that train together.

    Attributes:
        index: which of them it is, from 0.
        count: how many they are.
    """

    def __init__(self, strategy: tf.distribute.Strategy | None, index: int, count: int) -> None:
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
        try:
            return self._sum(tf.constant(numbers, tf.float64)).numpy().tolist()
        except LOST as error:
            raise lost() from error

    def agree(self, numbers: Sequence[float]) -> list[float]:
        """The chief's numbers, for all workers."""
        return self.sums([number * self.is_chief for number in numbers])

    def any(self, flag: bool) -> bool:
        """Whether the flag is set in any worker."""
        return self.sums([float(flag)])[0] > 0

    def chief_first(self, function: Callable[[], Any]) -> Any:
        """Calls a function in the chief, before any worker goes on; returns what it returns there.

        Raises:
            LowlevelError: the function has failed, in the chief; the others raise ConfigError.
        """
        result, error = None, None
        if self.is_chief:
            try:
                result = function()
            except LowlevelError as found:
                error = found
        if self.any(error is not None):
            raise error or ConfigError("the chief has failed; see what it says.")
        return result

    def check_alike(self, what: str, digest: str) -> None:
        """Raises ConfigError if a hexadecimal digest is not the chief's in all workers."""
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


def join() -> Cluster:
    """Joins the cluster that `TF_CONFIG` names; without it, the process is alone.

    It must come before anything that TensorFlow computes.

    Raises:
        ConfigError: TF_CONFIG is damaged.
    """
    if "TF_CONFIG" not in os.environ or _joined:
        return current()
    index, count = read_config(os.environ["TF_CONFIG"])
    if count > 1:
        strategy = tf.distribute.MultiWorkerMirroredStrategy()
        _joined.append(Cluster(strategy, index, count))
    return current()


def leave() -> None:
    """Goes on alone, as the chief does when it reports on what was trained."""
    _joined.clear()


def read_config(text: str) -> tuple[int, int]:
    """(index of this worker, number of workers) in the text of TF_CONFIG.

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
    return index, len(workers)


def lost() -> WorkerLostError:
    """The error for a worker that is gone."""
    return WorkerLostError(
        "another worker is gone; start all of them again to go on from the last checkpoint."
    )
