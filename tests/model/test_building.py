"""What a sequential API cannot express needs no machinery here: functions of dicts.

Several inputs, several outputs, parts that share their variables, parts that are frozen.
"""

import numpy as np
import pytest
import tensorflow as tf

from lowlevel import losses, metrics, nets, ops, optimizers, variables
from lowlevel.checks import ConfigError, DataError
from lowlevel.data.gather import gather
from lowlevel.joined_stores import JoinedStores
from lowlevel.model import Model
from lowlevel.nets import digit_autoencoder, digit_decoder, digit_encoder, mish_net
from lowlevel.variables import VariableStore
from tests.comparison import values


def dense(store, layer, x):
    return ops.dense(x, store.weights[layer], store.biases[layer])


def add_dense(store, layer, inputs, outputs):
    store.add_weights(layer, (inputs, outputs))
    store.add_biases(layer, outputs)


def test_two_inputs():
    """A ticket's text and its tags: one more argument, one more concatenation."""
    store = VariableStore(seed=0)
    add_dense(store, "text", 6, 4)
    add_dense(store, "tags", 3, 2)
    add_dense(store, "out", 6, 1)

    def forward(inputs, training=False, seed=None):
        parts = [ops.relu(dense(store, name, inputs[name])) for name in ("text", "tags")]
        x = dense(store, "out", tf.concat(parts, axis=1))[:, 0]
        return (x, {}) if training else x

    spec = {"text": tf.TensorSpec([None, 6]), "tags": tf.TensorSpec([None, 3])}
    model = Model(forward, store, spec)
    model.compile(optimizers.Adam(0.05), losses.mean_squared_error)
    x = {"text": values(40, 6), "tags": values(40, 3, seed=1)}
    y = x["text"][:, 0] + x["tags"][:, 1]
    history = model.fit(x, y, epochs=25, verbose=0).history
    assert history["loss"][-1] < 0.05 * history["loss"][0]
    assert model.predict(x, verbose=0).shape == (40,)


def test_two_outputs():
    """How urgent, and which department: a dict of outputs, and a sum of losses."""
    store = VariableStore(seed=0)
    add_dense(store, "shared", 6, 8)
    add_dense(store, "urgency", 8, 1)
    add_dense(store, "department", 8, 3)

    def forward(inputs, training=False, seed=None):
        x = ops.relu(dense(store, "shared", inputs))
        outputs = {
            "urgency": dense(store, "urgency", x)[:, 0],
            "department": dense(store, "department", x),
        }
        return (outputs, {}) if training else outputs

    def loss(targets, outputs):
        urgency = losses.mean_squared_error(targets["urgency"], outputs["urgency"])
        return urgency + 0.2 * losses.softmax_cross_entropy(
            targets["department"], outputs["department"]
        )

    def found(targets, outputs):
        return metrics.is_correct(targets["department"], outputs["department"])

    model = Model(forward, store, tf.TensorSpec([None, 6]))
    model.compile(optimizers.Adam(0.05), loss, {"found": found})
    x = values(60, 6)
    y = {"urgency": x[:, 0] * 2, "department": x[:, 1:4].argmax(axis=1).astype(np.int32)}
    history = model.fit(x, y, epochs=25, verbose=0).history
    assert history["loss"][-1] < 0.3 * history["loss"][0]
    assert history["found"][-1] > 0.9
    predicted = model.predict(x, verbose=0)
    assert {name: array.shape for name, array in predicted.items()} == {
        "urgency": (60,),
        "department": (60, 3),
    }


