"""The encoder of an autoencoder's run, alone: from images to latents, without the decoder."""

import functools

import numpy as np
import tensorflow as tf

from lowlevel import nets
from lowlevel.checks import CheckpointError, check_choice
from lowlevel.data import pipeline, standardize
from lowlevel.nets import bottle_encoder
from lowlevel.progress import Progress
from lowlevel.training import checkpoint
from lowlevel.training.arguments import PRECISIONS
from lowlevel.training.run_directory import RunDirectory

BATCH_SIZE = 256


class LatentEncoder:
    """Encoder of a run directory; no variable of the decoder is made or read.

    Attributes:
        checkpoint_path: the checkpoint it was loaded from.
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
        except (KeyError, TypeError, ValueError) as error:
            raise CheckpointError(
                f"the run in {run_directory} is not an autoencoder's, or its config is damaged: "
                f"{error}."
            ) from error
        self.image_shape = net_config.image_shape
        variables = bottle_encoder.build(net_config, seed=0)
        tensors = {f"variables/encoder/{name}": value for name, value in variables.all().items()}
        checkpoint.restore(self.checkpoint_path, tensors, prefix="variables/encoder/")
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
        """
        order = tf.range(len(images))
        batches = pipeline.image_batches(images, order, BATCH_SIZE, self._figures)
        chunks = []
        with Progress("encoding", len(batches), quiet=quiet) as progress:
            for batch in batches:
                chunks.append(tf.cast(self._encode(batch), tf.float64).numpy())
                progress.advance()
        latents = np.concatenate(chunks)
        if not np.isfinite(latents).all():
            raise CheckpointError(f"the network in {self.checkpoint_path} gives no finite numbers.")
        return latents
