"""The encoder of an autoencoder's run, alone: from images to latents, without the decoder."""

import functools

import numpy as np
import tensorflow as tf

from lowlevel import nets
from lowlevel.checks import CheckpointError, check_choice, reason_of
from lowlevel.data import standardize
from lowlevel.nets import PRECISIONS, bottle_encoder
from lowlevel.prediction import trained
from lowlevel.progress import Progress
from lowlevel.storage import checkpoint
from lowlevel.storage.run_directory import RunDirectory
from lowlevel.variables import sha256

BATCH_SIZE = 64


class LatentEncoder:
    """Encoder of a run directory; no variable of the decoder is made or read.

    Attributes:
        checkpoint_path: the checkpoint it was loaded from.
        sha256: digest of its variables.
        image_shape: (height, width, channels) that it takes.
    """

    def __init__(self, run_directory):
        """Loads the newest whole checkpoint of a directory.

        Raises:
            CheckpointError: there is none, or it is not an autoencoder's, or damaged.
            ConfigError: its config is not one that this version knows.
        """
        newest = RunDirectory(run_directory).newest()
        if newest is None:
            raise CheckpointError(f"{run_directory} holds no checkpoint of a run.")
        self.checkpoint_path, record = newest
        try:
            config = record["config"]
            net_config = nets.config_from_dict("bottle_encoder", config["encoder"]["net_config"])
            self._figures = standardize.check_figures(config["preprocessing"])
            precision = check_choice("precision", config["training"]["precision"], PRECISIONS)
            variables = bottle_encoder.build(net_config, seed=0)
        except trained.DAMAGE as error:
            raise CheckpointError(
                f"the run in {run_directory} is not an autoencoder's, or its config is damaged: "
                f"{reason_of(error)}."
            ) from error
        self.image_shape = net_config.image_shape
        tensors = {f"variables/encoder/{name}": value for name, value in variables.all().items()}
        checkpoint.restore(self.checkpoint_path, tensors, prefix="variables/encoder/")
        self.sha256 = sha256(variables.all())
        forward = functools.partial(bottle_encoder.forward, net_config, variables)
        self._encode = tf.function(
            lambda images: forward(tf.cast(images, precision)),
            input_signature=[bottle_encoder.input_spec(net_config)],
            autograph=False,
        )

    def latents(self, images, quiet=True):
        """Latents of an `ImageSource`: float64 `[images, latent]`.

        Raises:
            CheckpointError: some are not finite numbers.
            DataError: an image cannot be read.
        """
        chunks = []
        starts = range(0, len(images), BATCH_SIZE)
        with Progress("encoding", len(starts), quiet=quiet) as progress:
            for start in starts:
                numbers = np.arange(start, min(start + BATCH_SIZE, len(images)))
                batch = tf.cast(images[numbers], tf.float32) / 255
                latents = self._encode(standardize.apply(batch, self._figures))
                chunks.append(tf.cast(latents, tf.float64).numpy())
                progress.advance()
        latents = np.concatenate(chunks)
        if not np.isfinite(latents).all():
            raise CheckpointError(f"the network in {self.checkpoint_path} gives no finite numbers.")
        return latents
