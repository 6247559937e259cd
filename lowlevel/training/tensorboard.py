"""What TensorBoard shows: scalars of each step and epoch, the graph, pictures.

`tensorboard --logdir RUN` finds two runs in it, `train` and `test`.
"""

from pathlib import Path

import numpy as np
import tensorflow as tf

from lowlevel.checks import CheckpointError, import_extra, reason_of

FOLDER = "tensorboard"


class TensorBoard:
    """Writes event files below a run's directory; each method may be called at any time.

    Raises:
        MissingExtraError: tensorboard is not installed.
        CheckpointError: the directory cannot be written.
    """

    def __init__(self, run_path):
        import_extra("tensorboard", "tensorboard")
        root = Path(run_path) / FOLDER
        try:
            self._train = tf.summary.create_file_writer(str(root / "train"))
            self._test = tf.summary.create_file_writer(str(root / "test"))
            self._train.init()
            self._test.init()
        except tf.errors.OpError as error:
            raise CheckpointError(f"{root} cannot be written: {reason_of(error)}.") from error

    def write_step(self, step, values):
        """Means over the batch of a training step, by name."""
        with self._train.as_default(step):
            for name, value in values.items():
                tf.summary.scalar(f"step/{name}", np.mean(value))

    def write_epoch(self, row):
        """A row of the history: its training figures in one run, its test figures in the other."""
        with self._train.as_default(row["step"]):
            for name in ("loss", "accuracy", "learning_rate"):
                if name in row:
                    tf.summary.scalar(f"epoch/{name}", row[name])
        with self._test.as_default(row["step"]):
            for name, value in row.items():
                if name.startswith("val_"):
                    tf.summary.scalar(f"epoch/{name.removeprefix('val_')}", value)
        self.flush()

    def write_graph(self, function):
        """The graph of a `tf.function` with an input signature."""
        with self._train.as_default(0):
            tf.summary.graph(function.get_concrete_function().graph)

    def write_image(self, name, image, step):
        """A picture: uint8 `[height, width, 3]`."""
        with self._test.as_default(step):
            tf.summary.image(name, image[np.newaxis])
        self.flush()

    def flush(self):
        """Brings to disk what has been written."""
        self._train.flush()
        self._test.flush()
