"""The encoder of an autoencoder's run: from images to latents, without the decoder."""

import numpy as np
import tensorflow as tf

from lowlevel import nets, variables
from lowlevel.checks import CheckpointError, check_choice
from lowlevel.data import preprocessing
from lowlevel.data.image_sources import ImageSource
from lowlevel.files import FilePath
from lowlevel.prediction import trained
from lowlevel.prediction.serving import TrainedNetwork, check_size
from lowlevel.progress import Progress
from lowlevel.storage import configs

BATCH_SIZE = 64


class LatentEncoder:
    """The encoder of a bottle autoencoder.

    Attributes:
        sha256: digest of its variables.
        image_shape: (height, width, channels) that it takes.
    """

    def __init__(self, source: TrainedNetwork | FilePath) -> None:
        """Takes the encoder of a `TrainedNetwork`, or loads it.

        Args:
            source: the `TrainedNetwork`; or a run directory, whose newest whole checkpoint is
                taken, without making or reading a variable of the decoder.

        Raises:
            CheckpointError: there is no checkpoint, it is damaged, or it is not an autoencoder's.
        """
        if isinstance(source, TrainedNetwork):
            self._source, encoder = source.source, source.network.part("encoder")
            config = source.config
        else:
            config, self._source = trained.find_checkpoint(source)
            encoder = _load(config, self._source)
        self._preprocess = _preprocessing(config, encoder, self._source)
        self.image_shape = encoder.config.image_shape
        self.sha256 = variables.sha256(encoder.variables.all())
        self._encode = encoder.compile()

    def latents(self, images: ImageSource, quiet: bool = True) -> np.ndarray:
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
                latents = self._encode(self._preprocess(batch))
                chunks.append(tf.cast(latents, tf.float64).numpy())
                progress.advance()
        latents = np.concatenate(chunks)
        if not np.isfinite(latents).all():
            raise CheckpointError(f"the network in {self._source} gives no finite numbers.")
        return latents


def _load(config, checkpoint_path):
    """The encoder that a run's config describes, as a `Network` with its variables."""
    config = configs.modernize(config) if isinstance(config, dict) else {}
    if config.get("net") != "bottle_autoencoder":
        raise CheckpointError(f"the run of {checkpoint_path} is not an autoencoder's.")
    with configs.blame(checkpoint_path):
        net_config = nets.config_from_dict("bottle_autoencoder", config.get("net_config"))
        precision = check_choice("precision", configs.precision_of(config), nets.PRECISIONS)
        check_size("bottle_encoder", net_config.encoder, checkpoint_path)
        encoder = nets.make("bottle_encoder", net_config.encoder, precision=precision)
    trained.restore(encoder.variables.all(), checkpoint_path, "variables/encoder")
    return encoder


def _preprocessing(config, encoder, checkpoint_path):
    with configs.blame(checkpoint_path):
        return preprocessing.from_config(config.get("preprocessing"), encoder.input_spec)
