"""Each network drives its loss down on real data in a few seconds."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from lowlevel import losses, optimizers
from lowlevel.data import image_folder, pipeline
from lowlevel.model import Model
from lowlevel.nets import (
    bottle_autoencoder,
    bottle_encoder,
    conv_net,
    leaky_net,
    mini_inception,
    mish_net,
    mlp,
    strided_net,
    vision_transformer,
)
from tests.steps import make_step, network_of


def train(net, config, data, steps, batch_size=64, precision="float32", rate=1e-3):
    network = dataclasses.replace(
        network_of(net, config, net.build(config, seed=0)), precision=precision
    )
    step, _ = make_step(network, losses.softmax_cross_entropy, optimizers.Adam(rate))
    order = np.concatenate([pipeline.epoch_order(len(data), 0, epoch) for epoch in range(5)])
    batches = data.examples.batches(batch_size, order[: steps * batch_size])
    return [np.mean(step(*batch)["loss"]) for batch in batches]


def fit_images(net_name, config, images, targets, epochs, rate=1e-2):
    """The loss of each epoch of a network that learns to make images of images."""
    model = Model.of(net_name, config)
    model.compile(optimizers.Adam(rate), losses.mean_squared_error)
    return model.fit(images, targets, epochs=epochs, verbose=0).history["loss"]


def test_conv_net_learns_digits(digits):
    history = train(conv_net, conv_net.Config(), digits.train, steps=80)
    assert np.mean(history[-5:]) < 0.4 < 2 < history[0]


@pytest.mark.slow
def test_conv_net_learns_mnist(mnist):
    history = train(conv_net, conv_net.Config(), mnist.train, steps=80)
    assert np.mean(history[-5:]) < 0.6 < 2 < history[0]


def test_conv_net_learns_in_bfloat16(digits):
    history = train(conv_net, conv_net.Config(), digits.train, steps=80, precision="bfloat16")
    assert np.mean(history[-5:]) < 0.5 < 2 < history[0]


def test_strided_net_learns_digits(digits):
    data = digits.with_channels(3)
    history = train(strided_net, strided_net.Config(), data.train, steps=80)
    assert np.mean(history[-5:]) < 1.0 < 2 < history[0]


def test_mlp_learns_digits(digits):
    history = train(mlp, mlp.Config(), digits.train, steps=80)
    assert np.mean(history[-5:]) < 0.5 < 2 < history[0]


@pytest.mark.parametrize("shared", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_mish_net_learns_digits(digits, shared):
    config = mish_net.Config(shared=shared)
    history = train(mish_net, config, digits.train, steps=60, rate=1e-2)
    assert np.mean(history[-5:]) < 1.7 < 2.2 < history[0]


def test_vision_transformer_learns_digits(digits):
    config = vision_transformer.Config(patch_size=7, depth=2)
    history = train(vision_transformer, config, digits.train, steps=60, rate=2e-3)
    assert np.mean(history[-5:]) < 1.2 < 2 < history[0]


@pytest.mark.slow
def test_digit_autoencoder_learns_digits(digits):
    images = digits.train.images / np.float32(255)
    history = fit_images("digit_autoencoder", None, images, images, epochs=7, rate=3e-3)
    assert history[-1] < 0.6 * history[0]


def test_leaky_net_learns_to_find_edges_in_photographs(cifar10):
    images = cifar10.images[:256] / np.float32(255)
    edges = tf.image.sobel_edges(tf.constant(images))[
        ..., 0
    ]  # [images, height, width, 3], horizontal ones
    targets = tf.reduce_mean(edges, axis=-1, keepdims=True)
    config = leaky_net.Config((32, 32, 3), filters=1, slope=1.0 - 1e-6)
    history = fit_images("leaky_net", config, images, targets, epochs=10)
    assert history[-1] < 0.3 * history[0]


def test_mini_inception_learns_cifar10(cifar10):
    blocks = ((16, 16), (32,), (32, 32), (32,), (64, 64))
    config = mini_inception.Config(stem_filters=32, blocks=blocks)
    history = train(mini_inception, config, cifar10, steps=40, batch_size=32)
    assert np.mean(history[-5:]) < 1.95 < 2.2 < history[0]


@pytest.mark.slow
def test_bottle_autoencoder_learns_photographs(bottles_directory, tmp_path):
    encoder = bottle_encoder.Config((63, 63, 1), (32, 64, 128, 196, 256), (3,) * 5, (2,) * 5)
    config = bottle_autoencoder.of(encoder)
    shape = config.encoder.image_shape
    paths = image_folder.find(bottles_directory / "TRAIN")[:48]
    stored = image_folder.store(paths, shape, tmp_path / "images", "TRAIN", True)
    images = stored[np.arange(48)] / np.float32(255)
    history = fit_images("bottle_autoencoder", config, images, images, epochs=8, rate=1e-3)
    assert history[-1] < 0.6 * history[0]
