"""Each network drives its loss down on real data in a few seconds."""

import functools

import numpy as np
import tensorflow as tf

from lowlevel import losses, optimizers
from lowlevel.data import pipeline
from lowlevel.nets import conv_net
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