def test_a_part_that_is_shared():
    """Two pictures through the same layer: it is called twice."""
    store = VariableStore(seed=0)
    add_dense(store, "tower", 5, 4)

    def forward(inputs, training=False, seed=None):
        left, right = (ops.relu(dense(store, "tower", x)) for x in inputs)
        distance = tf.reduce_sum(tf.square(left - right), axis=1)
        return (distance, {}) if training else distance

    spec = (tf.TensorSpec([None, 5]), tf.TensorSpec([None, 5]))
    model = Model(forward, store, spec)
    x = values(8, 5), values(8, 5, seed=1)
    np.testing.assert_array_equal(model.predict((x[0], x[0]), verbose=0), np.zeros(8))
    np.testing.assert_allclose(
        model.predict(x, verbose=0), model.predict(x[::-1], verbose=0), rtol=1e-6
    )
    with tf.GradientTape() as tape:
        result = forward([tf.constant(part) for part in x])
    both = tape.gradient(result, store.weights["tower"])
    gradients = []
    for used in (0, 1):  # the gradient of a shared part is the sum over its uses
        with tf.GradientTape() as tape:
            outputs = [ops.relu(dense(store, "tower", part)) for part in x]
            outputs[1 - used] = tf.stop_gradient(outputs[1 - used])
            result = tf.reduce_sum(tf.square(outputs[0] - outputs[1]), axis=1)
        gradients.append(tape.gradient(result, store.weights["tower"]))
    np.testing.assert_allclose(both, gradients[0] + gradients[1], atol=1e-5)


def test_an_autoencoder_shares_the_variables_of_its_halves():
    encoder_config, decoder_config = digit_encoder.Config(), digit_decoder.Config()
    encoder = digit_encoder.build(encoder_config, seed=1)
    decoder = digit_decoder.build(decoder_config, seed=2)
    joined = JoinedStores(encoder=encoder, decoder=decoder)
    images = tf.constant(values(2, 28, 28, 1, low=0))
    config = digit_autoencoder.Config(encoder_config, decoder_config)

    def through_both():
        latents = digit_encoder.forward(encoder_config, encoder, images)
        return digit_decoder.forward(decoder_config, decoder, latents)

    before = digit_autoencoder.forward(config, joined, images)
    np.testing.assert_array_equal(before, through_both())
    encoder.weights["c1"].assign(encoder.weights["c1"] * 2)
    decoder.biases["t4"].assign([0.5])
    after = digit_autoencoder.forward(config, joined, images)
    np.testing.assert_array_equal(after, through_both())
    assert (after.numpy() != before.numpy()).any()


def test_a_block_used_twice_with_and_without_sharing():
    apart, shared = (mish_net.build(mish_net.Config(shared=shared), 0) for shared in (False, True))
    assert {name.split("/")[1] for name in apart.all()} - {
        name.split("/")[1] for name in shared.all()
    } == {"block2"}
    for config in (mish_net.Config(), mish_net.Config(shared=True)):
        store = mish_net.build(config, 0)
        images = tf.constant(values(4, 28, 28, 1, low=0))
        _, new_state = mish_net.forward(
            config, store, images, training=True, seed=tf.constant([1, 2], tf.int64)
        )
        assert new_state.keys() == store.state.keys()


def make_model(*frozen):
    config = mish_net.Config((12, 12, 1), 4)
    model = Model.of("mish_net", config, seed=0)
    if frozen:
        model.variables.freeze(*frozen)
    model.compile(
        optimizers.Adam(0.01), losses.softmax_cross_entropy, {"accuracy": metrics.is_correct}
    )
    return model


IMAGES = values(24, 12, 12, 1, low=0)
LABELS = np.arange(24) % 4


@pytest.mark.parametrize("frozen", [("block1",), ("block1/c1", "out"), ("stem", "block2")])
def test_what_is_frozen_stays_bit_for_bit(frozen):
    model = make_model(*frozen)
    before = model.get_weights()
    model.fit(IMAGES, LABELS, epochs=3, batch_size=8, verbose=0)
    for name, value in model.get_weights().items():
        is_frozen = variables.is_in(variables.layer_of(name), frozen)
        assert (value.tobytes() == before[name].tobytes()) == is_frozen, name


def test_what_is_frozen_is_not_differentiated():
    model = make_model("stem", "block1", "block2")
    model.fit(IMAGES, LABELS, batch_size=8, verbose=0)
    step = model.run._steps.train(gather(IMAGES, LABELS, model.network.input_spec))
    graph = step.get_concrete_function().graph
    gradients = [name for name in (op.name for op in graph.get_operations()) if "Backprop" in name]
    assert not gradients  # none of a convolution
    assert {name for name in model.state.optimizer.slots if "block" in name} == set()
    free = make_model()
    free.fit(IMAGES, LABELS, batch_size=8, verbose=0)
    step = free.run._steps.train(gather(IMAGES, LABELS, free.network.input_spec))
    graph = step.get_concrete_function().graph
    assert any("Backprop" in operation.name for operation in graph.get_operations())


