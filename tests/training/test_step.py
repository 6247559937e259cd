"""The step: the formula by hand, what it leaves alone, what it refuses, how often it compiles."""

import numpy as np
import pytest
import tensorflow as tf

from lowlevel import losses, metrics, nets, optimizers, seeds
from lowlevel.checks import ConfigError, DataError
from lowlevel.data.examples import Arrays
from lowlevel.inspection import retracing
from lowlevel.nets.network import Network
from lowlevel.training import tasks
from lowlevel.training.compiled import Compiled
from lowlevel.training.state import TrainingState
from lowlevel.training.step import build_eval_step
from lowlevel.training.steps import Steps
from lowlevel.variables import VariableStore
from tests.comparison import values
from tests.steps import make_step, with_forward

ROWS = tf.TensorSpec([None, 3], tf.float32)
NUMBERS = tf.TensorSpec([None], tf.float32)
X, T = values(5, 3), values(5, seed=1)
WEIGHTS = np.array([0.5, 2, 0, 1, 3], np.float32)


def linear():
    """X @ w + b, and a moving average of the inputs as its state."""
    store = VariableStore(0)
    store.add_weights("out", (3, 1))
    store.add_biases("out", 1)
    store.add_state("norm/mean", (3,))

    def forward(x, training=False, seed=None):
        y = tf.squeeze(x @ store.weights["out"] + store.biases["out"], 1)
        mean = 0.9 * store.state["norm/mean"] + 0.1 * tf.reduce_mean(x, 0)
        return (y, {"norm/mean": mean}) if training else y

    return Network(forward, store, ROWS)


def step_of(network, loss=losses.mean_squared_error, **options):
    return make_step(network, loss, optimizers.SGD(0.1), NUMBERS, **options)


def numbers_of(network):
    return {name: variable.numpy() for name, variable in network.variables.all().items()}


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["plain", "weighted"])
def test_a_step_is_gradient_descent_on_the_mean_loss(weights):
    network = linear()
    w, b = network.variables.weights["out"].numpy()[:, 0], network.variables.biases["out"].numpy()
    step, state = step_of(network, metrics={"mae": metrics.absolute_error}, weighted=True)
    factors = np.ones(5, np.float32) if weights is None else weights
    returned = step(X, T, factors)

    error = X @ w + b - T  # before the update
    np.testing.assert_allclose(returned["loss"], factors * error**2, rtol=1e-5)
    np.testing.assert_allclose(returned["mae"], np.abs(error), rtol=1e-5)  # has no weights
    slope = 2 * factors * error / 5  # of the mean, which divides by the examples, not the weights
    after = numbers_of(network)
    np.testing.assert_allclose(after["weights/out"][:, 0], w - 0.1 * slope @ X, rtol=1e-5)
    np.testing.assert_allclose(after["biases/out"], b - 0.1 * slope.sum(), rtol=1e-5)
    np.testing.assert_allclose(after["state/norm/mean"], 0.1 * X.mean(0), rtol=1e-5)
    assert int(state.step) == 1


def test_metrics_come_as_float32_for_each_example():
    network = nets.make("mlp", nets.get("mlp").Config((2, 2, 1), 3, (4,)))
    step, _ = make_step(
        network,
        losses.softmax_cross_entropy,
        optimizers.SGD(0.1),
        metrics={"accuracy": metrics.is_correct},
    )
    returned = step(values(6, 2, 2, 1), np.array([0, 1, 2, 0, 1, 2], np.int32))
    assert {name: (v.dtype.name, v.shape.as_list()) for name, v in returned.items()} == {
        "loss": ("float32", [6]),
        "accuracy": ("float32", [6]),
    }
    assert set(returned["accuracy"].numpy()) <= {0, 1}


def test_a_short_batch_is_not_traced_again():
    step, state = step_of(linear())
    with retracing.watch(step) as traces:
        for count in (5, 2, 1, 5):
            assert step(X[:count], T[:count])["loss"].shape == [count]
    traces.assert_once(step)
    assert int(state.step) == 4


@pytest.mark.parametrize(
    "frozen, changed",
    [("norm", {"weights/out", "biases/out"}), ("out", {"state/norm/mean"})],
)
def test_what_is_frozen_is_left_alone(frozen, changed):
    network = linear()
    network.variables.freeze(frozen)
    before = numbers_of(network)
    step, _ = step_of(network)
    step(X, T)
    after = numbers_of(network)
    assert {name for name in after if not np.array_equal(before[name], after[name])} == changed


def test_each_step_has_its_own_seed():
    network, seen = linear(), []
    forward = network.forward

    def watch(x, training=False, seed=None):
        seen.append(seed)
        return forward(x, training)

    step, state = step_of(with_forward(network, watch), seed=7)
    run_eagerly = step.python_function
    for made in range(2):
        assert int(state.step) == made
        run_eagerly(tf.constant(X), tf.constant(T))
        np.testing.assert_array_equal(seen[-1], seeds.derive(7, "forward", made))
    assert not np.array_equal(seen[0], seen[1])


def test_evaluation_changes_nothing():
    network = linear()
    before = numbers_of(network)
    task = tasks.Task(losses.mean_squared_error, {"mae": metrics.absolute_error})
    returned = build_eval_step(network, task, [ROWS, NUMBERS, NUMBERS])(X, T, WEIGHTS)
    error = (X @ before["weights/out"])[:, 0] + before["biases/out"] - T
    np.testing.assert_allclose(returned["loss"], WEIGHTS * error**2, rtol=1e-5)
    np.testing.assert_allclose(returned["mae"], np.abs(error), rtol=1e-5)
    np.testing.assert_equal(numbers_of(network), before)


