"""Turns Ctrl-C and termination into a request that the loop honours between two steps."""

import signal
import threading


class Interruption:
    """While active, notes the first SIGINT or SIGTERM as requested; a second one acts at once.

    Attributes:
        signal_number: the signal received, or None.
    """

    def __init__(self):
        self.signal_number = None
        self._previous = {}

    def __enter__(self):
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._previous[number] = signal.signal(number, self._receive)
        return self

    def __exit__(self, *exception):
        self._restore()

    def requested(self):
        """Whether a signal has been received."""
        return self.signal_number is not None

    def _receive(self, number, frame):
        self.signal_number = number
        self._restore()

    def _restore(self):
        for number, handler in self._previous.items():
            signal.signal(number, handler)
        self._previous = {}
