"""Progress that suits where it is shown: a bar in a terminal, now and then a line elsewhere."""

import sys
import time

import tqdm

SECONDS_BETWEEN_LINES = 30


class Progress:
    """Counts up to `total`, on stderr; a context manager.

    In a terminal it is a tqdm bar that disappears when it is done; elsewhere a plain line every
    `SECONDS_BETWEEN_LINES`; nothing if `quiet`.
    """

    def __init__(self, description, total, initial=0, quiet=False):
        self._description = description
        self._total = total
        self._done = initial
        self._lines = not quiet and not sys.stderr.isatty()
        self._bar = tqdm.tqdm(
            desc=description,
            total=total,
            initial=initial,
            leave=False,
            dynamic_ncols=True,
            disable=quiet or not sys.stderr.isatty(),
        )
        self._next_line = time.monotonic() + SECONDS_BETWEEN_LINES

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._bar.close()

    def advance(self, text=""):
        """One more is done; `text`, such as the running loss, is shown beside the count."""
        self._done += 1
        if text:
            self._bar.set_postfix_str(text, refresh=False)
        self._bar.update()
        if self._lines and time.monotonic() >= self._next_line:
            line = f"{self._description}: {self._done}/{self._total} {text}"
            print(line, file=sys.stderr, flush=True)
            self._next_line = time.monotonic() + SECONDS_BETWEEN_LINES
