"""Keras loads our files and we load Keras's: the same outputs, and the same training goes on."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from lowlevel import losses, nets, optimizers
from lowlevel.checks import CheckpointError, ConfigError
from lowlevel.exchange import descriptions, keras_file
from lowlevel.nets import mlp, strided_net
from tests.comparison import values, values_of
from tests.exchange import networks
from tests.steps import make_step

FAST = {"digit_autoencoder", "mish_net, shared"}
every_network = pytest.mark.parametrize(
    "name",
    [n if n in FAST else pytest.param(n, marks=pytest.mark.slow) for n in networks.NAMES],
)
MORE_STEPS = 20
RATE = 2e-5  # at which training does not yet amplify rounding
STRIDED = strided_net.Config((19, 19, 1))
SMALL = mlp.Config((4, 4, 1), 3, (5,))


def test_every_network_is_described():
    assert descriptions.DESCRIBED.keys() == nets.NETS.keys()


@every_network
def test_both_ways(name, tmp_path):
    network, twin = networks.with_twin(name)
    ours, weights = tmp_path / "ours.keras", tmp_path / "ours.weights.h5"
    found = keras_file.write(ours, network)
    assert {place.ours for place in found} == network.variables.all().keys()
    loaded = keras.saving.load_model(ours)
    networks.assert_same_outputs(network, loaded)

    if name == "vision_transformer":  # whose twin has layers of its own
        twin = loaded
    keras_file.write(weights, network)
    for variable in twin.weights:
        variable.assign(np.zeros_like(variable))
    twin.load_weights(weights)
    networks.assert_same_outputs(network, twin)

    for theirs in (tmp_path / "theirs.keras", tmp_path / "theirs.weights.h5"):
        (twin.save if theirs.suffix == ".keras" else twin.save_weights)(theirs)
        before = networks.emptied(network)
        assert keras_file.read(theirs, network) == found
        networks.assert_holds(network, before)


@pytest.mark.parametrize(
    "name", [n if n == "mlp" else pytest.param(n, marks=pytest.mark.slow) for n in networks.NAMES]
)
def test_training_goes_on(name, tmp_path):
    """Here, then in Keras and here, then in Keras again and here: with Adam's slots."""
    network, twin = networks.with_twin(name)
    targets = values(8, *twin.output_shape[1:], seed=9, low=0)
    spec = tf.TensorSpec([None, *targets.shape[1:]])
    step, state = make_step(network, losses.mean_squared_error, optimizers.Adam(RATE), spec)
    batches = [values_of(network.input_spec, 8, seed=number) for number in range(5)]

    def go_on(model):
        found = []
        for number in range(MORE_STEPS):
            inputs = batches[number % 5]
            found.append(float(np.mean(step(inputs, targets)["loss"])))
            model.reset_metrics()
            theirs = float(model.train_on_batch(inputs, targets))
            assert found[-1] == pytest.approx(theirs, abs=1e-4)
        return sum(found[:5]), sum(found[-5:])

    for batch in batches:
        step(batch, targets)
    keras_file.write(tmp_path / "ours.keras", network, state)
    model = keras.saving.load_model(tmp_path / "ours.keras")
    assert int(model.optimizer.iterations) == 5
    assert float(model.optimizer.learning_rate) == pytest.approx(RATE)
    model.compile(model.optimizer, keras.losses.MeanSquaredError(), jit_compile=False)
    first, last = go_on(model)
    assert last < first

    model.save(tmp_path / "theirs.keras")
    networks.emptied(network)
    for slot in state.optimizer.slots.values():
        slot.assign(np.ones_like(slot))
    keras_file.read(tmp_path / "theirs.keras", network, state)
    assert int(state.step) == 5 + MORE_STEPS
    go_on(model)


@pytest.mark.parametrize("suffix", [".keras", ".weights.h5"])
def test_real_images(suffix, tmp_path, digits):
    trained = networks.shipped_network()
    keras_file.write(tmp_path / f"digits{suffix}", trained.network)
    images = digits.test.images[:100] / np.float32(255)
    expected = trained.network(images)
    copy = nets.make("conv_net", trained.network.config, seed=1)
    keras_file.read(tmp_path / f"digits{suffix}", copy)
    np.testing.assert_allclose(copy(images), expected, atol=1e-5)
    if suffix == ".keras":
        model = keras.saving.load_model(tmp_path / "digits.keras")
        np.testing.assert_allclose(model(images), expected, atol=1e-5)


