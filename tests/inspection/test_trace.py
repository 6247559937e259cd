"""A trace of a training step: equal to what TensorFlow computes eagerly, and nothing is changed.

Tolerances: the step that trains fuses operations, the traced one is looked at between all of them;
they differ in the last bits of float32.
"""

import dataclasses
import functools

import numpy as np
import pytest
import tensorflow as tf

from lowlevel import losses, nets, ops, optimizers
from lowlevel.checks import ConfigError, DataError
from lowlevel.inspection import notebook, trace
from lowlevel.inspection.replay import Replay
from lowlevel.inspection.sampling import Kept
from lowlevel.model import Model
from lowlevel.nets import conv_net
from lowlevel.training.compiled import Compiled
from lowlevel.training.run import Run
from lowlevel.training.tasks import Task
from lowlevel.variables import VariableStore, sha256
from tests.comparison import assert_close, values
from tests.nets.test_conformance import inputs_of, make
from tests.steps import make_step, network_of

BATCH = 3
TOLERANCE = 1e-5  # of the largest entry


def of_outputs(targets, outputs):
    """A loss of any float outputs: their mean square from a target."""
    rows = [tf.reshape(part, [tf.shape(part)[0], -1]) for part in tf.nest.flatten(outputs)]
    return tf.add_n([tf.reduce_mean(tf.square(row - targets[:, None]), axis=1) for row in rows])


@functools.cache
def traced(name):
    net, config, store = make(name)
    if name == "leaky_net":  # for images of any size
        config = dataclasses.replace(config, image_shape=(12, 12, 3))
    network = network_of(net, config, store)
    floats = tf.TensorSpec([None], tf.float32)
    step, state = make_step(network, of_outputs, optimizers.Momentum(1e-2), floats)
    batch = inputs_of(net, config, BATCH), tf.constant(values(BATCH, seed=1))
    before = sha256(state.tensors())
    found = trace.of_step(step, store.all(), *batch)
    assert sha256(state.tensors()) == before
    assert step.experimental_get_tracing_count() == 1
    return found, step, state, batch


@pytest.mark.parametrize("name", nets.NETS)
def test_every_net_is_traced_and_the_step_then_does_what_was_foretold(name):
    found, step, state, batch = traced(name)
    assert found.replay.count > 20
    assert found.replay.largest < 1e-3  # of a sum in another order
    assert len(found.replay.differences) < 0.2 * found.replay.count
    assert set(found.variables) == set(state.variables.all())
    layers = found.by_layer()
    assert {variable.layer for variable in found.variables.values()} <= set(layers)
    trainable = state.variables.trainable()
    for key, variable in found.variables.items():
        assert (variable.gradient is not None) == (key in trainable)
        assert list(variable.slots) == ["velocity"] * (key in trainable)

    losses_then = step(*batch)["loss"].numpy()
    assert_close(found.losses, losses_then, TOLERANCE)
    for key, variable in state.variables.all().items():
        np.testing.assert_allclose(found.variables[key].after.array, variable, 1e-4, 1e-6)
    assert step.experimental_get_tracing_count() == 1


def test_activations_and_their_gradients_are_those_of_eager_ops():
    config = conv_net.Config((8, 8, 1), dropout_rate=0.0)
    store = conv_net.build(config, seed=0)
    step, _ = make_step(
        network_of(conv_net, config, store), losses.softmax_cross_entropy, optimizers.SGD(0.1)
    )
    images, labels = tf.constant(values(BATCH, 8, 8, 1)), tf.constant([1, 0, 4])
    found = trace.of_step(step, store.all(), images, labels)

    w, b = store.weights, store.biases
    with tf.GradientTape(persistent=True) as tape:
        c1 = ops.relu(ops.conv2d(images, w["c1"], b["c1"]))
        c2 = ops.relu(ops.conv2d(c1, w["c2"], b["c2"]))
        pool1 = ops.max_pool2d(c2, window=2)
        c3 = ops.relu(ops.conv2d(pool1, w["c3"], b["c3"]))
        c4 = ops.relu(ops.conv2d(c3, w["c4"], b["c4"]))
        pool2 = ops.max_pool2d(c4, window=2)
        d1 = ops.relu(ops.dense(ops.flatten(pool2), w["d1"], b["d1"]))
        logits = ops.dense(d1, w["out"], b["out"])
        loss = tf.reduce_mean(losses.softmax_cross_entropy(labels, logits))
    eager = {
        "c1/Relu": c1, "c2/Relu": c2, "pool1/MaxPool2d": pool1, "c3/Relu": c3, "c4/Relu": c4,
        "d1/Relu": d1, "out/BiasAdd": logits,
    }  # fmt: skip
    for name, value in eager.items():
        operation = found.operations[name]
        assert_close(operation.value.array, value, TOLERANCE)
        assert_close(operation.gradient.array, tape.gradient(loss, value), TOLERANCE)
    gradient = tape.gradient(loss, w["c3"])
    variable = found.variables["weights/c3"]
    assert_close(variable.gradient.array, gradient, TOLERANCE)
    assert_close(variable.update.array, -0.1 * gradient, 1e-3)  # a difference of large numbers
    np.testing.assert_array_equal(
        variable.update.array, variable.after.array - variable.before.array
    )