def test_the_loss_of_training_is_not_that_of_evaluation():
    task = tasks.Task(losses.mean_squared_error, training_loss=metrics.absolute_error)
    steps, examples = steps_of(linear(), task), Arrays(X, T)
    squared, absolute = steps.evaluate(examples)(X, T), steps.train(examples)(X, T)
    np.testing.assert_allclose(squared["loss"], absolute["loss"] ** 2, rtol=1e-5)


def no_new_state(forward):
    return lambda x, training=False, seed=None: forward(x)


def empty_state(forward):
    return lambda x, training=False, seed=None: (forward(x), {})


def old_state(network):
    return lambda x, training=False, seed=None: (network(x), dict(network.variables.state))


def no_bias(network):
    store = network.variables

    def forward(x, training=False, seed=None):
        return tf.squeeze(x @ store.weights["out"], 1), {"norm/mean": tf.zeros(3)}

    return forward


REFUSED_FORWARDS = {
    "outputs alone": (no_new_state, r"forward must return outputs and a dict of new state"),
    "no state": (
        empty_state,
        r"norm/mean: forward returns no new value for it; pass training=True",
    ),
    "the old state": (old_state, r"would never change the state norm/mean"),
    "a variable without effect": (no_bias, r"the loss does not depend on biases/out\."),
}


@pytest.mark.parametrize("name", REFUSED_FORWARDS)
def test_refused_forwards(name):
    change, message = REFUSED_FORWARDS[name]
    network = linear()
    before = numbers_of(network)
    step, state = step_of(with_forward(network, change(network)))
    with pytest.raises(ConfigError, match=message):
        step(X, T)
    np.testing.assert_equal(numbers_of(network), before)
    assert int(state.step) == 0


@pytest.mark.parametrize(
    "loss, shape",
    [
        (lambda t, y: tf.reduce_mean(tf.square(t - y)), r"\(\)"),
        (lambda t, y: tf.square(t - y)[:, tf.newaxis], r"\(None, 1\)"),
    ],
    ids=["one number", "a column"],
)
def test_a_loss_is_one_number_for_each_example(loss, shape):
    message = rf"a loss must be one number for each example, \[batch\], not {shape}"
    step, _ = step_of(linear(), loss)
    with pytest.raises(ConfigError, match=message):
        step(X, T)
    evaluate = build_eval_step(linear(), tasks.Task(loss), [ROWS, NUMBERS])
    with pytest.raises(ConfigError, match=message):
        evaluate(X, T)


def test_evaluation_refuses_what_training_expects():
    network = linear()
    always = with_forward(network, lambda x: network.forward(x, training=True))
    evaluate = build_eval_step(always, tasks.Task(losses.mean_squared_error), [ROWS, NUMBERS])
    with pytest.raises(ConfigError, match="must return outputs alone when it does not train"):
        evaluate(X, T)


def steps_of(network, task):
    optimizer = optimizers.SGD(0.1)
    state = TrainingState(network.variables, optimizer, task.metric_names)
    return Steps(network, task, state, Compiled(0, optimizer, lambda gradients: gradients))


def test_steps_compile_once_for_each_form():
    steps = steps_of(linear(), tasks.Task(losses.mean_squared_error))
    plain, weighted = Arrays(X, T), Arrays(X, T, WEIGHTS)
    for of in (steps.train, steps.evaluate):
        assert of(plain) is of(Arrays(X[:2], T[:2]))
        assert of(weighted) is of(weighted)
        assert of(plain) is not of(weighted)
        assert of(Arrays(X, np.arange(5))) is not of(plain)
    assert steps.train(plain) is not steps.evaluate(plain)


def test_freezing_compiles_anew_and_thawing_what_was_frozen_at_first_is_refused():
    network = linear()
    network.variables.freeze("norm")
    steps = steps_of(network, tasks.regression())
    first = steps.train(Arrays(X, T))
    network.variables.freeze("out")
    assert steps.train(Arrays(X, T)) is not first
    network.variables.unfreeze("out")
    assert steps.train(Arrays(X, T)) is first

    network.variables.freeze("out")
    steps = steps_of(network, tasks.regression())
    network.variables.unfreeze("out")
    with pytest.raises(ConfigError, match="compile again: biases/out, weights/out was frozen"):
        steps.train(Arrays(X, T))


@pytest.mark.parametrize("inputs", [values(5, 4), values(5, 3, 1), np.arange(15).reshape(5, 3)])
def test_inputs_of_another_form(inputs):
    steps = steps_of(linear(), tasks.regression())
    for of in (steps.train, steps.evaluate):
        with pytest.raises(DataError, match=r"the network takes float32 \(None, 3\), not .*\(None"):
            of(Arrays(inputs, T))
    with pytest.raises(DataError, match="the network takes"):
        steps.train(Arrays({"x": X}, T))


def test_targets_of_another_form():
    config = nets.get("mlp").Config((2, 2, 1), 3, (4,))
    steps = steps_of(nets.make("mlp", config), tasks.classification())
    images = values(5, 2, 2, 1)
    for targets in (T, np.zeros((5, 3), np.int32)):
        for of in (steps.train, steps.evaluate):
            with pytest.raises(DataError, match=r"targets must be int32 \(None,\), not"):
                of(Arrays(images, targets))
    labels = Arrays(images, np.array([0, 1, 2, 0, 1], np.uint8))
    inputs, targets = next(iter(labels.batches(5)))
    assert steps.train(labels)(inputs, targets)["loss"].shape == [5]
