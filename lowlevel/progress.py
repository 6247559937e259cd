"""Progress: a bar in a terminal, an occasional line elsewhere."""

import math
import shutil
import sys
import time

import tqdm

SECONDS_BETWEEN_LINES = 30


class Progress:
    """Counts up to `total`, on stderr; a context manager.

    In a terminal it is a tqdm bar that disappears when it is done; elsewhere a plain line every
    `SECONDS_BETWEEN_LINES`; nothing if `quiet`. A `total` of None is not known.
    """

    def __init__(
        self, description: str, total: int | None, initial: int = 0, quiet: bool = False
    ) -> None:
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
            bar_format=bar_format(shutil.get_terminal_size().columns, len(description)),
            disable=quiet or not sys.stderr.isatty(),
        )
        self._initial = initial
        self._start = time.monotonic()
        self._next_line = self._start + SECONDS_BETWEEN_LINES

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *exception: object) -> None:
        self._bar.close()

    def advance(self, text: str = "", count: int = 1) -> None:
        """Counts further; `text`, for example the running loss, is shown beside the count."""
        self._done += count
        if text:
            self._bar.set_postfix_str(text, refresh=False)
        self._bar.update(count)
        now = time.monotonic()
        if self._lines and now >= self._next_line:
            print(self._line(text, now - self._start), file=sys.stderr, flush=True)
            self._next_line = now + SECONDS_BETWEEN_LINES

    def _line(self, text, seconds):
        if self._total is None:
            return f"{self._description}: {self._done} {text}".rstrip()
        seconds_each = seconds / max(1, self._done - self._initial)
        left = describe_seconds(seconds_each * (self._total - self._done))
        count = f"{self._done}/{self._total} {text}".rstrip()
        return f"{self._description}: {count}, {left} left"


def bar_format(columns: int, description: int) -> str | None:
    """What a bar shows, for tqdm: what does not fit is left out, so that no word is cut.

    Args:
        columns: the width of the terminal.
        description: the length of the text in front.

    Returns:
        A format, or None for all that tqdm can show.
    """
    if columns >= description + 75:
        return None
    if columns >= description + 45:
        return "{desc}: {percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt}{postfix}"
    if columns >= description + 30:
        return "{desc}: {n_fmt}/{total_fmt}{postfix}"
    return "{n_fmt}/{total_fmt}{postfix}" if columns >= 30 else "{percentage:.0f}%"


def describe_seconds(seconds: float) -> str:
    """A duration as text: "45 s", "12 min", "2 h 05 min"."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = math.ceil(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"
