"""Networks equal their Keras twins: outputs, gradients, and 50 steps of training."""

import dataclasses
import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from lowlevel import losses, nets, optimizers
from lowlevel.data import pipeline
from lowlevel.nets import (
    bottle_autoencoder,
    bottle_decoder,
    bottle_encoder,
    digit_autoencoder,
    digit_decoder,
    digit_encoder,
    grid_detector,
    leaky_net,
    mini_inception,
    mish_net,
    mlp,
    regression,
    strided_net,
    text_classifier,
    vision_transformer,
)
from lowlevel.variables import count_parameters
from tests.comparison import assert_close, values, values_of
from tests.keras_reference import bottle, patterns, twins
from tests.keras_reference import mini_inception as keras_mini_inception
from tests.keras_reference import strided_net as keras_strided_net
from tests.steps import make_step, network_of
from tests.training import small_autoencoder

STEPS, MANY_STEPS = 12, 50
RATE = 2e-5  # a rate at which 50 steps of the large networks do not yet amplify rounding
SMALL_RATE = 1e-3
NO_DROPOUT = mish_net.BlockConfig(dropout_rate=0.0, norm_momentum=0.9)
FEW_BLOCKS = ((4, 4), (8,), (4, 8), (8,))
SMALL_BOTTLES = bottle_encoder.Config((31, 31, 1), (8, 16, 32), (3, 3, 3), (2, 2, 2))
SMALLER = {  # for the short training: full sizes are compared step by step in the slow tests
    "mini_inception": mini_inception.Config((32, 32, 3), 10, 8, FEW_BLOCKS),
    "mini_inception, no biases": mini_inception.Config(
        (32, 32, 3), 10, 8, FEW_BLOCKS, conv_biases=False, norm_momentum=0.9
    ),
    "bottle_encoder": SMALL_BOTTLES,
    "bottle_decoder": bottle_decoder.mirror(SMALL_BOTTLES),
    "vision_transformer": vision_transformer.Config(depth=2, dropout_rate=0.0),
}
TWINS = {
    "strided_net": (strided_net.Config(dropout_rate=0.0), keras_strided_net.build, 8),
    "strided_net, avg": (
        strided_net.Config(dropout_rate=0.0, global_pooling="avg"),
        keras_strided_net.build,
        8,
    ),
    "mini_inception": (mini_inception.Config(), keras_mini_inception.build, 8),
    "mini_inception, no biases": (
        mini_inception.Config(conv_biases=False, norm_momentum=0.9),
        keras_mini_inception.build,
        8,
    ),
    "bottle_encoder": (bottle_encoder.Config(), bottle.build_encoder, 8),
    "bottle_decoder": (bottle_decoder.Config(), bottle.build_decoder, 4),
    "bottle_autoencoder": (
        bottle_autoencoder.of(small_autoencoder.CONFIG),
        bottle.build_autoencoder,
        8,
    ),
    "mlp": (mlp.Config(), patterns.build_mlp, 8),
    "regression": (regression.Config(), patterns.build_regression, 8),
    "text_classifier": (text_classifier.Config(), patterns.build_text_classifier, 8),
    "digit_encoder": (digit_encoder.Config(), patterns.build_digit_encoder, 8),
    "digit_decoder": (digit_decoder.Config(), patterns.build_digit_decoder, 8),
    "digit_autoencoder": (digit_autoencoder.Config(), patterns.build_digit_autoencoder, 8),
    "leaky_net": (leaky_net.Config((40, 48, 3)), patterns.build_leaky_net, 4),
    "mish_net": (mish_net.Config(block=NO_DROPOUT), patterns.build_mish_net, 8),
    "mish_net, shared": (
        mish_net.Config(block=NO_DROPOUT, shared=True),
        patterns.build_mish_net,
        8,
    ),
    "grid_detector": (grid_detector.Config(), patterns.build_grid_detector, 4),
    "vision_transformer": (
        vision_transformer.Config(dropout_rate=0.0),
        patterns.build_vision_transformer,
        8,
    ),
}
LARGE = ("strided", "mini", "bottle", "grid")

every_twin = pytest.mark.parametrize("name", TWINS)
# Trained in the slow tests alone: variants of others, and halves of what is trained as one.
VARIANTS = ("strided_net, avg", "mini_inception, no biases", "mish_net, shared")
HALVES = ("bottle_encoder", "bottle_decoder", "digit_encoder", "digit_decoder")


def make(name, small=False):
    """Our net, its config and variables, all of them random; the same in Keras; a batch size."""
    config, build_twin, batch = TWINS[name]
    config = SMALLER.get(name, config) if small else config
    net = nets.get(name.split(",")[0])
    variables = net.build(config, seed=3)
    for number, (key, variable) in enumerate(variables.all().items()):
        if variable.shape.rank == 1:  # zeros and ones would hide what is mixed up
            low = 0.5 if "bn" in key or "norm" in key or "variance" in key else -0.1
            variable.assign(values(*variable.shape, seed=number, low=low, high=low + 0.5))
    model = build_twin(config)
    twins.copy_variables(variables, model)
    return net, config, variables, model, batch


made_once = functools.cache(make)  # for tests that change none of our variables


def test_every_network_has_a_twin():
    elsewhere = {"conv_net"}  # in test_conv_net.py
    assert {name.split(",")[0] for name in TWINS} | elsewhere == set(nets.NETS)


