"""Activation functions, for tensors of any shape; a ConfigError refuses what is not numbers."""

import math

import tensorflow as tf

from lowlevel.checks import check_number
from lowlevel.ops import checks
from lowlevel.types import ArrayLike, Tensor


def relu(x: ArrayLike) -> Tensor:
    """max(x, 0)."""
    return tf.nn.relu(checks.to_tensor("x", x))


def leaky_relu(x: ArrayLike, slope: float = 0.3) -> Tensor:
    """`x` where x > 0, else slope * x.

    The default slope is that of Keras's `LeakyReLU` layer. Source: Maas et al. (2013).
    """
    check_number("slope", slope, -math.inf, math.inf)
    return tf.nn.leaky_relu(checks.to_tensor("x", x), slope)


def gelu(x: ArrayLike) -> Tensor:
    """`x` times the distribution function of the standard normal distribution at x.

    The exact form, as Keras's `gelu(x, approximate=False)`. Source: Hendrycks and Gimpel (2016).
    """

    @tf.custom_gradient  # of fewer passes than what TensorFlow derives from `plain_gelu`
    def gelu(x):
        distribution = 0.5 * (1 + tf.math.erf(x / math.sqrt(2)))

        def gradient(g):
            density = tf.exp(-0.5 * tf.square(x)) / math.sqrt(2 * math.pi)
            return g * (distribution + x * density)

        return x * distribution, gradient

    return gelu(checks.to_floats("x", x))


def plain_gelu(x: Tensor) -> Tensor:
    """The definition of `gelu`."""
    return 0.5 * x * (1 + tf.math.erf(x / math.sqrt(2)))


def mish(x: ArrayLike) -> Tensor:
    """`x * tanh(log(1 + exp(x)))`. Source: Misra (2019)."""
    x = checks.to_floats("x", x)
    return x * tf.tanh(tf.math.softplus(x))


def selu(x: ArrayLike) -> Tensor:
    """1.0507 * x where x > 0, else 1.0507 * 1.6733 * (exp(x) - 1).

    The two constants make mean 0 and variance 1 a fixed point. Source: Klambauer et al. (2017).
    """
    x = checks.to_floats("x", x)
    if x.dtype == tf.bfloat16:  # for which TensorFlow's kernel takes twice as long
        return tf.cast(tf.nn.selu(tf.cast(x, tf.float32)), x.dtype)
    return tf.nn.selu(x)


def sigmoid(x: ArrayLike) -> Tensor:
    """1 / (1 + exp(-x)), in (0, 1)."""
    return tf.sigmoid(checks.to_floats("x", x))


def softmax(logits: ArrayLike) -> Tensor:
    """Probabilities from logits `[..., classes]`: float32, adding up to 1 along the last axis."""
    logits = checks.to_tensor("logits", logits)
    checks.check_axes(logits=(logits, "..., classes"))
    return tf.nn.softmax(tf.cast(logits, tf.float32))
