"""A run's directory: its configuration, its metrics, its checkpoints.

config.json      what is trained, on what, and how
metrics.jsonl    one JSON object for each finished epoch
checkpoint       names the newest checkpoint, for `tf.train.load_checkpoint(directory)`
epoch-0001-step-00000469/    the checkpoints, see `kept_checkpoints`
"""

import json
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

from lowlevel import files
from lowlevel.checks import CheckpointError, check_integer, check_path, reason_of
from lowlevel.storage import checkpoint, configs, kept_checkpoints
from lowlevel.storage.kept_checkpoints import KEEP_EVERY, checkpoint_name
from lowlevel.storage.lock import lock, unlock

CONFIG, METRICS, POINTER = "config.json", "metrics.jsonl", "checkpoint"
ABOUT = "about"  # the part of a config that tells a run's origin, and is not compared
IMAGES = "images"  # where decoded images may be kept, even before there is a run
# In a config: prediction takes the checkpoint of the best epoch, not the newest.
PREDICTS_WITH, BEST_EPOCH = "predicts_with", "best epoch"


class RunDirectory:
    """Saves and finds the files of a run in `path`.

    Attributes:
        path: the directory.
        products: names of other files written there after training, for example pictures.
        keep_every: None, or n: checkpoints of epochs n, 2n, ... are kept, too. None takes what an
            existing run was begun with.
    """

    def __init__(
        self, path: files.FilePath, products: Iterable[str] = (), keep_every: int | None = None
    ) -> None:
        self.path = check_path("the run directory", path)
        self.products = tuple(products)
        self.keep_every = keep_every
        if keep_every is not None:
            check_integer("keep_every", keep_every, 1)
        self._config: str | None = None  # the text of config.json, once the directory is open

    def lock(self) -> None:
        """Keeps other processes from training in the directory, if it exists.

        Raises:
            CheckpointError: one of them does.
        """
        if self.path.is_dir():
            lock(self.path)

    def unlock(self) -> None:
        """Lets other processes train in the directory."""
        unlock(self.path)

    def exists(self) -> bool:
        """Whether there is a run in the directory."""
        return (self.path / CONFIG).exists() or bool(self.checkpoints())

    def checkpoints(self) -> list[Path]:
        """Paths of all checkpoints, whole or damaged, oldest first."""
        return kept_checkpoints.find(self.path)

    def check_ours(self) -> None:
        """Raises CheckpointError if the directory has files but does not belong to a run."""
        if self.checkpoints():
            return
        try:
            present = [path.name for path in self.path.iterdir()] if self.path.exists() else []
        except OSError as error:
            raise CheckpointError(f"{self.path} cannot be read: {reason_of(error)}.") from error
        foreign = [name for name in present if not name.startswith((files.TEMPORARY, IMAGES))]
        if foreign and not (CONFIG in foreign and ABOUT in self.read_config()):
            raise CheckpointError(
                f"{self.path} is not a run directory but holds files, such as {min(foreign)}; "
                f"choose a new directory, or an empty one."
            )

    def read_config(self) -> dict:
        """The dict in config.json. Raises CheckpointError if it is missing or damaged."""
        return configs.read(self.path / CONFIG)

    def open(
        self, config: dict, resume: bool = False, fresh: bool = False, defaults: dict | None = None
    ) -> tuple[Path, dict] | None:
        """Prepares the directory for a new run or for resuming the existing one.

        Args:
            config: the run's config, as `json` can write it.
            resume: fail if there is no run to resume.
            fresh: delete the existing run.
            defaults: values of entries that the config of the existing run may lack.

        Returns:
            None for a new run, or (path, record) of the newest whole checkpoint.

        Raises:
            CheckpointError: there is nothing to resume, all checkpoints are damaged, another
                process trains in the directory, or it holds other files or cannot be written.
            ConfigError: the existing run, or its newest checkpoint, has another config.
        """
        newest = None
        self.lock()
        if resume and not self.checkpoints():
            raise CheckpointError(f"{self.path} contains no checkpoint to resume.")
        self.check_ours()
        if fresh:
            self.clear()
        elif self.exists():
            self.check_config(config, defaults, resume)
            newest = self.newest()
            if newest is not None and "config" in newest[1]:
                there, path = newest[1]["config"], newest[0]
                configs.check_same(there, config, defaults or {}, ABOUT, path, resume)
            if newest is None:
                print(f"{self.path} contains no checkpoint yet: starting over.", file=sys.stderr)
            else:
                self._set_damaged_aside(newest[0])
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self.lock()
            self._write_config(config if newest is None else self.read_config(), newest is None)
            self._config = files.read_text(self.path / CONFIG)
            self.write_metrics([] if newest is None else newest[1].get("history", []))
        except OSError as error:
            raise CheckpointError(f"{self.path} cannot be written: {reason_of(error)}.") from error
        return newest

    def _write_config(self, config, is_new):
        """Marks a config as that of a run, with the checkpoints that it keeps."""
        about = config.get(ABOUT, {})
        before = kept_checkpoints.every_of(about)
        self.keep_every = self.keep_every or before
        if is_new or self.keep_every != before:
            about = about | ({KEEP_EVERY: self.keep_every} if self.keep_every else {})
            marked = json.dumps(config | {ABOUT: about}, indent=1)
            files.write_text(self.path / CONFIG, marked + "\n")

    def _set_damaged_aside(self, whole):
        """Renames the checkpoints newer than `whole`, so that they no longer count as newest."""
        paths = self.checkpoints()
        try:
            for path in paths[paths.index(whole) + 1 :]:
                aside = path.with_name(f"damaged-{path.name}")
                files.delete(aside)
                path.rename(aside)
        except OSError as error:
            raise CheckpointError(f"{path} cannot be renamed: {reason_of(error)}.") from error

    def check_config(
        self, config: dict, defaults: dict | None = None, resume: bool = False
    ) -> None:
        """Compares the config of the existing run with the one wanted, except for `about`.

        Raises:
            ConfigError: they differ; the text names the differences, if there are few.
        """
        configs.check_same(self.read_config(), config, defaults or {}, ABOUT, self.path, resume)

    def clear(self) -> None:
        """Deletes the files of a run, and nothing else."""
        try:
            names = CONFIG, METRICS, POINTER, *self.products
            for path in (*self.checkpoints(), *(self.path / name for name in names)):
                files.delete(path)
            self._delete_temporary()
        except OSError as error:
            raise CheckpointError(f"{self.path} cannot be cleared: {reason_of(error)}.") from error

    def newest(self) -> tuple[Path, dict] | None:
        """Path and record of the newest whole checkpoint; reports damaged ones on stderr.

        Returns:
            (path, record), or None if there are no checkpoints.

        Raises:
            CheckpointError: there are checkpoints, and all are damaged.
        """
        damaged = None
        for path in reversed(self.checkpoints()):
            try:
                record = checkpoint.read_record(path)
            except CheckpointError as error:
                print(error, file=sys.stderr)
                damaged = path
            else:
                if damaged is not None:
                    print(f"using {path} instead.", file=sys.stderr)
                return path, record
        if damaged is not None:
            raise CheckpointError(
                f"{self.path} contains no whole checkpoint; the network must be trained again."
            )
        return None

    def save(self, tensors: dict, record: dict) -> Path:
        """Saves a checkpoint, updates the metrics, and deletes checkpoints that are not kept.

        Args:
            tensors: dict of variables by name.
            record: dict with `step`, `history` and `config`, and whatever else is needed.

        Returns:
            The checkpoint's path.

        Raises:
            CheckpointError: something cannot be written; the earlier checkpoints are untouched.
        """
        step, history = record["step"], record["history"]
        path = self.path / checkpoint_name(history[-1]["epoch"] if history else 0, step)
        checkpoint.save(path, tensors, record)
        try:
            pointer = f'model_checkpoint_path: "{path.name}/{checkpoint.PREFIX}"\n'
            if self._config is not None and not (self.path / CONFIG).exists():
                files.write_text(self.path / CONFIG, self._config)  # the directory was deleted
            files.write_text(self.path / POINTER, pointer)
            self.write_metrics(history)
            self._prune(history, path.name)
        except OSError as error:
            raise CheckpointError(f"{self.path} cannot be written: {reason_of(error)}.") from error
        return path

    def write_metrics(self, history: list[dict]) -> None:
        """Rewrites metrics.jsonl, so that it never has an epoch that the checkpoints lack."""
        lines = [json.dumps(row) + "\n" for row in history]
        files.write_text(self.path / METRICS, "".join(lines))

    def _prune(self, history, just_saved):
        paths = self.checkpoints()
        names = [path.name for path in paths]
        kept = kept_checkpoints.to_keep(names, history, self.keep_every)
        for path in paths:
            if path.name not in {just_saved, *kept}:
                files.delete(path)
        self._delete_temporary()

    def _delete_temporary(self):
        for path in self.path.glob(f"{files.TEMPORARY}*"):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
