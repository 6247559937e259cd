"""Planted differences between a network and its Keras twin: each is found, and named."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from lowlevel import losses, ops, optimizers
from lowlevel.checks import ConfigError, DataError
from lowlevel.cli import carrying, our_side
from lowlevel.inspection import comparison, twin, update_causes
from lowlevel.inspection.layer_again import results
from lowlevel.inspection.other_step import OtherStep, fits
from lowlevel.model import Model
from lowlevel.training.recipe import Recipe
from tests.comparison import values
from tests.scripts import port, tools

layers = keras.layers
RECIPE = Recipe(learning_rate=1e-3)
STEPS = 2


@pytest.fixture(scope="module")
def script():
    return tools.load("compare_with_keras.py")


@pytest.fixture(scope="module")
def here():
    """Our network's variables as they were, and its batches and steps."""
    network = port.ours()
    our_side.vary(network, seed=0)
    before = {name: tf.Variable(value) for name, value in network.variables.all().items()}
    batches = our_side.make_batches(network, 6, STEPS, seed=0)
    prediction = network(batches[0][0]).numpy()
    return before, batches, our_side.train(network, RECIPE, batches), prediction


@pytest.fixture
def beside(script, here):
    """Compares with a Keras model; `change` alters its weights once they are carried over."""

    def compare(model, optimizer=None, change=None, count=1):
        before, batches, steps, prediction = here
        named = script.layers_of(keras, model)
        pairs = carrying.match(named, before)
        carrying.carry(pairs, before, carrying.TO_THEM)
        if change:
            change(model)
        optimizer = optimizer or keras.optimizers.Adam(1e-3)
        predictions = prediction, model(batches[0][0], training=False)
        theirs = [
            script.training_step(model, named, pairs, batch, optimizer) for batch in batches[:count]
        ]
        return twin.compare(
            steps.step, steps.trace, theirs, RECIPE.make_optimizer, steps.losses, predictions
        )

    return compare


def test_equal_networks_are_equal(beside):
    found = beside(port.theirs(), count=STEPS)
    assert found.equal, str(found)
    assert [row.layer for row in found.rows] == [
        *("c1", "bn1", "c2", "pool1", "pool2", "d1", "d2", "ln", "out")
    ]
    assert str(found).endswith("Equal, up to the rounding of 32 bits.")
    assert "*" not in str(found)


