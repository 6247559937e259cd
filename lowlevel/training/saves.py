"""The saves of a run while it trains, and what is done when one of them fails."""

import sys
from typing import TYPE_CHECKING

from lowlevel.checks import CheckpointError, check_choice
from lowlevel.training.policies import ON_SAVE_ERROR

if TYPE_CHECKING:
    from lowlevel.training.run import Run


class Saves:
    """Saves a run in the background, one save at a time."""

    def __init__(self, run: "Run", on_error: str = "stop") -> None:
        """Takes a `lowlevel.training.run.Run`, and a name in `ON_SAVE_ERROR`.

        "stop" raises the CheckpointError of a save that has failed; "continue" prints it, and
        raises it only if the last save is the one that failed.
        """
        self._run = run
        self._on_error = check_choice("on_save_error", on_error, ON_SAVE_ERROR)
        self._error: CheckpointError | None = None

    def begin(self) -> None:
        """Begins a save, after the one before."""
        self.finish()
        self._error = None
        self._run.begin_saving()

    def check(self) -> None:
        """Answers the failure of the last save, if it has failed meanwhile."""
        self._answer(self._run.check_saving)

    def finish(self) -> None:
        """Waits until the last save is on disk."""
        self._answer(self._run.finish_saving)

    def end(self) -> None:
        """Waits for the last save of all. Raises CheckpointError if it has failed."""
        self.finish()
        if self._error is not None:
            raise self._error

    def _answer(self, wait):
        try:
            wait()
        except CheckpointError as error:
            if self._on_error == "stop":
                raise
            self._error = error
            print(f"{error} Training goes on.", file=sys.stderr)