def test_freezing_a_part_of_a_joined_network():
    net, config = nets.get("digit_autoencoder"), digit_autoencoder.Config()
    store = net.build(config, seed=0)
    store.freeze("encoder", "decoder/t1")
    assert {variables.layer_of(name) for name in store.trainable()} == {
        "decoder/t2",
        "decoder/t3",
        "decoder/t4",
    }


def test_freezing_after_a_first_training():
    model = make_model()
    model.fit(IMAGES, LABELS, batch_size=8, verbose=0)
    model.variables.freeze("block1")
    before = model.get_weights()
    model.fit(IMAGES, LABELS, batch_size=8, verbose=0)
    for name, value in model.get_weights().items():
        is_frozen = variables.is_in(variables.layer_of(name), ["block1"])
        assert (value.tobytes() == before[name].tobytes()) == is_frozen, name


def test_unfreezing():
    model = make_model("block1")
    model.fit(IMAGES, LABELS, batch_size=8, verbose=0)
    model.variables.unfreeze("block1")
    with pytest.raises(ConfigError, match=r"compile again: biases/block1/bn, .* was frozen before"):
        model.fit(IMAGES, LABELS, verbose=0)
    with pytest.raises(ConfigError, match="block1 is not frozen"):
        model.variables.unfreeze("block1")
    model.compile(optimizers.Adam(0.01), losses.softmax_cross_entropy)
    before = model.get_weights()["weights/block1/c1"]
    model.fit(IMAGES, LABELS, batch_size=8, verbose=0)
    assert (model.get_weights()["weights/block1/c1"] != before).any()


def test_inputs_of_another_structure():
    spec = {"a": tf.TensorSpec([None, 2]), "b": tf.TensorSpec([None, 3])}
    model = Model(lambda inputs, training=False, seed=None: inputs["a"], VariableStore(0), spec)
    message = "must be a dict of 'a', 'b', not "
    with pytest.raises(DataError, match=message + "a dict of 'a', 'bb'"):
        model.predict({"a": values(4, 2), "bb": values(4, 3)})
    with pytest.raises(DataError, match=message + "an array"):
        model.predict(values(4, 2))
    pair = (tf.TensorSpec([None, 2]), tf.TensorSpec([None, 3]))
    model = Model(lambda inputs, training=False, seed=None: inputs[0], VariableStore(0), pair)
    assert model.predict([values(4, 2), values(4, 3)], verbose=0).shape == (4, 2)


def test_training_half_of_a_joined_network():
    model = Model.of("digit_autoencoder", seed=0)
    model.variables.freeze("encoder")
    model.compile(optimizers.Adam(0.01), losses.mean_squared_error)
    before = model.get_weights()
    images = values(8, 28, 28, 1, low=0)
    model.fit(images, images, epochs=2, batch_size=4, verbose=0)
    for name, value in model.get_weights().items():
        assert (value.tobytes() == before[name].tobytes()) == name.startswith("encoder"), name


def test_a_name_that_is_no_layer_cannot_be_frozen():
    with pytest.raises(ConfigError, match="there is no layer 'block' to freeze, only stem, "):
        make_model("block")


def test_inputs_in_64_bits():
    """The spec of a network decides what its inputs become, and nothing changes them again."""
    store = VariableStore(0)
    store.add_weights("embedding", (10, 1))

    def forward(words, training=False, seed=None):
        outputs = tf.reduce_sum(tf.gather(store.weights["embedding"], words), axis=[1, 2])
        return (outputs, {}) if training else outputs

    model = Model(forward, store, tf.TensorSpec([None, 3], tf.int64))
    model.compile(optimizers.SGD(0.1), losses.mean_squared_error)
    words, targets = np.ones((8, 3), np.int64), np.ones(8)
    history = model.fit(words, targets, epochs=2, verbose=0)
    assert history.history["loss"][1] < history.history["loss"][0]
    assert model.predict(words, verbose=0).shape == (8,)