PLANTED = {
    "epsilon": ({"epsilon": 1e-5}, "ln", "an epsilon of 1e-05 (here 0.001)"),
    "padding": ({"conv1": {"padding": "valid"}}, "c1", "valid padding (here same)"),
    "padding on both sides": (
        {"conv1": {"padding": "valid"}, "before": layers.ZeroPadding2D(1)},
        "c1",
        "equal padding on both sides, as in PyTorch",
    ),
    "stride": ({"conv1": {"strides": 1}}, "c1", "a stride of 1 (here 2)"),
    "training flag": ({"norm": port.Predicting}, "bn1", "a `training` flag that is False"),
    "frozen": ({"trainable": False}, "bn1", "or a frozen layer"),
    "divisor": ({"norm": port.DividedByLess}, "bn1", "divided by n - 1 (here n)"),
    "divisor of the average": (
        {"norm": port.AverageDividedByLess},
        "state/bn1/variance",
        "divided by n - 1 (here n)",
    ),
    "momentum": ({"momentum": 0.9}, "state/bn1/mean", "its momentum is 0.9 (here 0.99)"),
    "activation": ({"conv2": {"activation": "selu"}}, "c2", "SELU as its activation"),
    "no activation": ({"conv1": {"activation": None}}, "c1", "no activation"),
    "bias": ({"conv2": {"use_bias": False}}, "c2", "no bias: without biases/c2"),
    "pooling": ({"pool": layers.AveragePooling2D}, "pool1", "average pooling"),
    "transposed": ({"dense": port.TransposedDense}, "d2", "weights/d2 transposed"),
    "dropout": (
        {"between": lambda x: layers.Dropout(0.5)(x, training=True)},
        "d2",
        "dropout of a rate of 0.5 between d1 and d2",
    ),
    "something between": ({"between": layers.Activation("tanh")}, "d2", "tanh between d1 and d2"),
    "no gradient": ({"between": port.stop}, "d1", "no gradient arrives there"),
    "precision": (
        {"dense": lambda *sizes, **names: layers.Dense(*sizes, **names, dtype="mixed_bfloat16")},
        "d2",
        "computed in bfloat16",
    ),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_difference_is_named(beside, name):
    changes, where, words = PLANTED[name]
    found = beside(port.theirs(**changes))
    assert (found.first.name, len(found.first.causes)) == (where, 1), str(found)
    assert words in found.first.causes[0]


def test_one_mistake_does_not_hide_the_next(beside):
    def norm(**named):
        return port.AverageDividedByLess(epsilon=1e-4, momentum=0.9, **named)

    found = beside(port.theirs(norm=norm, conv2={"activation": "tanh"}, epsilon=1e-4))
    assert [(one.name, one.causes) for one in found.differences[:5]] == [
        ("bn1", ("an epsilon of 0.0001 (here 0.001)",)),
        ("c2", ("tanh as its activation",)),
        ("ln", ("an epsilon of 0.0001 (here 0.001)",)),
        ("state/bn1/mean", ("its momentum is 0.9 (here 0.99)",)),
        (
            "state/bn1/variance",
            ("its variance is divided by n - 1 (here n) and its momentum is 0.9 (here 0.99)",),
        ),
    ]
    assert "c2 differs by itself, in its activation." in str(found)


def test_batch_norms_epsilon(beside):
    found = beside(
        port.theirs(norm=lambda **named: layers.BatchNormalization(epsilon=1e-5, **named))
    )
    assert found.first.name == "bn1"
    assert found.first.causes == ("an epsilon of 1e-05 (here 0.001)",)


@pytest.mark.parametrize(
    ("optimizer", "where", "words"),
    [
        (lambda: keras.optimizers.Adam(1e-3, epsilon=1e-3), "step 1", "epsilon is 0.001"),
        pytest.param(
            *(lambda: keras.optimizers.Adam(1e-3, epsilon=1e-8), "step 1", "epsilon is 1e-08"),
            marks=pytest.mark.slow,
        ),
        (lambda: keras.optimizers.Adam(2e-3), "step 1", "the learning rate is 0.002 (here 0.001)"),
        (lambda: keras.optimizers.Adam(1e-3, beta_2=0.99), "step 1", "beta_2 is 0.99"),
        pytest.param(
            *(lambda: keras.optimizers.Nadam(1e-3), "step 1", "the rule is nadam"),
            marks=pytest.mark.slow,
        ),
        (lambda: keras.optimizers.AdamW(1e-3, weight_decay=0.01), "step 1", "weight_decay is 0.01"),
    ],
)
def test_another_optimizer_is_named(beside, optimizer, where, words):
    found = beside(port.theirs(), optimizer(), count=STEPS)
    assert where in found.first.part
    assert words in found.first.causes[0]


def test_the_epsilon_of_pytorchs_adam():
    """Whose root is corrected before epsilon is added."""
    weights, gradients = np.float32([0, 0.01]), np.float32([[1e-6, -2e-7], [1e-7, 0]])
    m = v = 0
    after = [weights]
    for t, gradient in enumerate(gradients, start=1):
        m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
        step = m / (1 - 0.9**t) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        after.append((after[-1] - 1e-3 * step).astype(np.float32))
    found = update_causes.of_optimizer(RECIPE.make_optimizer, weights, gradients, after[1:])
    assert found == ["epsilon, 1e-08, is added to the corrected root, as in PyTorch"]


def transpose(model):
    layer = model.get_layer("d2")
    layer.kernel.assign(keras.ops.transpose(layer.kernel))


def swap(model):
    layer = model.get_layer("bn1")
    layer.set_weights([layer.get_weights()[i] for i in (1, 0, 2, 3)])


@pytest.mark.parametrize(
    ("change", "where", "words"),
    [
        (transpose, "weights/d2", "it is transposed, its axes in the order (1, 0)"),
        (swap, "weights/bn1", "it is biases/bn1: the order of the weights"),
        (lambda model: model.get_layer("out").kernel.assign(tf.ones([16, 4])), "weights/out", None),
    ],
)
def test_misplaced_weights_are_named(beside, change, where, words):
    found = beside(port.theirs(), change=change)
    assert (found.first.name, found.first.part) == (where, "its value before the step")
    assert found.first.causes == (() if words is None else (words,))


def other_of(trace, **changes):
    """Our own step as another program's."""
    found = {name: part.value.array for name, part in results(trace).items()}
    return dataclasses.replace(OtherStep(found), **changes)


def test_the_page_holds_batch_norm_to_what_it_gives(here):
    _, _, steps, _ = here
    arrays = {name: part.value.array for name, part in results(steps.trace).items()}
    found = comparison.compare(steps.trace, arrays, "itself")
    assert (found["first"], len(found["rows"])) == (None, len(arrays))


def test_values_alone_are_enough(here):
    _, _, steps, _ = here
    same = other_of(steps.trace)
    assert twin.compare(steps.step, steps.trace, [same]).equal
    arrays = {name: part[0] for name, part in same.values.items()}
    tilted = OtherStep(arrays | {"d1": arrays["d1"] * 1.01})
    found = twin.compare(steps.step, steps.trace, [tilted])
    assert (found.first.name, found.first.part, found.first.causes) == ("d1", "its activation", ())
    assert "a fused kernel or a lower precision" in str(found)
    with pytest.raises(ConfigError, match="no layer there has the name of one here"):
        twin.compare(steps.step, steps.trace, [OtherStep({"conv2d": arrays["c1"]})])


def test_a_gradient_of_a_sum_and_a_loss(here):
    _, _, steps, _ = here
    variables = steps.trace.variables
    before = {name: found.before.array for name, found in variables.items()}
    gradients = {n: f.gradient.array * 6 for n, f in variables.items() if f.gradient is not None}
    other = other_of(steps.trace, before=before, gradients=gradients)
    found = twin.compare(steps.step, steps.trace, [other])
    assert "it is 6 times ours: a loss that is a sum" in found.first.causes[0]
    later = other_of(steps.trace, loss=steps.losses[0] + 0.01)
    found = twin.compare(steps.step, steps.trace, [later], losses=steps.losses)
    assert "step 1 differs first, in its loss." in str(found)
    wrong = np.zeros((6, 4)), np.ones((6, 4))
    found = twin.compare(steps.step, steps.trace, [other_of(steps.trace)], predictions=wrong)
    assert found.first.name == "the prediction"


def test_a_model_of_ones_own():
    network = port.ours()
    model = Model(network.forward, network.variables, network.input_spec)
    x, y = values(4, 12, 12, 2), np.zeros([4], np.int32)
    with pytest.raises(ConfigError, match="compile the model first"):
        twin.compare_model(model, x, y, {"c1": x})
    model.compile(optimizers.Adam(1e-3), losses.softmax_cross_entropy)
    w, b = network.variables.weights["c1"], network.variables.biases["c1"]
    arrays = {"c1": tf.nn.elu(ops.conv2d(x, w, b, stride=2)).numpy()}
    found = twin.compare_model(model, x, y, arrays)
    assert (found.first.name, found.first.causes) == ("c1", ("ELU as its activation",))
    with pytest.raises(DataError, match="c1 must hold real numbers"):
        twin.compare_model(model, x, y, {"c1": "text"})


@pytest.mark.parametrize(
    ("shape", "other", "right"),
    [
        ([4, 8, 3], [4, 24], True),
        ([4, 24], [4, 8, 3], True),
        ([2, 3], [3, 2], False),
        ([4, 28, 28, 1], [4, 49, 16], False),
        ([4, 1], [4], True),
    ],
)
def test_shapes_that_fit(shape, other, right):
    assert fits(shape, other) == right
