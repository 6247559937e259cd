"""The same training by different libraries, each at its best.

Each module has `SETTINGS`, a dict from kinds of work to tuples of names, and `make(job)`, which
returns a `Contender` that trains. Those with the kind "predict" also have `make_predictor(job)`.
"""

import dataclasses
from collections.abc import Callable

import numpy as np


@dataclasses.dataclass(frozen=True)
class Job:
    """What a contender trains or predicts, and how.

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
    """What can be timed.

    Attributes:
        numbers: function that returns what contenders are compared by: the loss of each batch when
            it trains on the examples in order, once; or the probabilities of the first image.
        run: function that trains for an epoch in a new random order, or predicts for all batches.
    """

    numbers: Callable
    run: Callable


def batches_of(inputs, batch_size):
    """The inputs in parts of that size, in order: a list."""
    return [inputs[start : start + batch_size] for start in range(0, len(inputs), batch_size)]


def find_net(module, name):
    """The network of that name in a library's module. Raises UnsupportedError if there is none."""
    if not hasattr(module, name):
        raise UnsupportedError(f"{module.__name__} has no {name}")
    return getattr(module, name)


class UnsupportedError(Exception):
    """The setting does not exist on this machine, or the library does not know the work."""
