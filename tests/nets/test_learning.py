"""Each network drives its loss down on real data in a few seconds."""

import functools

import numpy as np
import tensorflow as tf

from lowlevel import losses, optimizers
from lowlevel.data import image_folder, pipeline
from lowlevel.data.image_sources import SomeImages
from lowlevel.nets import bottle_encoder, conv_net, mini_inception, strided_net
from lowlevel.training.autoencoding import Autoencoder
from lowlevel.training.recipe import Recipe
from lowlevel.training.state import TrainingState
from lowlevel.training.step import build_train_step


def train(net, config, data, steps, batch_size=64, dtype=tf.float32):
    variables = net.build(config, seed=0)
    state = TrainingState(variables, optimizers.Adam(1e-3))
    step = build_train_step(
        functools.partial(net.forward, config, variables),
        losses.softmax_cross_entropy,
        variables,
        state.optimizer,
        state.step,
        net.input_spec(config),
        run_seed=0,
        compute_dtype=dtype,
    )
    order = np.concatenate([pipeline.epoch_order(len(data), 0, epoch) for epoch in range(5)])
    batches = pipeline.batches(data, order[: steps * batch_size], batch_size)
    return [np.mean(step(*batch)["loss"]) for batch in batches]


def test_conv_net_learns_digits(digits):
    history = train(conv_net, conv_net.Config(), digits.train, steps=80)
    assert np.mean(history[-5:]) < 0.4 < 2 < history[0]


def test_conv_net_learns_mnist(mnist):
    history = train(conv_net, conv_net.Config(), mnist.train, steps=80)
    assert np.mean(history[-5:]) < 0.6 < 2 < history[0]


def test_conv_net_learns_in_bfloat16(digits):
    history = train(conv_net, conv_net.Config(), digits.train, steps=80, dtype=tf.bfloat16)
    assert np.mean(history[-5:]) < 0.5 < 2 < history[0]


def test_strided_net_learns_digits(digits):
    data = digits.with_channels(3)
    history = train(strided_net, strided_net.Config(), data.train, steps=80)
    assert np.mean(history[-5:]) < 1.0 < 2 < history[0]


def test_mini_inception_learns_cifar10(cifar10):
    history = train(mini_inception, mini_inception.Config(), cifar10, steps=30, batch_size=32)
    assert np.mean(history[-5:]) < 1.95 < 2.2 < history[0]


def test_bottle_autoencoder_learns_photographs(bottles_directory, tmp_path):
    config = bottle_encoder.Config()
    paths = image_folder.find(bottles_directory / "TRAIN")[:48]
    images = image_folder.store(paths, config.image_shape, tmp_path / "images", "TRAIN", True)
    recipe = Recipe(batch_size=16, optimizer="nadam", learning_rate=1e-3)
    test_images = SomeImages(images, range(8), "some of them")
    training = Autoencoder(config, images, test_images, recipe, tmp_path / "run", "bottles")
    losses = [
        np.mean([np.mean(training.train_step(*batch)["loss"]) for batch in training.batches(n, 0)])
        for n in range(5)
    ]
    assert losses[-1] < 0.6 * losses[0]
