"""Any node of a compiled step is what it is eagerly, and will be next; looking changes nothing.

Tolerances: a graph fuses and orders its float32 sums in another way than eager ops do, which shows
in the last bits of sums over thousands of positions.
"""

import functools

import numpy as np
import pytest
import tensorflow as tf

from lowlevel import losses, nets, ops, optimizers, seeds
from lowlevel.checks import ConfigError, DataError
from lowlevel.inspection import retracing
from lowlevel.inspection.nodes import Nodes
from lowlevel.nets import conv_net
from lowlevel.nets.network import Network
from lowlevel.variables import sha256
from tests.comparison import assert_close, values
from tests.steps import make_step, network_of

RUN_SEED, BATCH = 3, 4
TOLERANCE = 1e-4  # of the largest entry
# Dropout; batch norm and dropout; two stores joined; an embedding.
NETS = ["conv_net", "mish_net", "digit_autoencoder", "text_classifier"]

several_nets = pytest.mark.parametrize("name", NETS)


class Training:
    """A network, its step that has been called once, and a batch."""

    def __init__(self, name, optimizer=None, weighted=False):
        net = nets.get(name)
        config = net.Config()
        self.variables = net.build(config, seed=0)
        self.forward = functools.partial(net.forward, config, self.variables)
        self.spec = net.input_spec(config)
        self.step, self.state = make_step(
            Network(self.forward, self.variables, self.spec),
            self.loss,
            optimizer or optimizers.Adam(1e-2),
            tf.TensorSpec([None], name="targets"),
            weighted=weighted,
            seed=RUN_SEED,
        )
        self.weights = [values(BATCH, low=0, seed=3)] if weighted else []
        self.batch = self.make_batch(BATCH)
        with retracing.watch(self.step) as traces:
            self.step(*self.batch)
            self.nodes = Nodes(self.step, self.variables.all())
        traces.assert_once(self.step)

    def make_batch(self, size):
        shape = [size, *(width or 6 for width in self.spec.shape[1:])]
        inputs = values(*shape, low=0)
        if self.spec.dtype == tf.int32:
            inputs = (inputs * 9).astype(np.int32)
        targets = values(size, seed=1)
        return [tf.constant(array) for array in (inputs, targets, *self.weights)]

    @staticmethod
    def loss(targets, outputs):
        outputs = tf.reshape(outputs, [tf.shape(outputs)[0], -1])
        return tf.reduce_mean(tf.square(outputs - targets[:, tf.newaxis]), axis=1)

    def digest(self):
        return sha256(self.state.tensors())

    def assigned(self):
        """By name of a variable, the last node that the step assigns to it."""
        concrete = self.step.get_concrete_function()
        names = {id(value.handle): name for name, value in self.state.tensors().items()}
        captured = concrete.captured_inputs
        variables = {
            placeholder.name: names[id(handle)]
            for placeholder, handle in zip(concrete.inputs[-len(captured) :], captured, strict=True)
        }
        return {
            variables[operation.inputs[0].name]: operation.inputs[1].name
            for operation in concrete.graph.get_operations()
            if operation.type == "AssignVariableOp"
        }


@functools.cache
def trained_once(name):
    """A `Training` for tests that look at it alone."""
    return Training(name)


@several_nets
def test_gradients_and_weights_are_those_of_eager_computation(name):
    training = trained_once(name)
    before = training.digest()
    trainable = training.variables.trainable()
    with retracing.watch(training.step) as traces:
        found = training.nodes.values(
            [*trainable, *(f"gradients/{variable}" for variable in trainable)], *training.batch
        )
    assert not traces, traces

    inputs, targets = training.batch
    seed = seeds.derive(RUN_SEED, "forward", training.state.step)
    with tf.GradientTape() as tape:
        outputs, _ = training.forward(inputs, training=True, seed=seed)
        loss = tf.reduce_mean(training.loss(targets, outputs))
    gradients = tape.gradient(loss, trainable)
    gradients = {key: tf.convert_to_tensor(gradient) for key, gradient in gradients.items()}
    largest = max(np.abs(gradient).max() for gradient in gradients.values())
    for key, gradient in gradients.items():  # some are zero: what batch norm takes out again
        np.testing.assert_allclose(found[f"gradients/{key}"], gradient, atol=TOLERANCE * largest)
        np.testing.assert_array_equal(found[key], trainable[key])
    assert training.digest() == before