@every_twin
def test_parameter_count(name):
    _, _, variables, model, _ = made_once(name)
    assert model.count_params() == count_parameters(variables.all())
    assert twins.named_variables(model).keys() == variables.trainable().keys()
    assert twins.named_state(model).keys() == variables.state.keys()


@every_twin
def test_outputs_and_gradients(name):
    net, config, variables, model, batch = made_once(name)
    inputs = tf.constant(values_of(net.input_spec(config), batch))
    assert_close(net.forward(config, variables, inputs), model(inputs, training=False), 1e-5)
    with tf.GradientTape(persistent=True) as tape:
        ours, _ = net.forward(config, variables, inputs, True, tf.constant([0, 0], tf.int64))
        theirs = model(inputs, training=True)
        ours_loss, theirs_loss = tf.reduce_mean(ours**2), tf.reduce_mean(theirs**2)
    assert_close(ours, theirs, 5e-5)
    trainable = variables.trainable()
    gradients = tape.gradient(ours_loss, trainable)
    named = {key: variable.value for key, variable in twins.named_variables(model).items()}
    reference = tape.gradient(theirs_loss, named)
    # Of an embedding, the gradient is a list of rows; Keras keeps attention's in other shapes.
    reference = {
        key: np.reshape(tf.convert_to_tensor(gradient), trainable[key].shape)
        for key, gradient in reference.items()
    }
    # Biases before a batch norm have a gradient of zero but for rounding. Where rounding decides
    # whether a ReLU is on, single entries differ, so the whole of a gradient is compared.
    largest = max(np.linalg.norm(gradient) for gradient in reference.values())
    for key, gradient in gradients.items():
        error = np.linalg.norm(tf.convert_to_tensor(gradient) - reference[key])
        assert error <= 5e-3 * max(np.linalg.norm(reference[key]), 0.01 * largest), key


@pytest.mark.parametrize(
    ("name", "steps"),
    [
        *((name, STEPS) for name in TWINS if name not in VARIANTS + HALVES),
        *(pytest.param(name, MANY_STEPS, marks=pytest.mark.slow) for name in TWINS),
    ],
)
def test_training(name, steps):
    net, config, variables, model, batch = make(name, small=steps == STEPS)
    rate = RATE if name.startswith(LARGE) else SMALL_RATE
    spec = net.input_spec(config)
    outputs = model.output_shape[1:]
    network, targets = network_of(net, config, variables), tf.TensorSpec([None, *outputs])
    optimizer = optimizers.Momentum(rate)
    step, _ = make_step(network, losses.mean_squared_error, optimizer, targets)
    model.compile(
        keras.optimizers.SGD(rate, momentum=0.9),
        keras.losses.MeanSquaredError(),
        jit_compile=False,
        run_eagerly=steps == STEPS,  # takes less time than to trace it for a few steps
    )
    history = []
    before = {key: variable.numpy() for key, variable in variables.trainable().items()}
    for number in range(steps):
        inputs = values_of(spec, batch, seed=number % 5)
        targets = values(batch, *outputs, seed=100 + number % 5, low=0)
        history.append(float(tf.reduce_mean(step(inputs, targets)["loss"])))
        model.reset_metrics()
        # Rounding differs, and training amplifies it.
        assert history[-1] == pytest.approx(float(model.train_on_batch(inputs, targets)), abs=1e-4)
    assert sum(history[-5:]) < sum(history[:5])  # the same five batches
    for key, value in twins.named_state(model).items():
        np.testing.assert_allclose(variables.state[key], value, atol=1e-5, rtol=1e-5)
    for key, keras_variable in twins.named_variables(model).items():
        keras_value = np.reshape(keras_variable, before[key].shape)
        moved = np.linalg.norm(keras_value - before[key])
        error = np.linalg.norm(variables.trainable()[key] - keras_value)
        # What many steps have changed agrees, but for the rounding of 32 bits.
        assert error <= 0.02 * moved + 1e-7, key


@pytest.mark.slow
@pytest.mark.parametrize("epochs", [4, 20])
def test_the_autoencoder_is_trained_as_one(epochs):
    """Encoder and decoder by one step with Nadam: the very step that the script uses."""
    recipe = dataclasses.replace(small_autoencoder.RECIPE, optimizer="nadam", learning_rate=1.5e-4)
    run = small_autoencoder.make(None, recipe, augmentation=None)
    config = small_autoencoder.CONFIG
    parts = bottle.build_encoder(config), bottle.build_decoder(bottle_decoder.mirror(config))
    for store, part in zip(run.network.variables.stores.values(), parts, strict=True):
        twins.copy_variables(store, part)
    model = keras.Sequential([*parts])
    model.compile(
        keras.optimizers.Nadam(1.5e-4), keras.losses.MeanSquaredError(), jit_compile=False
    )
    history = []
    for epoch in range(epochs):
        order = pipeline.epoch_order(30, recipe.seed, epoch)
        for images, targets in run.data.train.batches(recipe.batch_size, order):
            history.append(float(tf.reduce_mean(run.train_step(images, targets)["loss"])))
            model.reset_metrics()
            theirs = float(model.train_on_batch(images, targets))
            assert history[-1] == pytest.approx(theirs, abs=1e-4)
    assert len(history) == 3 * epochs
    if epochs == 20:
        assert history[-1] < history[0] - 0.01
    assert sum(history[-3:]) < sum(history[:3])
