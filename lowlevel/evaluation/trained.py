"""A trained network made anew from its config: from a run directory, or from a weights file."""

import functools
import json
import math
from pathlib import Path

import tensorflow as tf

from lowlevel import losses, nets, ops
from lowlevel.checks import CheckpointError, ConfigError, check_choice, check_number, reason_of
from lowlevel.data import standardize
from lowlevel.evaluation import weights_file
from lowlevel.nets import bottle_decoder, bottle_encoder
from lowlevel.training import checkpoint
from lowlevel.training.arguments import PRECISIONS
from lowlevel.training.run_directory import RunDirectory
from lowlevel.variables import JoinedStores

# What a config that is not what it should be can lead to.
DAMAGE = (
    *(KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError),
    *(MemoryError, tf.errors.OpError),
)
SAVED_MODEL = "saved_model.pb"
SAVED_MODEL_CONFIG = "lowlevel.json"
SAVED_MODEL_VARIABLES = "network_variables"


class Trained:
    """A network as its config describes it, its variables still to be restored.

    Attributes:
        config: the run's config, see `lowlevel.training.run_directory`.
        source: the path it comes from, for messages.
        name: what it is called, such as "conv_net" or "autoencoder".
        image_shape: (height, width, channels) that it takes.
        class_names: a name for each class; none for an autoencoder.
        variables: its `VariableStore` or `JoinedStores`.
        serve: function of images float32 `[batch, height, width, channels]` in [0, 1] that
            returns a dict: `logits`, `probabilities` and `class`; of an autoencoder `latent`,
            `reconstruction` and `error`, the mean squared error of each image.
    """

    def __init__(self, config, source):
        """Makes the network that a config describes.

        Raises:
            CheckpointError: the config is damaged, or not one that this version knows.
        """
        self.config = config
        self.source = source
        try:
            precision = check_choice("precision", config["training"]["precision"], PRECISIONS)
            self._dtype = tf.dtypes.as_dtype(precision)
            if "encoder" in config:
                self._make_autoencoder(config)
            else:
                self._make_classifier(config)
        except DAMAGE as error:
            raise CheckpointError(
                f"the config of {source} is damaged: {reason_of(error)}."
            ) from error

    def _make_classifier(self, config):
        self.name = config["net"]
        net = nets.get(self.name)
        net_config = nets.config_from_dict(self.name, config["net_config"])
        divide_by = check_number("divide_by", config["preprocessing"]["divide_by"], 1, math.inf)
        self.class_names = list(map(str, config["class_names"]))
        if len(self.class_names) != net_config.num_classes:
            raise CheckpointError(
                f"the config of {self.source} names {len(self.class_names)} classes, "
                f"but its network has {net_config.num_classes}."
            )
        self.image_shape = net_config.image_shape
        self.variables = net.build(net_config, seed=0)
        forward = functools.partial(net.forward, net_config, self.variables)

        def serve(images):
            logits = tf.cast(forward(tf.cast(images * (255 / divide_by), self._dtype)), tf.float32)
            return {
                "logits": logits,
                "probabilities": ops.softmax(logits),
                "class": tf.argmax(logits, axis=-1),
            }

        self.serve = serve

    def _make_autoencoder(self, config):
        self.name = "autoencoder"
        self.class_names = []
        configs = [
            nets.config_from_dict(f"bottle_{part}", config[part]["net_config"])
            for part in ("encoder", "decoder")
        ]
        if configs[1] != bottle_decoder.mirror(configs[0]):
            raise ConfigError("its decoder is not the mirror image of its encoder")
        figures = standardize.check_figures(config["preprocessing"])
        self.image_shape = configs[0].image_shape
        encoder, decoder = bottle_encoder.build(configs[0], 0), bottle_decoder.build(configs[1], 0)
        self.variables = JoinedStores(encoder=encoder, decoder=decoder)

        def serve(images):
            images = standardize.apply(images, figures)
            latents = bottle_encoder.forward(configs[0], encoder, tf.cast(images, self._dtype))
            reconstruction = bottle_decoder.forward(configs[1], decoder, latents)
            return {
                "latent": tf.cast(latents, tf.float32),
                "reconstruction": reconstruction,
                "error": losses.mean_squared_error(images, reconstruction),
            }

        self.serve = serve


def load(path):
    """A trained network with its variables.

    Args:
        path: a run directory, of which the newest whole checkpoint is taken; a weights file, see
            `lowlevel.evaluation.weights_file`; or a SavedModel that `lowlevel.export` made, of
            which the variables are read and nothing is run.

    Raises:
        CheckpointError: there is none, or it does not fit its own config.
    """
    path = Path(path)
    if path.is_file():
        trained = Trained(weights_file.read_config(path), path)
        weights_file.restore(path, trained.variables.all())
        return trained
    if (path / SAVED_MODEL).is_file():
        return _load_saved_model(path)
    newest = RunDirectory(path).newest()
    if newest is None:
        raise CheckpointError(f"{path} holds no checkpoint of a run.")
    checkpoint_path, record = newest
    if not isinstance(record.get("config"), dict):
        raise CheckpointError(f"the config of {path} is damaged: it is no JSON object.")
    trained = Trained(record["config"], checkpoint_path)
    tensors = {f"variables/{name}": value for name, value in trained.variables.all().items()}
    checkpoint.restore(checkpoint_path, tensors, prefix="variables/")
    return trained


def _load_saved_model(path):
    try:
        config = json.loads((path / SAVED_MODEL_CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError(
            f"{path} is not a SavedModel of scripts/export.py: {reason_of(error)}."
        ) from error
    if not isinstance(config, dict):
        raise CheckpointError(f"the config of {path} is damaged: it is no JSON object.")
    trained = Trained(config, path)
    prefix = f"{SAVED_MODEL_VARIABLES}/"
    tensors = {prefix + name: value for name, value in trained.variables.all().items()}
    checkpoint.restore(path / checkpoint.PREFIX, tensors, prefix)
    return trained
