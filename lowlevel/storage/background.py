"""Saving in the background, so that training goes on meanwhile."""

import concurrent.futures
import copy

import tensorflow as tf

from lowlevel.storage.run_directory import RunDirectory


class BackgroundSaver:
    """Writes to a run directory in a thread, one save at a time.

    What is saved is copied first. So a save holds the values that the variables have when it
    begins, whatever training does to them meanwhile, and its files are those of
    `RunDirectory.save`, in the same order.
    """

    def __init__(self) -> None:
        self._thread = concurrent.futures.ThreadPoolExecutor(max_workers=1)
        self._save: concurrent.futures.Future | None = None

    def begin(self, directory: RunDirectory, tensors: dict[str, tf.Variable], record: dict) -> None:
        """Begins a save, after the one before.

        Args:
            directory: a `lowlevel.storage.run_directory.RunDirectory`.
            tensors, record: see its `save`.

        Raises:
            CheckpointError: the save before has failed.
        """
        self.finish()
        copies = {
            name: tf.Variable(variable.read_value(), trainable=False)
            for name, variable in tensors.items()
        }
        record = copy.deepcopy(record)
        self._save = self._thread.submit(directory.save, copies, record)

    def check(self) -> None:
        """Raises the error of a save that has failed meanwhile."""
        if self._save is not None and self._save.done():
            self.finish()

    def finish(self) -> None:
        """Waits for the save that is under way. Raises its error."""
        save, self._save = self._save, None
        if save is not None:
            save.result()
