"""Tasks: what a network is trained for, and what it predicts.

Each function here makes a task object. `of_net` gives the task of a network of the registry.
"""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from lowlevel import losses, metrics, ops
from lowlevel.checks import ConfigError, DataError, check_number
from lowlevel.nets import grid_detector
from lowlevel.types import Nest

LABELS = tf.TensorSpec([None], tf.int32, name="labels")
DEFAULT_SETTINGS = {"label_smoothing": 0.0}


@dataclasses.dataclass(frozen=True)
class Task:
    """What a network is trained to do.

    Attributes:
        loss: function of (targets, outputs) that returns a float32 for each example.
        metrics: by name, functions of (targets, outputs) that return a number for each example.
        target_spec: `tf.TensorSpec` of the targets; None takes them in any form.
        answer: function of (network, inputs) that returns a dict of tensors, `[batch, ...]` each.
            The network is a `lowlevel.nets.network.Network`.
        training_loss: the loss used in training instead of `loss`, or None.
        settings: the task's options, as stored in config.json.
    """

    loss: Callable
    metrics: dict = dataclasses.field(default_factory=dict)
    target_spec: Nest = None
    answer: Callable | None = None
    training_loss: Callable | None = None
    settings: dict = dataclasses.field(default_factory=dict)

    @property
    def metric_names(self) -> list[str]:
        """Names of the numbers that a step returns for each example: the loss and the metrics."""
        return ["loss", *self.metrics]

    def check_targets(self, spec: Nest) -> Nest:
        """Returns the `tf.TensorSpec` of targets under the task's name for them.

        Raises:
            DataError: they do not fit the task.
        """
        wanted = self.target_spec
        if wanted is None:
            return spec
        is_tensor = isinstance(spec, tf.TensorSpec)
        fits = is_tensor and wanted.shape.is_compatible_with(spec.shape)
        if not fits or spec.dtype != wanted.dtype:
            received = f"{spec.dtype.name} {spec.shape}" if is_tensor else repr(spec)
            raise DataError(f"targets must be {wanted.dtype.name} {wanted.shape}, not {received}.")
        return wanted


def classification(label_smoothing: float = 0.0) -> Task:
    """One of several classes: labels int32 `[batch]`, outputs logits `[batch, classes]`.

    It answers with `logits`, `probabilities` `[batch, classes]`, and `class`, int64 `[batch]`.

    Args:
        label_smoothing: share of each label that is spread over all classes in training, [0, 1).
    """
    check_number("label_smoothing", label_smoothing, 0, 1)

    def answer(network, inputs):
        logits = tf.cast(network(inputs), tf.float32)
        return {
            "logits": logits,
            "probabilities": ops.softmax(logits),
            "class": tf.argmax(logits, axis=-1),
        }

    return Task(
        losses.softmax_cross_entropy,
        {"accuracy": metrics.is_correct},
        LABELS,
        answer,
        functools.partial(losses.softmax_cross_entropy, label_smoothing=label_smoothing),
        {"label_smoothing": label_smoothing},
    )


def binary_classification() -> Task:
    """One of two classes: labels 0 or 1, int32 `[batch]`, outputs logits `[batch]`.

    It answers with `logit` and `probability`, of the second class, and `class`, int64 `[batch]`.
    """

    def answer(network, inputs):
        logits = tf.cast(network(inputs), tf.float32)
        return {
            "logit": logits,
            "probability": tf.sigmoid(logits),
            "class": tf.cast(logits > 0, tf.int64),
        }

    binary = {"accuracy": metrics.is_correct_binary}
    return Task(losses.sigmoid_cross_entropy, binary, LABELS, answer)


def regression() -> Task:
    """One number: targets and outputs float32 `[batch]`. It answers with an `estimate`."""
    return Task(
        losses.mean_squared_error,
        {"mae": metrics.absolute_error},
        tf.TensorSpec([None], tf.float32, name="targets"),
        lambda network, inputs: {"estimate": tf.cast(network(inputs), tf.float32)},
    )


def reconstruction() -> Task:
    """Reconstruction of the input by an autoencoder: the targets are the input images.

    It answers with the `latent` `[batch, latent]`, the `reconstruction`, an image, and its `error`
    `[batch]`, a mean squared error.
    """

    def answer(network, images):
        latents = network.part("encoder")(images)
        reconstruction = tf.cast(network.part("decoder")(latents), tf.float32)
        return {
            "latent": tf.cast(latents, tf.float32),
            "reconstruction": reconstruction,
            "error": losses.mean_squared_error(images, reconstruction),
        }

    return Task(losses.mean_squared_error, answer=answer)


def detection(config: grid_detector.Config) -> Task:
    """Objects in images: targets and loss are those of `grid_detector`, whose config it takes.

    It answers with what `grid_detector.detections` finds.
    """
    numbers = grid_detector.NUMBERS_BEFORE_CLASSES + 1
    return Task(
        grid_detector.loss,
        target_spec=tf.TensorSpec([None, *config.grid, numbers], tf.float32, name="targets"),
        answer=lambda network, images: grid_detector.detections(config, network(images)),
    )


def of_net(name: str, config: Any) -> Task:
    """The task of a network of the registry.

    Args:
        name: its name.
        config: its config.

    Raises:
        ConfigError: the network has no task of its own; half an autoencoder has none.
    """
    if name == "grid_detector":
        return detection(config)
    makers = {
        "bottle_autoencoder": reconstruction,
        "digit_autoencoder": reconstruction,
        "regression": regression,
        "text_classifier": binary_classification,
    }
    if name in makers:
        return makers[name]()
    if hasattr(config, "num_classes"):
        return classification()
    raise ConfigError(f"{name} has no task of its own.")
