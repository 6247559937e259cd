"""The same training by different libraries, each at its best.

Each module has `SETTINGS`, a tuple of names, and `make(job)`, which returns a `Contender`.
"""

import dataclasses
from collections.abc import Callable

import numpy as np


@dataclasses.dataclass(frozen=True)
class Job:
    """What a contender trains, and how.

    Attributes:
        work: a `benchmarks.works.Work`.
        precision: "float32" or "bfloat16".
        batch_size: examples in a batch.
        setting: one of the contender's `SETTINGS`.
        variables: arrays by name to begin with.
        inputs, targets: arrays `[examples, ...]`.
        dropout: whether to drop; False where results are compared.
    """

    work: object
    precision: str
    batch_size: int
    setting: str
    variables: dict
    inputs: np.ndarray
    targets: np.ndarray
    dropout: bool = True


@dataclasses.dataclass(frozen=True)
class Contender:
    """A training that can be timed.

    Attributes:
        losses: function that trains on the examples in order, once, and returns each batch's loss.
        train: function that trains for an epoch in a new random order.
    """

    losses: Callable
    train: Callable


def find_net(module, name):
    """The network of that name in a library's module. Raises UnsupportedError if there is none."""
    if not hasattr(module, name):
        raise UnsupportedError(f"{module.__name__} has no {name}")
    return getattr(module, name)


class UnsupportedError(Exception):
    """The setting does not exist on this machine, or the library does not know the work."""
