"""The four-conv network equals its Keras twin: outputs, gradients, training."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from lowlevel import losses, nets, optimizers
from lowlevel.data import pipeline, training_data
from lowlevel.nets import conv_net
from lowlevel.training import loop, tasks
from lowlevel.training.recipe import Recipe
from lowlevel.training.run import Run
from tests.comparison import assert_close
from tests.keras_reference import conv_net as keras_conv_net
from tests.steps import make_step, network_of

STEPS, MANY_STEPS = 30, 200


@pytest.fixture
def twins():
    config = conv_net.Config(dropout_rate=0.0)
    variables = conv_net.build(config, seed=3)
    model = keras_conv_net.build(dropout_rate=0.0)
    keras_conv_net.copy_variables(variables, model)
    return config, variables, model


def first_batches(mnist, count, batch_size=128):
    order = pipeline.epoch_order(len(mnist.train), run_seed=5, epoch=0)[: count * batch_size]
    return list(mnist.train.examples.batches(batch_size, order))


def test_parameter_count():
    assert keras_conv_net.build().count_params() == 218_490


def test_logits_and_gradients(twins, mnist):
    config, variables, model = twins
    [(images, labels)] = first_batches(mnist, 1)
    keras_loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    named = keras_conv_net.named_variables(model)
    with tf.GradientTape(persistent=True) as tape:
        logits = conv_net.forward(config, variables, images)
        loss = tf.reduce_mean(losses.softmax_cross_entropy(labels, logits))
        keras_logits = model(images, training=False)
        reference = keras_loss(labels, keras_logits)
    # The logits are of order 1, so this is absolute as well as relative.
    np.testing.assert_allclose(logits, keras_logits, rtol=0, atol=1e-5)
    np.testing.assert_allclose(loss, reference, rtol=1e-6)
    ours = tape.gradient(loss, variables.trainable())
    theirs = tape.gradient(reference, {name: v.value for name, v in named.items()})
    assert ours.keys() == theirs.keys()
    for name in ours:
        assert_close(ours[name], theirs[name], 1e-5)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (lambda: optimizers.Adam(1e-3), lambda: keras.optimizers.Adam(1e-3)),
        (lambda: optimizers.SGD(0.05), lambda: keras.optimizers.SGD(0.05)),
        pytest.param(
            lambda: optimizers.Momentum(0.02),
            lambda: keras.optimizers.SGD(0.02, momentum=0.9),
            marks=pytest.mark.slow,
        ),
        (
            lambda: optimizers.Momentum(0.02, nesterov=True),
            lambda: keras.optimizers.SGD(0.02, momentum=0.9, nesterov=True),
        ),
    ],
    ids=["adam", "sgd", "momentum", "nesterov"],
)
@pytest.mark.parametrize("steps", [STEPS, pytest.param(MANY_STEPS, marks=pytest.mark.slow)])
def test_training(twins, mnist, ours, theirs, steps):
    config, variables, model = twins
    network = network_of(conv_net, config, variables)
    step, _ = make_step(network, losses.softmax_cross_entropy, ours())
    model.compile(
        theirs(), keras.losses.SparseCategoricalCrossentropy(from_logits=True), jit_compile=False
    )
    first_loss = None
    for images, labels in first_batches(mnist, steps):
        loss = float(tf.reduce_mean(step(images, labels)["loss"]))
        model.reset_metrics()  # some versions of Keras return the mean since the last reset
        keras_loss = float(model.train_on_batch(images, labels))
        # Rounding differs and training amplifies it; 1e-4 leaves room for 200 steps of that.
        assert loss == pytest.approx(keras_loss, abs=1e-4)
        first_loss = first_loss or loss
    assert loss < (0.7 if steps == MANY_STEPS else 0.99) * first_loss


@pytest.mark.slow
def test_an_epoch_of_each_ends_at_the_same_accuracy(mnist):
    """Each with its own random numbers, dropout included: Keras by `fit`, ours by the loop."""
    config = conv_net.Config()
    network, recipe = nets.make("conv_net", config), Recipe(learning_rate=1e-3)
    run = Run(network, tasks.classification(), training_data.of_images(mnist), recipe)
    loop.train(run, loop.RunLength(1), quiet=True)

    model = keras_conv_net.build()
    model.compile(
        keras.optimizers.Adam(1e-3),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    images = mnist.train.images / np.float32(255)
    model.fit(images, mnist.train.labels, batch_size=128, verbose=0)
    _, keras_accuracy = model.evaluate(
        mnist.test.images / np.float32(255), mnist.test.labels, verbose=0
    )
    assert keras_accuracy > 0.97
    assert run.state.history[-1]["val_accuracy"] == pytest.approx(keras_accuracy, abs=0.005)
