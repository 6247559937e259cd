"""What every network of the registry must do."""

import dataclasses
import functools
import importlib
import json
import pkgutil
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from lowlevel import losses, nets, optimizers, variables
from lowlevel.checks import ConfigError
from lowlevel.inspection import retracing
from lowlevel.nets import (
    bottle_autoencoder,
    bottle_decoder,
    bottle_encoder,
    digit_autoencoder,
    digit_decoder,
    digit_encoder,
    mini_inception,
    vision_transformer,
)
from lowlevel.nets.network import Network
from lowlevel.storage import checkpoint
from tests.comparison import values_of
from tests.steps import make_step, network_of

GOLDEN = Path(__file__).with_name("parameters.txt")
SEED = [7, 8]
SMALL_BOTTLES = bottle_encoder.Config((31, 31, 1), (4, 8, 16), (3, 3, 3), (2, 2, 2))
# The default config but for these: more of the same blocks would prove nothing more.
CONFIGS = {
    "bottle_autoencoder": bottle_autoencoder.of(SMALL_BOTTLES),
    "bottle_decoder": bottle_decoder.mirror(SMALL_BOTTLES),
    "bottle_encoder": SMALL_BOTTLES,
    "mini_inception": mini_inception.Config(stem_filters=8, blocks=((4, 4), (8,), (4, 8))),
    "vision_transformer": vision_transformer.Config(depth=2),
}

every_net = pytest.mark.parametrize("name", nets.NETS)


def make(name, seed=0):
    net = nets.get(name)
    config = CONFIGS.get(name, net.Config())
    return net, config, net.build(config, seed)


made_once = functools.cache(make)  # for tests that change no variable


@functools.cache
def compiled_once(name):
    """The network's answer, compiled for batches of any size."""
    net, config, store = made_once(name)
    return tf.function(
        lambda inputs: net.forward(config, store, inputs), input_signature=[net.input_spec(config)]
    )


def inputs_of(net, config, batch):
    return tf.constant(values_of(net.input_spec(config), batch))


def describe(name):
    """A line for each variable, and totals."""
    net = nets.get(name)
    store = net.build(net.Config(), seed=0)
    lines = [name]
    lines += [f"  {key} {value.shape.as_list()}" for key, value in store.all().items()]
    total = variables.count_parameters(store.all())
    lines.append(f"  trainable {variables.count_parameters(store.trainable())} of {total}")
    return "\n".join(lines) + "\n"


def test_every_module_is_registered():
    modules = {module.name for module in pkgutil.iter_modules(nets.__path__)}
    assert modules - {"nested", "network", "parts"} == set(nets.NETS)
    for name, net in nets.NETS.items():
        assert net is importlib.import_module(f"lowlevel.nets.{name}")


def test_parameters_are_those_of_the_golden_file():
    assert "".join(describe(name) for name in sorted(nets.NETS)) == GOLDEN.read_text()


@every_net
def test_the_seed_fixes_every_bit(name):
    digest = variables.sha256(make(name, seed=5)[2].all())
    assert digest == variables.sha256(make(name, seed=5)[2].all())
    assert digest != variables.sha256(make(name, seed=6)[2].all())


@every_net
def test_predicted_shape_is_the_real_one_for_any_batch_size(name):
    net, config, _ = made_once(name)
    compiled = compiled_once(name)
    predicted = compiled.get_concrete_function().structured_outputs.shape
    assert predicted.as_list()[0] is None
    with retracing.watch(compiled) as traces:
        for batch in (1, 2, 5):
            real = compiled(inputs_of(net, config, batch)).shape
            assert real == [batch, *predicted[1:]]
    assert not traces, traces