def test_in_parts_and_cut_the_numbers_stay_the_same():
    found, step, state, batch = traced("conv_net")
    few = trace.of_step(step, state.variables.all(), *batch, max_bytes=2**22, max_kept=2**12)
    for name, operation in few.operations.items():
        whole = found.operations[name].value
        cut = operation.value
        if cut.channels is None:
            assert cut.array.shape == whole.array.shape and cut.note == ""
            expected = whole.array
        else:
            assert cut.array.nbytes <= max(2**12, cut.array.nbytes // cut.array.shape[-1])
            assert cut.note == f"{len(cut.channels)} of {whole.array.shape[-1]} channels"
            expected = whole.array[..., cut.channels]
        assert cut.statistics.shape == whole.array.shape
        if name in ("c1/Relu", "c2/Conv2D"):  # before anything has learned from `traced`'s step
            assert cut.channels is not None
        assert expected.shape == cut.array.shape


def test_what_is_kept_of_an_array_and_the_spread_of_all_of_it():
    kept = Kept.of(np.arange(12.0).reshape(3, 4), 49)
    assert kept.channels == (0, 3)[: kept.array.shape[-1]]
    assert kept.statistics.mean == 5.5


def test_a_wrong_number_is_found_when_it_is_computed_again():
    _, step, _, _ = traced("conv_net")
    operation = step.get_concrete_function().graph.get_operation_by_name("c1/Relu")
    x = values(1, 2, 2, 16)
    replay, right = Replay(), {operation.inputs[0].name: x, "c1/Relu:0": np.maximum(x, 0)}
    replay.add(operation, right)
    assert (replay.count, replay.largest) == (1, 0)
    replay.add(operation, right | {"c1/Relu:0": np.maximum(x, 0) + np.float32(0.5)})
    assert replay.differences == {"c1/Relu": pytest.approx(0.5, rel=1e-6)}
    replay.add(operation, right | {"c1/Relu:0": np.full_like(x, np.nan)})
    assert replay.largest == np.inf
    assert "1 gave the same bits" not in str(replay) and "c1/Relu" in str(replay)


def test_a_function_of_ones_own_and_the_lines_that_wrote_it():
    store = VariableStore(seed=0)
    store.add_weights("mine", (4, 2))
    store.add_biases("mine", 2)

    def forward(inputs, training=False, seed=None):
        with tf.name_scope("mine"):
            logits = ops.dense(inputs * 2.0, store.weights["mine"], store.biases["mine"])
        return (logits, {}) if training else logits

    model = Model(forward, store, tf.TensorSpec([None, 4], tf.float32))
    model.compile(optimizers.Adam(1e-3), losses.softmax_cross_entropy)
    x, y = values(8, 4), np.arange(8, dtype=np.int32) % 2
    with pytest.raises(ConfigError, match="no data yet"):
        trace.of_run(model.run, x, y)
    model.fit(x, y, verbose=0)
    found = trace.of_run(model.run, x, y)
    np.testing.assert_array_equal(found.operations["mine/mul"].value.array, x * 2)
    line = found.operations["mine/mul"].source[0]
    assert line.file == __file__
    assert line.text.startswith("logits = ops.dense(inputs * 2.0")
    assert [part.text for part in found.operations["mine/MatMul"].source][-1] == line.text
    assert found.step == 1 and "mine: BiasAdd float32 8 x 2" in str(found)
    with pytest.raises(DataError):
        trace.of_run(model.run, x[:, :3], y)
    view = notebook.show(found)
    np.testing.assert_array_equal(view.arrays["mine/mul"], x * 2)
    assert {"gradients/mine/BiasAdd", "updates/weights/mine", "gradients/weights/mine"} <= {
        *view.arrays
    }
    assert "mine/mul" in str(view)


def test_bfloat16():
    network = nets.make("mlp", seed=0, precision="bfloat16")
    task = Task(losses.softmax_cross_entropy, {})
    run = Run(network, task, None, Compiled(0, optimizers.Adam(1e-3), lambda found: found))
    step, _ = make_step(network, losses.softmax_cross_entropy, optimizers.Adam(1e-3))
    found = trace.of_step(step, network.variables.all(), values(2, 28, 28, 1), np.array([1, 2]))
    relu = found.operations["d1/Relu"]
    assert relu.value.array.dtype == tf.bfloat16.as_numpy_dtype and relu.gradient is not None
    assert found.replay.count > 20 and run.state is not None
