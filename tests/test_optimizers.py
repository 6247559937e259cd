"""Optimizers equal Keras's over many steps, with a rate that changes."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from lowlevel import optimizers, schedules
from lowlevel.checks import ConfigError
from lowlevel.inspection import retracing
from lowlevel.variables import sha256
from tests.comparison import values

STEPS = 100
PAIRS = {
    "sgd": (optimizers.SGD, keras.optimizers.SGD, {}),
    "momentum": (optimizers.Momentum, keras.optimizers.SGD, {"momentum": 0.8}),
    "nesterov": (optimizers.Momentum, keras.optimizers.SGD, {"momentum": 0.8, "nesterov": True}),
    "rmsprop": (optimizers.RMSprop, keras.optimizers.RMSprop, {"rho": 0.8}),
    "adam": (optimizers.Adam, keras.optimizers.Adam, {"beta_1": 0.8, "beta_2": 0.95}),
    "nadam": (optimizers.Nadam, keras.optimizers.Nadam, {"beta_1": 0.8, "beta_2": 0.95}),
    "sgd, decay": (optimizers.SGD, keras.optimizers.SGD, {"weight_decay": 0.3}),
    "nesterov, decay": (
        functools.partial(optimizers.Momentum, nesterov=True),
        functools.partial(keras.optimizers.SGD, momentum=0.9, nesterov=True),
        {"weight_decay": 0.3},
    ),
    "adam, decay": (optimizers.Adam, keras.optimizers.Adam, {"weight_decay": 0.3}),
    "nadam, decay": (optimizers.Nadam, keras.optimizers.Nadam, {"weight_decay": 0.3}),
    "muon": (
        optimizers.Muon,
        functools.partial(keras.optimizers.Muon, weight_decay=None, adam_weight_decay=None),
        {"momentum": 0.9},
    ),
    "muon, decay": (
        optimizers.Muon,
        functools.partial(keras.optimizers.Muon, adam_weight_decay=0.3),
        {"weight_decay": 0.3},
    ),
}


def compile_step(optimizer, trainable, step):
    @tf.function
    def apply(gradients):
        optimizer.apply(gradients, trainable, step)
        step.assign_add(1)

    return apply


@pytest.mark.parametrize("scale", [1, 1e-7], ids=["large", "near Adam's epsilon"])
@pytest.mark.parametrize("name", PAIRS)
def test_many_steps_equal_keras(name, scale):
    scale = np.float32(scale)
    ours_class, keras_class, settings = PAIRS[name]
    ours = ours_class(schedules.cosine(0.1, STEPS), **settings)
    theirs = keras_class(keras.optimizers.schedules.CosineDecay(0.1, STEPS), **settings)
    trainable = {"weights/a": tf.Variable(values(7, 3)), "biases/a": tf.Variable(values(3))}
    keras_variables = [keras.Variable(variable.numpy()) for variable in trainable.values()]
    ours.build(trainable)
    theirs.exclude_from_weight_decay([keras_variables[1]])  # the bias
    theirs.build(keras_variables)
    apply = compile_step(ours, trainable, tf.Variable(0, dtype=tf.int64))
    apply_theirs = tf.function(lambda *gradients: theirs.apply(gradients))
    with retracing.watch(apply) as traces:
        for step in range(STEPS):
            gradients = [scale * values(7, 3, seed=step), scale * values(3, seed=-step % 1000)]
            gradients = [tf.constant(gradient) for gradient in gradients]
            apply(dict(zip(trainable, gradients, strict=True)))
            apply_theirs(*gradients)
    traces.assert_once(apply)
    for variable, keras_variable in zip(trainable.values(), keras_variables, strict=True):
        # Rounding of many updates, each at most 0.1.
        np.testing.assert_allclose(variable, keras_variable, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["sgd", "momentum", "nesterov", "adam"])
def test_fused_ops_end_with_the_bits_of_the_formula(name):
    def train(assign_update):
        optimizer = optimizers.by_name(name, schedules.cosine(0.1, STEPS), weight_decay=0.01)
        if assign_update is not None:
            optimizer.assign_update = functools.partial(assign_update, optimizer)
        trainable = {"weights/a": tf.Variable(values(37, 3)), "biases/a": tf.Variable(values(3))}
        optimizer.build(trainable)
        apply = compile_step(optimizer, trainable, tf.Variable(0, dtype=tf.int64))
        for step in range(STEPS):
            scale = np.float32(10.0 ** (step % 9 - 7))
            gradients = [scale * values(37, 3, seed=step), scale * values(3, seed=step + 1)]
            apply(dict(zip(trainable, map(tf.constant, gradients), strict=True)))
        return sha256(trainable | optimizer.slots)

    assert type(optimizers.by_name(name, 0.1)).assign_update != optimizers.Optimizer.assign_update
    assert train(None) == train(optimizers.Optimizer.assign_update)


def test_a_rule_of_ones_own_is_not_assigned_by_the_ops_of_adam():
    class Half(optimizers.Adam):
        def update(self, variable, gradient, slots, alpha):
            return variable / 2, slots

    trainable = {"weights/a": tf.Variable([8.0])}
    optimizer = Half(0.1)
    optimizer.build(trainable)
    optimizer.apply({"weights/a": tf.constant([1.0])}, trainable, 0)
    assert trainable["weights/a"].numpy() == [4.0]


def test_muon_takes_a_kernel_as_a_matrix():
    kernel, gradient = values(3, 3, 4, 5), values(3, 3, 4, 5, seed=1)
    moved = {}
    for shape in [(3, 3, 4, 5), (36, 5)]:
        trainable = {"weights/c1": tf.Variable(kernel.reshape(shape))}
        optimizer = optimizers.Muon(0.1)
        optimizer.build(trainable)
        assert list(optimizer.slots) == ["m/weights/c1"]
        optimizer.apply({"weights/c1": tf.constant(gradient.reshape(shape))}, trainable, 0)
        moved[shape] = trainable["weights/c1"].numpy().ravel()
    np.testing.assert_array_equal(*moved.values())
    step = (kernel.ravel() - moved[36, 5]).reshape(36, 5)
    singular_values = np.linalg.svd(step, compute_uv=False) / (0.1 * 0.2 * 6)  # 6: root of 36
    assert ((singular_values > 0.6) & (singular_values < 1.3)).all()


def test_muon_leaves_the_rest_to_adam():
    shapes = {"weights/embedding": [9, 4], "weights/positions": [9, 4], "biases/d1": [4]}
    ends = {}
    for rule in (optimizers.Muon, optimizers.Adam):
        trainable = {name: tf.Variable(values(*shape)) for name, shape in shapes.items()}
        optimizer = rule(0.1)
        optimizer.build(trainable)
        for step in range(3):
            gradients = {
                name: tf.constant(values(*shape, seed=step)) for name, shape in shapes.items()
            }
            optimizer.apply(gradients, trainable, step)
        ends[rule] = sha256(trainable | optimizer.slots)
    assert ends[optimizers.Muon] == ends[optimizers.Adam]


@pytest.mark.parametrize("name", optimizers.NAMES)
def test_finds_the_minimum_of_a_bowl(name):
    optimizer = optimizers.by_name(name, 0.05)
    trainable = {"weights/a": tf.Variable([3.0, -2.0])}
    optimizer.build(trainable)
    step = tf.Variable(0, dtype=tf.int64)
    apply = compile_step(optimizer, trainable, step)
    for _ in range(400):
        apply({"weights/a": 2 * (trainable["weights/a"] - [1.0, 0.5])})
    np.testing.assert_allclose(trainable["weights/a"], [1.0, 0.5], atol=1e-3)
    assert int(step) == 400


def test_decay_spares_biases_and_the_vectors_of_norms():
    trainable = {"weights/c1": tf.Variable([[1.0]]), "weights/bn1": tf.Variable([1.0])}
    trainable["biases/c1"] = tf.Variable([1.0])
    optimizer = optimizers.SGD(0.5, weight_decay=0.2)
    gradients = {name: tf.zeros_like(variable) for name, variable in trainable.items()}
    optimizer.apply(gradients, trainable, tf.constant(0))
    assert [float(tf.squeeze(variable)) for variable in trainable.values()] == [
        pytest.approx(0.9),
        1,
        1,
    ]


def test_slots_carry_the_names_of_their_variables():
    optimizer = optimizers.Adam(0.1)
    optimizer.build({"weights/c1": tf.Variable([1.0])})
    assert list(optimizer.slots) == ["m/weights/c1", "v/weights/c1"]


def test_a_gradient_without_a_variable():
    optimizer = optimizers.SGD(0.1)
    with pytest.raises(ConfigError, match="weights/b"):
        optimizer.apply({"weights/b": tf.constant(1.0)}, {}, tf.constant(0))


@pytest.mark.parametrize(
    "make",
    [
        lambda: optimizers.SGD(-0.1),
        lambda: optimizers.Momentum(0.1, momentum=1.0),
        lambda: optimizers.Adam(0.1, beta_1=1.5),
        lambda: optimizers.by_name("adagrad", 0.1),
        lambda: optimizers.RMSprop(0.1, rho=1.0),
        lambda: optimizers.Adam(0.1, weight_decay=-1),
    ],
)
def test_impossible_arguments(make):
    with pytest.raises(ConfigError):
        make()