def test_the_same_network_gives_the_same_bytes(tmp_path):
    contents = set()
    for number in range(2):
        keras_file.write(tmp_path / f"{number}.keras", nets.make("mlp", SMALL, seed=1))
        contents.add((tmp_path / f"{number}.keras").read_bytes())
    assert len(contents) == 1


# A Keras model that is not quite the network.

layers = keras.layers


def strided(rate=2, activation="relu", padding="valid", momentum=0.99, epsilon=1e-3, more=()):
    """`strided_net` in Keras, as another person would write it, with something changed."""
    return keras.Sequential(
        [
            layers.Input((19, 19, 1)),
            layers.Conv2D(32, 3, rate, activation=activation, name="first"),
            layers.MaxPooling2D(3),
            layers.BatchNormalization(momentum=momentum, epsilon=epsilon),
            layers.Conv2D(64, 3, padding=padding),
            layers.ReLU(),
            layers.BatchNormalization(),
            layers.GlobalMaxPooling2D(),
            layers.Dense(10, "softmax"),
            *more,
        ]
    )


def test_a_model_of_another_person(tmp_path):
    strided().save(tmp_path / "model.keras")
    network = nets.make("strided_net", STRIDED)
    keras_file.read(tmp_path / "model.keras", network)
    images = values(4, 19, 19, 1)
    expected = keras.saving.load_model(tmp_path / "model.keras")(images)
    np.testing.assert_allclose(tf.nn.softmax(network(images)), expected, atol=1e-6)


WRONG = {
    "padding": ({"padding": "same"}, r"has padding 'same', but c2 .* has 'valid'"),
    "strides": ({"rate": 1}, r"layer first in .* has strides \[1, 1\], but c1 .* has \[2, 2\]"),
    "momentum": ({"momentum": 0.9}, r"has momentum 0\.9, but bn1 of strided_net has 0\.99"),
    "epsilon": ({"epsilon": 1e-5}, r"has epsilon 1e-05, but bn1 .* has 0\.001"),
    "activation": ({"activation": "selu"}, r"has activation 'selu', but c1 .* has 'relu'"),
    "more": ({"more": [layers.Dense(10)]}, r"has 2 layers Dense, but strided_net has 1"),
}


@pytest.mark.parametrize("case", WRONG)
def test_another_model_is_refused_by_its_settings(case, tmp_path):
    change, message = WRONG[case]
    strided(**change).save(tmp_path / "model.keras")
    network = nets.make("strided_net", STRIDED)
    with pytest.raises(CheckpointError, match=message):
        keras_file.read(tmp_path / "model.keras", network)


def test_names_and_shapes_are_compared(tmp_path):
    """In a weights file there is nothing else to compare."""
    path = tmp_path / "model.weights.h5"
    keras_file.write(path, nets.make("mlp", SMALL))
    other = nets.make("mlp", mlp.Config((4, 4, 1), 3, (6,)))
    with pytest.raises(
        CheckpointError, match=r"dense/vars/0 in .* is float32 \[16, 5\], but .*6\]"
    ):
        keras_file.read(path, other)
    deeper = nets.make("mlp", mlp.Config((4, 4, 1), 3, (5, 5)))
    with pytest.raises(CheckpointError, match=r"lacks layers/dense_2/vars/0 \(weights/out\)"):
        keras_file.read(path, deeper)
    keras_file.write(path, deeper)
    before = networks.emptied(other)
    with pytest.raises(CheckpointError, match=r"holds layers/dense_2/vars/0, .* nothing here uses"):
        keras_file.read(path, nets.make("mlp", SMALL))
    assert before.keys() == other.variables.all().keys()


def test_what_cannot_be_done_is_said(tmp_path):
    network = nets.make("mlp", SMALL)
    with pytest.raises(ConfigError, match=r"must end in \.keras or \.weights\.h5"):
        keras_file.write(tmp_path / "model.h5", network)
    with pytest.raises(CheckpointError, match="is not a file"):
        keras_file.read(tmp_path / "none.keras", network)
    spec = tf.TensorSpec([None, 3])
    for optimizer in (optimizers.Nadam(0.1), optimizers.Adam(0.1, weight_decay=0.1)):
        _, state = make_step(nets.make("mlp", SMALL), losses.mean_squared_error, optimizer, spec)
        with pytest.raises(ConfigError, match=r"only Adam's slots|weight decay"):
            keras_file.write(tmp_path / "model.keras", network, state)
    keras_file.write(tmp_path / "model.keras", network)
    _, state = make_step(network, losses.mean_squared_error, optimizers.Adam(0.1), spec)
    with pytest.raises(CheckpointError, match="holds no state of an optimizer"):
        keras_file.read(tmp_path / "model.keras", network, state)