@several_nets
def test_what_will_be_assigned_is_what_the_next_step_assigns(name):
    """Weight decay and Nadam's product are assigned first and read again by the rest of the step.

    The seed of dropout comes from a variable too, and batch norm hands back its averages.
    """
    training = Training(name, optimizers.Nadam(1e-2, weight_decay=0.5))
    for _ in range(2):
        before = training.digest()
        nodes = training.assigned()
        with retracing.watch(training.step) as traces:
            promised = training.nodes.values(list(nodes.values()), *training.batch)
            assert training.digest() == before
            training.step(*training.batch)
        assert not traces, traces
        new = training.state.tensors()
        assert nodes.keys() == new.keys() - {"step"}  # the step is not assigned but counted up
        for variable, node in nodes.items():
            np.testing.assert_allclose(promised[node], new[variable], rtol=1e-4, atol=1e-6)


def test_activations():
    training = Training("conv_net")
    w, b = training.variables.weights, training.variables.biases
    inputs, _ = training.batch
    activations = {}
    x = inputs
    for layer in ("c1", "c2", "c3", "c4"):
        x = activations[f"{layer}/Relu"] = ops.relu(ops.conv2d(x, w[layer], b[layer]))
        if layer in ("c2", "c4"):
            x = ops.max_pool2d(x, window=2)
    x = activations["d1/Relu"] = ops.relu(ops.dense(ops.flatten(x), w["d1"], b["d1"]))
    found = training.nodes.values([*activations], *training.batch)
    for name, expected in activations.items():
        assert_close(found[name], expected, TOLERANCE)

    def dropped():
        return training.nodes.values("d1/SelectV2", *training.batch)

    first = dropped()
    seed = seeds.derive(RUN_SEED, "forward", training.state.step)
    assert_close(first, ops.dropout(x, rate=0.2, seed=seed), TOLERANCE)
    np.testing.assert_array_equal(first, dropped())
    training.state.step.assign_add(1)
    assert ((first == 0) != (dropped() == 0)).any()


def test_a_compiled_forward_and_batches_of_any_size():
    config = conv_net.Config()
    variables = conv_net.build(config, seed=0)
    forward = functools.partial(conv_net.forward, config, variables)
    nodes = Nodes(tf.function(forward, input_signature=[conv_net.input_spec(config)]))
    for batch in (1, 3):
        images = values(batch, 28, 28, 1, low=0)
        assert_close(nodes.values("out/BiasAdd", images), forward(tf.constant(images)), TOLERANCE)
        assert_close(
            nodes.values("out/BiasAdd:0", images.astype(float)), forward(images), TOLERANCE
        )
    np.testing.assert_array_equal(nodes.values("biases/out"), variables.biases["out"])


def test_weighted_step():
    training = Training("conv_net", weighted=True)
    for factor in (1.0, 2.0):
        inputs, targets, weights = training.batch
        losses_of_batch = training.nodes.values("mul", inputs, targets, weights * factor)
        if factor == 1:
            first = losses_of_batch
    np.testing.assert_allclose(losses_of_batch, 2 * first, rtol=1e-6)
    np.testing.assert_allclose(first, training.step(*training.batch)["loss"], rtol=1e-5)


def test_inputs_in_dicts_and_tuples():
    number, numbers = tf.TensorSpec([None]), tf.TensorSpec([None, 2])

    @tf.function(input_signature=[{"z": number, "a": numbers}, (number,)])
    def function(inputs, targets):
        tf.multiply(inputs["z"], 2.0, name="double")
        tf.multiply(inputs["a"], 3.0, name="triple")
        return tf.multiply(targets[0], 4.0, name="quadruple")

    inputs = {"a": np.ones((3, 2)), "z": np.ones(5)}, (np.ones(1),)
    found = Nodes(function).values(["double", "triple", "quadruple"], *inputs)
    assert [(array.shape, array.max()) for array in found.values()] == [
        ((5,), 2),
        ((3, 2), 3),
        ((1,), 4),
    ]


@several_nets
def test_listing_by_layer(name):
    training = trained_once(name)
    layers = training.nodes.by_layer()
    prefix = {"digit_autoencoder": "encoder/c1", "text_classifier": "d1"}
    layer = prefix.get(name, "out")
    *store, last = layer.split("/")
    weights = "/".join([*store, "weights", last])
    assert {weights, f"gradients/{weights}", f"m/{weights}"} < set(layers[layer])
    assert any(name.startswith(f"{layer}/") for name in layers[layer])
    assert any(name.startswith(f"gradient_tape/{layer}/") for name in layers[layer])

    listed = [name for names in layers.values() for name in names]
    assert len(set(listed)) == len(listed)
    before = training.digest()
    assert training.nodes.values(listed, *training.batch).keys() == set(listed)
    assert training.digest() == before


