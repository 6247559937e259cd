"""What trained networks are asked, and what they answer: one function for each kind of network.

Each takes a run's config, see `lowlevel.storage.run_directory`, and makes a `Service`, of which
the variables are still to be restored.
"""

import dataclasses
import functools
import math
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from lowlevel import losses, nets, ops
from lowlevel.checks import ConfigError, check_choice, check_number
from lowlevel.data import standardize
from lowlevel.nets import PRECISIONS, bottle_decoder, bottle_encoder, grid_detector
from lowlevel.variables import JoinedStores


@dataclasses.dataclass(frozen=True)
class Service:
    """A network with what belongs before and after it.

    Attributes:
        name: what it is called, such as "conv_net" or "autoencoder".
        variables: its `VariableStore` or `JoinedStores`.
        serve: function of a batch of inputs that returns a dict of answers, `[batch, ...]` each.
        input_spec: `tf.TensorSpec` of the inputs. Images are float32
            `[batch, height, width, channels]` in [0, 1].
        class_names: a name for each class; none for what knows no classes.
    """

    name: str
    variables: object
    serve: Callable
    input_spec: tf.TensorSpec
    class_names: tuple = ()

    @property
    def image_shape(self):
        """(height, width, channels) of images; None if the inputs are something else."""
        return tuple(self.input_spec.shape[1:]) if self.input_spec.shape.rank == 4 else None


def make(config):
    """The `Service` that a config describes.

    Raises:
        ConfigError, KeyError, TypeError, ...: the config is not that of a run.
    """
    if "encoder" in config:
        return bottle_autoencoder(config)
    kinds = {
        "digit_autoencoder": digit_autoencoder,
        "grid_detector": detector,
        "regression": estimator,
        "text_classifier": sentence_classifier,
    }
    return kinds.get(config["net"], image_classifier)(config)


def image_classifier(config):
    """Images to `logits`, `probabilities` `[batch, classes]` and `class`."""
    net_config, variables, forward, spec = _network(config)
    class_names = _class_names(config, net_config.num_classes)
    scale = _scale(config)

    def serve(images):
        logits = tf.cast(forward(images * scale), tf.float32)
        return {
            "logits": logits,
            "probabilities": ops.softmax(logits),
            "class": tf.argmax(logits, axis=-1),
        }

    return Service(config["net"], variables, serve, spec, class_names)


def detector(config):
    """Images to boxes: see `lowlevel.nets.grid_detector.detections`."""
    net_config, variables, forward, spec = _network(config)
    class_names = _class_names(config, net_config.num_classes)
    scale = _scale(config)

    def serve(images):
        return grid_detector.detections(net_config, forward(images * scale))

    return Service(config["net"], variables, serve, spec, class_names)


def digit_autoencoder(config):
    """Images to the `reconstruction` of each, and its `error`, a mean of squares."""
    _, variables, forward, spec = _network(config)
    scale = _scale(config)

    def serve(images):
        reconstruction = tf.cast(forward(images * scale), tf.float32)
        error = losses.mean_squared_error(images * scale, reconstruction)
        return {"reconstruction": reconstruction, "error": error}

    return Service("autoencoder", variables, serve, spec)


def sentence_classifier(config):
    """Numbers of words to the `logit` and the `probability` of the second class, and `class`."""
    _, variables, forward, spec = _network(config)

    def serve(sentences):
        logits = tf.cast(forward(sentences), tf.float32)
        return {
            "logit": logits,
            "probability": tf.sigmoid(logits),
            "class": tf.cast(logits > 0, tf.int64),
        }

    return Service(config["net"], variables, serve, spec, _class_names(config, 2))


def estimator(config):
    """Rows of a table, as they are in it, to an `estimate` for each."""
    net_config, variables, forward, spec = _network(config)
    mean, std = (np.array(config["preprocessing"][name], np.float32) for name in ("mean", "std"))
    if mean.shape != (net_config.features,) or std.shape != mean.shape or not (std > 0).all():
        raise ConfigError("it has no mean and spread for each column")

    def serve(rows):
        return {"estimate": tf.cast(forward((rows - mean) / std), tf.float32)}

    return Service(config["net"], variables, serve, spec)


def bottle_autoencoder(config):
    """Images to their `latent` numbers, their `reconstruction`, and its `error`."""
    configs = [
        nets.config_from_dict(f"bottle_{part}", config[part]["net_config"])
        for part in ("encoder", "decoder")
    ]
    if configs[1] != bottle_decoder.mirror(configs[0]):
        raise ConfigError("its decoder is not the mirror image of its encoder")
    figures = standardize.check_figures(config["preprocessing"])
    dtype = _dtype(config)
    encoder, decoder = bottle_encoder.build(configs[0], 0), bottle_decoder.build(configs[1], 0)

    def serve(images):
        images = standardize.apply(images, figures)
        latents = bottle_encoder.forward(configs[0], encoder, tf.cast(images, dtype))
        reconstruction = bottle_decoder.forward(configs[1], decoder, latents)
        return {
            "latent": tf.cast(latents, tf.float32),
            "reconstruction": reconstruction,
            "error": losses.mean_squared_error(images, reconstruction),
        }

    spec = bottle_encoder.input_spec(configs[0])
    return Service("autoencoder", JoinedStores(encoder=encoder, decoder=decoder), serve, spec)


def _network(config):
    """The config, the variables, the forward and the inputs of the network of a run."""
    name = config["net"]
    net = nets.get(name)
    net_config = nets.config_from_dict(name, config["net_config"])
    variables = net.build(net_config, seed=0)
    dtype = _dtype(config)
    forward = functools.partial(net.forward, net_config, variables)

    def cast_and_forward(inputs):
        return forward(tf.cast(inputs, dtype) if inputs.dtype.is_floating else inputs)

    return net_config, variables, cast_and_forward, net.input_spec(net_config)


def _dtype(config):
    precision = check_choice("precision", config["training"]["precision"], PRECISIONS)
    return tf.dtypes.as_dtype(precision)


def _scale(config):
    """What images in [0, 1] are multiplied by."""
    return 255 / check_number("divide_by", config["preprocessing"]["divide_by"], 1, math.inf)


def _class_names(config, count):
    names = tuple(map(str, config["class_names"]))
    if len(names) != count:
        raise ConfigError(f"it names {len(names)} classes, but its network has {count}")
    return names
