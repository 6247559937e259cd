"""Turns a signal or a limit of time into a request that the loop honours between two steps."""

import signal
import threading
import time

SIGNALS = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]
OUT_OF_TIME = 75  # the exit status of Unix for "try again later"


class Interruption:
    """While active, notes the first of `SIGNALS` as a request; a second one acts at once.

    Attributes:
        status: the exit status of a process that was stopped by this; None if it was not.
    """

    def __init__(self, end: float | None = None) -> None:
        """Takes when time is over, by `time.monotonic()`; or None."""
        self.status: int | None = None
        self._end = end
        self._previous = {}

    def __enter__(self) -> "Interruption":
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                if signal.getsignal(number) != signal.SIG_IGN:  # as nohup has it
                    self._previous[number] = signal.signal(number, self._receive)
        return self

    def __exit__(self, *exception: object) -> None:
        self._restore()

    def requested(self) -> bool:
        """Whether a signal has been received, or time is over."""
        if self.status is None and self._end is not None and time.monotonic() >= self._end:
            self.status = OUT_OF_TIME
        return self.status is not None

    def _receive(self, number, frame):
        self.status = 128 + number
        self._restore()

    def _restore(self):
        for number, handler in self._previous.items():
            signal.signal(number, handler)
        self._previous = {}
