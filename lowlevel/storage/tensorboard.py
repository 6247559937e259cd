"""Logs for TensorBoard: scalars of each step and epoch, the graph, pictures.

`tensorboard --logdir RUN` finds two runs in it, `train` and `test` (or `validation`).
"""

from pathlib import Path

import numpy as np
import tensorflow as tf
from google.protobuf.message import DecodeError

from lowlevel import files
from lowlevel.checks import CheckpointError, import_extra, reason_of
from lowlevel.files import FilePath
from lowlevel.storage.history import NOT_METRICS
from lowlevel.types import GraphFunction

FOLDER = "tensorboard"
EVENT_FILES = "*/events.out.tfevents.*"


class TensorBoard:
    """Writes event files below a run's directory; each method may be called at any time.

    Args:
        run_path: the run's directory.
        step: the number of steps the run has made; logs of later steps are deleted, since those
            steps will be made again.
        evaluated_on: the name of the held-out data.

    Raises:
        MissingExtraError: tensorboard is not installed.
        CheckpointError: the directory cannot be written.
    """

    def __init__(self, run_path: FilePath, step: int = 0, evaluated_on: str = "test") -> None:
        import_extra("tensorboard", "tensorboard")
        root = Path(run_path) / FOLDER
        try:
            for path in root.glob(EVENT_FILES):
                if step == 0:
                    path.unlink()
                else:
                    _forget_after(path, step)
            self._train = tf.summary.create_file_writer(str(root / "train"))
            self._test = tf.summary.create_file_writer(str(root / evaluated_on))
            self._train.init()
            self._test.init()
        except (OSError, tf.errors.OpError) as error:
            raise CheckpointError(f"{root} cannot be written: {reason_of(error)}.") from error

    def write_step(self, step: int, values: dict[str, float]) -> None:
        """Metrics of a training step by name, floats."""
        with self._train.as_default(step):
            for name, value in values.items():
                tf.summary.scalar(f"step/{name}", value)

    def write_epoch(self, row: dict) -> None:
        """A row of the history: training metrics in one run, evaluation metrics in the other."""
        for name in row.keys() - set(NOT_METRICS):
            writer = self._test if name.startswith("val_") else self._train
            with writer.as_default(row["step"]):
                tf.summary.scalar(f"epoch/{name.removeprefix('val_')}", row[name])
        self.flush()

    def write_graph(self, function: GraphFunction) -> None:
        """The graph of a `tf.function` with an input signature."""
        with self._train.as_default(0):
            tf.summary.graph(function.get_concrete_function().graph)

    def write_image(self, name: str, image: np.ndarray, step: int) -> None:
        """A picture: uint8 `[height, width, 3]`."""
        with self._test.as_default(step):
            tf.summary.image(name, image[np.newaxis])
        self.flush()

    def flush(self) -> None:
        """Flushes the log to disk. Raises CheckpointError if that fails."""
        try:
            self._train.flush()
            self._test.flush()
        except tf.errors.OpError as error:
            raise CheckpointError(
                f"the log for TensorBoard cannot be written: {reason_of(error)}."
            ) from error


def read(run_path: FilePath) -> list[tuple[str, int, str, bytes]]:
    """All that is logged, in order, without the time: tuples (folder, step, tag, value).

    The folder is "train", for example; the value is what was logged, as bytes.
    """
    logged = []
    for path in (Path(run_path) / FOLDER).glob(EVENT_FILES):
        for event in _events(path):
            values = {v.tag: v.SerializeToString(deterministic=True) for v in event.summary.value}
            graph = {"graph": b""} if event.graph_def else {}  # its bytes name the process's ops
            logged += [(path.parent.name, event.step, *item) for item in (values | graph).items()]
    return sorted(logged)


def _forget_after(path, step):
    """Deletes the events of later steps, and a damaged end, from an event file."""
    temporary = path.with_name(f"{files.TEMPORARY}{path.name}")
    content = path.read_bytes()
    temporary.write_bytes(content[: _whole(content)])
    kept = [event.SerializeToString() for event in _events(temporary) if event.step <= step]
    with tf.io.TFRecordWriter(str(temporary)) as writer:
        for record in kept:
            writer.write(record)
    temporary.replace(path)


def _events(path):
    """The events in a file, up to where it is damaged."""
    events = []
    try:
        for record in tf.data.TFRecordDataset(str(path)):
            events.append(tf.compat.v1.Event.FromString(record.numpy()))
    except (tf.errors.DataLossError, DecodeError):
        pass
    return events


def _whole(content):
    """How many bytes of an event file are records that do not claim to be longer than it.

    A record is its length in 8 bytes, 4 of checksum, its bytes, and 4 of checksum. TensorFlow makes
    room for a length before it reads, which may end the process.
    """
    position = end = 0
    while end <= len(content):
        position = end
        length = int.from_bytes(content[position : position + 8], "little")
        end = position + 8 + 4 + length + 4
    return position