@every_net
@pytest.mark.parametrize("training", [False, True])
def test_eager_equals_compiled(name, training):
    net, config, store = made_once(name)
    inputs = inputs_of(net, config, 3)
    arguments = {"training": True, "seed": tf.constant(SEED, tf.int64)} if training else {}
    eager = net.forward(config, store, inputs, **arguments)
    if training:
        compiled = tf.function(net.forward)(config, store, inputs, **arguments)
    else:
        compiled = compiled_once(name)(inputs)
    for one, other in zip(tf.nest.flatten(eager), tf.nest.flatten(compiled), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


@every_net
def test_forward_is_pure(name):
    net, config, store = make(name)
    inputs = inputs_of(net, config, 3)
    before = variables.sha256(store.all())
    (first, new_state), (same, same_state), (other, _) = (
        net.forward(config, store, inputs, training=True, seed=tf.constant(seed, tf.int64))
        for seed in (SEED, SEED, [9, 9])
    )
    assert variables.sha256(store.all()) == before
    np.testing.assert_array_equal(first, same)
    is_random = "dropout_rate" in str(config)
    assert (first.numpy() != other.numpy()).any() == is_random
    assert new_state.keys() == store.state.keys()
    for name, value in new_state.items():
        np.testing.assert_array_equal(value, same_state[name])
        assert (value.numpy() != store.state[name].numpy()).any()


@every_net
def test_a_slice_of_the_batch_gives_a_slice_of_the_output(name):
    net, config, store = made_once(name)
    inputs = inputs_of(net, config, 4)
    whole = net.forward(config, store, inputs)
    np.testing.assert_allclose(net.forward(config, store, inputs[1:3]), whole[1:3], atol=1e-5)


@every_net
def test_names_of_layers_are_in_the_graph(name):
    _, _, store = made_once(name)
    graph = compiled_once(name).get_concrete_function().graph
    scopes = {operation.name.split("/")[0] for operation in graph.get_operations()}
    layers = {key.split("/")[0] for key in (*store.weights, *store.biases, *store.state)}
    assert layers <= scopes


@every_net
def test_training_does_not_retrace_and_the_checkpoint_restores_it_all(name, tmp_path):
    net, config, store = make(name)
    network, optimizer = network_of(net, config, store), optimizers.Adam(1e-3)
    step, state = make_step(network, losses.mean_squared_error, optimizer, tf.TensorSpec(None))
    targets = tf.constant(0.5)
    with retracing.watch(step) as traces:
        for batch in (4, 4, 3, 1):
            step(inputs_of(net, config, batch), targets)
        checkpoint.save(tmp_path / "saved", state.tensors(), state.record())
        step(inputs_of(net, config, 4), targets)
        expected = variables.sha256(state.tensors())

        for variable in state.tensors().values():
            variable.assign(tf.ones_like(variable))
        checkpoint.restore(tmp_path / "saved", state.tensors())
        step(inputs_of(net, config, 4), targets)
    assert variables.sha256(state.tensors()) == expected
    traces.assert_once(step)


@every_net
def test_config_survives_json(name):
    config = nets.get(name).Config()
    fields = json.loads(json.dumps(dataclasses.asdict(config)))
    assert nets.config_from_dict(name, fields) == config
    assert nets.config_from_dict(name, {}) == config, "a field that is missing takes its default"
    for damaged in (fields | {"extra": 1}, [], None):
        with pytest.raises(ConfigError, match=f"the config of {name} has the fields"):
            nets.config_from_dict(name, damaged)


@every_net
def test_saved_model_round_trip(name, tmp_path):
    net, config, store = made_once(name)
    module = tf.Module()
    module.variables_by_name = store.all()
    module.serve = compiled_once(name)
    tf.saved_model.save(module, str(tmp_path))
    loaded = tf.saved_model.load(str(tmp_path))
    inputs = inputs_of(net, config, 3)
    np.testing.assert_allclose(loaded.serve(inputs), module.serve(inputs), atol=1e-6)


@every_net
def test_training_with_state_that_never_changes_is_an_error(name):
    net, config, store = made_once(name)
    if not store.state:
        pytest.skip("keeps no state")
    forgetful = {
        "pass training=True on": lambda inputs, training, seed: net.forward(config, store, inputs),
        "would never change the state": lambda inputs, training, seed: (
            net.forward(config, store, inputs),
            {},
        ),
        "forward returns no new value": lambda inputs, training, seed: (
            net.forward(config, store, inputs),
            store.state,
        ),
    }
    for message, forward in forgetful.items():
        network = Network(forward, store, net.input_spec(config))
        optimizer, targets = optimizers.Adam(1e-3), tf.TensorSpec(None)
        step, _ = make_step(network, losses.mean_squared_error, optimizer, targets)
        with pytest.raises(ConfigError, match=message):
            step(inputs_of(net, config, 2), 0.5)


@pytest.mark.parametrize(
    ("name", "fields", "message"),
    [
        ("mish_net", {"shared": "yes"}, "shared must be True or False, not 'yes'"),
        ("mish_net", {"shared": 0.5}, "shared must be True or False"),
        ("mini_inception", {"conv_biases": None}, "conv_biases must be True or False"),
        ("grid_detector", {"slope": "0.1"}, "slope must be a number"),
        ("digit_decoder", {"first_shape": (4, 4)}, "first_shape must be"),
        (
            "digit_autoencoder",
            {"encoder": digit_encoder.Config((28, 28, 3))},
            r"takes images of \(28, 28, 3\), the decoder makes images of \(28, 28, 1\)",
        ),
        ("digit_autoencoder", {"encoder": digit_encoder.Config((32, 32, 1))}, "takes images of"),
        ("bottle_autoencoder", {"encoder": SMALL_BOTTLES}, "decoder must mirror the encoder"),
        (
            "bottle_autoencoder",
            {"decoder": bottle_decoder.mirror(SMALL_BOTTLES)},
            "decoder must mirror the encoder",
        ),
    ],
)
def test_configs_that_cannot_be(name, fields, message):
    with pytest.raises(ConfigError, match=message):
        nets.get(name).Config(**fields)


def test_a_digit_autoencoder_for_larger_images():
    decoder = digit_decoder.Config((5, 6, 1), channels=2)
    encoder = digit_encoder.Config(decoder.image_shape, latent_size=30)
    config = digit_autoencoder.Config(encoder, decoder)
    images = inputs_of(digit_autoencoder, config, 2)
    variables_of_both = digit_autoencoder.build(config, seed=0)
    assert digit_autoencoder.forward(config, variables_of_both, images).shape == images.shape


def test_the_bottle_autoencoder_is_its_halves_in_a_row():
    config = bottle_autoencoder.of(SMALL_BOTTLES)
    both = bottle_autoencoder.build(config, seed=3)
    encoder = bottle_encoder.build(config.encoder, seed=3)
    decoder = bottle_decoder.build(config.decoder, seed=3)
    digests = [variables.sha256(store.all()) for store in (encoder, decoder)]
    assert digests == [variables.sha256(store.all()) for store in both.stores.values()]
    images = inputs_of(bottle_autoencoder, config, 3)
    latents = bottle_encoder.forward(config.encoder, encoder, images)
    expected = bottle_decoder.forward(config.decoder, decoder, latents)
    np.testing.assert_array_equal(bottle_autoencoder.forward(config, both, images), expected)

    latents, of_encoder = bottle_encoder.forward(config.encoder, encoder, images, training=True)
    expected, of_decoder = bottle_decoder.forward(config.decoder, decoder, latents, training=True)
    output, new_state = bottle_autoencoder.forward(config, both, images, training=True)
    np.testing.assert_array_equal(output, expected)
    expected_state = variables.join(encoder=of_encoder, decoder=of_decoder)
    assert new_state.keys() == expected_state.keys()
    for name, value in new_state.items():
        np.testing.assert_array_equal(value, expected_state[name])


def test_unknown_net():
    with pytest.raises(ConfigError, match=r"net must be one of .*conv_net.*, not 'resnet'"):
        nets.get("resnet")
