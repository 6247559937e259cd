"""Functions of Python that read batches, which `tf.data` calls from threads of its own.

A process that ends while such a function runs, after an error or a stop in the middle of an epoch,
may wait for it forever: the function waits for Python, which has ended. So the end waits until no
function runs. Those that are called meanwhile fail at once, and nobody takes their batches.
"""

import atexit
import threading
import time
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from lowlevel.checks import DataError
from lowlevel.types import Tensor

SECONDS_OF_QUIET = 0.05  # without a call: `tf.data` reads ahead by a few batches, and then stops
MOST_SECONDS = 30.0  # to wait for


class _Calls:
    """Counts the functions that run."""

    def __init__(self):
        self._lock = threading.Lock()
        self._running, self._last, self._ending = 0, 0.0, False

    def run(self, function, argument):
        with self._lock:
            self._last = time.monotonic()
            if self._ending:
                raise DataError("the process ends")
            self._running += 1
        try:
            return function(argument)
        finally:
            with self._lock:
                self._running -= 1
                self._last = time.monotonic()

    def end(self):
        deadline = time.monotonic() + MOST_SECONDS
        self._ending = True
        while time.monotonic() < deadline:
            with self._lock:
                if not self._running and time.monotonic() > self._last + SECONDS_OF_QUIET:
                    return
            time.sleep(SECONDS_OF_QUIET / 10)


_calls = _Calls()
atexit.register(_calls.end)


def read(function: Callable, indices: Tensor, dtype: Any) -> Tensor:
    """What a function of Python gives for an array of indices, as a tensor of this dtype.

    A DataError that it raises comes out of the step that needs the batch.
    """
    return tf.numpy_function(lambda numbers: _calls.run(function, numbers), [indices], dtype)