@pytest.fixture(scope="module")
def conv():
    return trained_once("conv_net")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("c3/relu", "no node or variable 'c3/relu'; similar names: c3/Relu"),
        ("weights/c33", "similar names: weights/c3, "),
        ("c3", "similar names: c3/Conv2D"),
        ("c3/Relu:x", "no node or variable 'c3/Relu:x'"),
        ("nothing like it at all", "no node or variable 'nothing like it at all'.$"),
        ("c3/Relu:1", "c3/Relu:1 has no value: outputs of c3/Relu: 1"),
        ("c3/Conv2D/ReadVariableOp/resource", "has no value: it is a resource handle"),
    ],
)
def test_names_that_cannot_be(conv, name, message):
    with pytest.raises(ConfigError, match=message):
        conv.nodes.values(["c3/Relu", name], *conv.batch)


def test_inputs_that_cannot_be(conv):
    inputs, targets = conv.batch
    for wrong, message in (
        ([], "the function takes TensorSpec.*, not 0 inputs"),
        ([inputs], "not 1 inputs"),
        ([inputs[..., 0], targets], r"images must be \(None, 28, 28, 1\), not \(4, 28, 28\)"),
        ([inputs, "seven"], "do not fit"),
        ([inputs, {"targets": targets}], "do not fit"),
        ([inputs, targets[:3]], "gradients/biases/out cannot be computed: .*"),
    ):
        with pytest.raises(DataError, match=message) as raised:
            conv.nodes.values("gradients/biases/out", *wrong)
        assert "\n" not in str(raised.value)


def test_functions_that_cannot_be():
    for function in (len, tf.function(lambda x: x), None):
        with pytest.raises(ConfigError, match=r"a tf\.function with an input signature, not of"):
            Nodes(function)

    twins = [tf.Variable(1.0, name="twin"), tf.Variable(2.0, name="twin")]
    function = tf.function(lambda x: x + twins[0] + twins[1], input_signature=[tf.TensorSpec([])])
    with pytest.raises(ConfigError, match="two variables are called twin; pass a dict"):
        Nodes(function)
    nodes = Nodes(function, {"left": twins[0]})
    assert nodes.values(["left", "twin"]) == {"left": 1, "twin": 2}


def test_nothing_changes_inside_functions_that_the_graph_calls():
    count, scale = tf.Variable(1.0, name="count"), tf.Variable(2.0, name="scale")
    generator = tf.random.Generator.from_seed(1)

    @tf.function
    def inner(x):
        count.assign_add(1.0)
        return tf.multiply(x, count, name="product")

    @tf.function(input_signature=[tf.TensorSpec([None])])
    def outer(x):
        x = tf.identity(inner(x), "counted")
        _, x = tf.while_loop(lambda i, x: i < 3, lambda i, x: (i + 1, x * scale), [0, x])
        scale.assign(9.0)
        drawn = tf.add(generator.uniform([1]), 0.0, name="drawn")
        return tf.identity(x, "scaled"), drawn

    nodes = Nodes(outer)
    variables = {"count": count, "scale": scale, "generator": generator.state}
    before = sha256(variables)
    for _ in range(2):
        found = nodes.values(["counted", "scaled", "drawn"], np.ones(1))
        assert (found["counted"], found["scaled"]) == (2, 16)
        assert sha256(variables) == before
    with pytest.raises(ConfigError, match=r"product is inside the function .*inner"):
        nodes.values("product", np.ones(1))
    scaled, drawn = outer(tf.ones(1))
    assert (scaled, drawn) == (found["scaled"], found["drawn"])
    assert sha256(variables) != before


def test_what_no_second_run_could_know_is_refused():
    iterator = iter(tf.data.Dataset.range(9))

    @tf.function
    def inner():
        return tf.random.uniform([1])

    @tf.function(input_signature=[tf.TensorSpec([None])])
    def function(x):
        tf.add(x, tf.random.uniform([1]), name="random")
        tf.add(x, inner(), name="random_inside")
        tf.identity(next(iterator), name="advancing")
        return tf.add(x, 1.0, name="plain")

    nodes = Nodes(function)
    for name, message in (
        ("random", "random cannot be looked at: random_uniform/RandomUniform draws"),
        ("random_inside", "draws other random numbers each time"),
        ("advancing", "iterator is a resource that is not a variable"),
    ):
        with pytest.raises(ConfigError, match=message):
            nodes.values(name, np.ones(1))
    assert nodes.values("plain", np.ones(1)) == 2
    assert next(iterator) == 0


def test_labels_beyond_the_classes():
    config = conv_net.Config()
    variables = conv_net.build(config, seed=0)
    network = network_of(conv_net, config, variables)
    step, _ = make_step(network, losses.softmax_cross_entropy, optimizers.SGD(0.1))
    with pytest.raises(DataError, match=r"cannot be computed: .* label value of 10 .* outside"):
        Nodes(step).values("gradients/weights/c1", values(2, 28, 28, 1), np.array([1, 10]))
