"""Formulas and stores refuse what does not fit in a sentence, and take what numpy gives."""

import numpy as np
import pytest
import tensorflow as tf

from lowlevel import gradients, initializers, losses, metrics, nets, optimizers, schedules, seeds
from lowlevel.average_precision import AveragePrecision
from lowlevel.checks import ConfigError, DataError, LowlevelError
from lowlevel.nets import bottle_autoencoder, digit_autoencoder, mish_net, mlp
from lowlevel.variables import VariableStore, assign

INTEGERS = [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64]
LOGITS = np.array([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]])


@pytest.mark.parametrize("dtype", INTEGERS)
def test_labels_of_any_integer_type(dtype):
    labels = np.array([2, 1], dtype)
    for smoothing in (0, 0.1):
        np.testing.assert_array_equal(
            losses.softmax_cross_entropy(labels, LOGITS, smoothing),
            losses.softmax_cross_entropy([2, 1], tf.constant(LOGITS, tf.float32), smoothing),
        )
    np.testing.assert_array_equal(metrics.is_correct(labels, LOGITS), [True, False])
    np.testing.assert_array_equal(metrics.is_correct(labels.tolist(), LOGITS.tolist()), [1, 0])


@pytest.mark.parametrize("smoothing", [0, 0.1])
@pytest.mark.parametrize(
    ("labels", "logits", "message"),
    [
        ([2], LOGITS, "a whole number for each row"),  # it would be taken for both rows
        ([0, 1, 2], LOGITS, "a whole number for each row"),
        (2, LOGITS[0, 0], "a whole number for each row"),
        ([0, 1], LOGITS[:, :0], "a column for each class"),
        ([[2], [1]], LOGITS, r"drop the last axis: labels\[:, 0\]\.$"),
        ([[0, 0, 1], [0, 1, 0]], LOGITS, r"of one-hot rows, take the argmax\.$"),
        ([2.0, 1.0], LOGITS, r"cast them to int\.$"),
        (LOGITS, [2, 1], r"labels come first, then logits\.$"),
        ([0, 1], 0.5, r"not int32 \(2,\)\.$"),
        ([0, 3], LOGITS, "a batch cannot be computed: .*3"),
        ([0, 2**32], LOGITS, "a batch cannot be computed: .*4294967296"),
        (np.array([0, 2**64 - 1], np.uint64), LOGITS, "a batch cannot be computed: .*-1"),
    ],
)
def test_labels_that_do_not_fit(labels, logits, message, smoothing):
    with pytest.raises(DataError, match=message):
        losses.softmax_cross_entropy(labels, logits, smoothing)


@pytest.mark.parametrize(
    "function",
    [
        losses.softmax_cross_entropy,
        losses.sigmoid_cross_entropy,
        losses.mean_squared_error,
        metrics.is_correct,
        metrics.is_correct_binary,
        metrics.absolute_error,
    ],
)
@pytest.mark.parametrize(
    "wrong",
    [
        None,
        "a",
        [[1], [1, 2]],
        np.ones(2, complex),
        np.ones(2, object),
        np.ma.masked_array([0, 1], [True, False]),
    ],
    ids=repr,
)
def test_what_is_not_numbers(function, wrong):
    for pair in ((wrong, [1.0, 2.0]), ([0, 1], wrong)):
        with pytest.raises(LowlevelError):
            function(*pair)


@pytest.mark.parametrize("outputs", [1.0, np.ones((2, 0))])
def test_an_error_of_no_numbers(outputs):
    with pytest.raises(DataError, match="outputs must be numbers"):
        losses.mean_squared_error(outputs, outputs)


@pytest.mark.parametrize(
    ("values", "weights"), [([1.0, 2.0], [1, 2, 3]), ([1.0, 2.0], [1, -1]), ("a", 1), ([None], 1)]
)
def test_a_mean_of_what_does_not_fit(values, weights):
    with pytest.raises(DataError, match=r"^(values|weights) "):
        metrics.Mean().update(values, weights)


@pytest.mark.parametrize("limit", [0, -1.0, float("nan"), float("inf"), "a", None])
@pytest.mark.parametrize(
    "clip", [gradients.clip_by_value, gradients.clip_by_norm, gradients.clip_by_global_norm]
)
def test_a_limit_out_of_range(clip, limit):
    with pytest.raises(ConfigError, match="the limit of gradients must be a number"):
        clip({"a": tf.ones([2])}, limit)


@pytest.mark.parametrize("shape", [(0, 3), (-1, 3), (2.5, 3), ("a", 3), (None, 3), (True, 3), 5])
def test_what_is_no_shape(shape):
    for initializer in (
        initializers.glorot_uniform,
        initializers.embedding_uniform,
        initializers.zeros,
        initializers.ones,
    ):
        with pytest.raises(ConfigError, match="needs a shape of whole numbers above 0"):
            initializer(shape, [1, 2])


def test_a_vector_has_no_inputs_and_outputs():
    with pytest.raises(ConfigError, match="no inputs and outputs to initialize it by"):
        VariableStore(0).add_weights("scale", (3,))


@pytest.mark.parametrize("seed", [None, 1, [1, 2, 3], [1.0, 2.0], "ab"])
def test_what_is_no_seed(seed):
    for function in (
        lambda: initializers.he_normal((2, 3), seed),
        lambda: seeds.fold(seed, "block1"),
    ):
        with pytest.raises(ConfigError, match="a seed must be two whole numbers"):
            function()


@pytest.mark.parametrize("step", [tf.constant(1.5), tf.constant([1, 2])])
def test_what_is_no_step_of_a_seed(step):
    with pytest.raises(ConfigError, match="the step of a seed"):
        seeds.derive(0, "order", step)


def test_what_is_no_purpose_of_a_seed():
    for function in (lambda: seeds.derive(0, None), lambda: seeds.fold([1, 2], b"block1")):
        with pytest.raises(ConfigError, match="the purpose of a seed must be a name"):
            function()


@pytest.mark.parametrize(
    ("boundaries", "rates"),
    [([2.5], [1, 2]), ([-5], [1, 2]), (["a"], [1, 2]), ([2**40], [1, 2]), (5, [1, 2]), ([5], None)],
)
def test_boundaries_that_are_not_steps(boundaries, rates):
    with pytest.raises(ConfigError, match="boundar"):
        schedules.piecewise(boundaries, rates)


def test_a_schedule_of_numbers():
    schedule = schedules.piecewise(np.array([5, 9]), np.array([3.0, 2.0, 1.0]))
    assert [float(schedule(step)) for step in (5, 6, 10)] == [3, 2, 1]


def test_a_warm_up_of_no_schedule():
    with pytest.raises(ConfigError, match="a warm-up needs a schedule"):
        schedules.warm_up(0.1, 5)


def test_nesterov_is_a_choice():
    with pytest.raises(ConfigError, match="nesterov must be True or False"):
        optimizers.Momentum(0.1, nesterov="no")


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (optimizers.Adam, "Adam takes learning_rate, .*: missing a required argument"),
        (lambda: optimizers.Nadam(lr=0.1), "Nadam takes no 'lr': it is learning_rate"),
        (lambda: optimizers.SGD(0.1, momentum=0.9), r"SGD takes no 'momentum': Momentum\("),
        (lambda: optimizers.SGD(clipnorm=1), "SGD takes no 'clipnorm': clip by compile"),
        (lambda: nets.make("mlp", image_shape=(4, 4, 1)), r"no 'image_shape': .*conv_net.Config\("),
        (lambda: VariableStore(0).add_biases("d1", (12,)), "takes a number, such as 12, not"),
    ],
)
def test_arguments_of_another_library(function, message):
    with pytest.raises(ConfigError, match=message):
        function()


def test_variables_that_were_not_made():
    with pytest.raises(KeyError, match="there are no biases of 'd1'; add_biases makes them"):
        VariableStore(0).biases["d1"]


def test_a_bool_is_no_number():
    with pytest.raises(ConfigError, match="the learning rate must be a number"):
        optimizers.SGD(True)


RULES = [
    optimizers.SGD,
    optimizers.Momentum,
    optimizers.RMSprop,
    optimizers.Adam,
    optimizers.Nadam,
    optimizers.Muon,
]


def build(rule):
    store = VariableStore(0)
    store.add_weights("d1", (2, 3))
    optimizer = rule(0.1)
    optimizer.build(store.trainable())
    return optimizer, store.trainable()


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("gradient", [tf.ones([3]), tf.ones([2, 3], tf.int32), None, "a"], ids=repr)
def test_a_gradient_that_does_not_fit(rule, gradient):
    """A row of 3 would be broadcast to two rows."""
    optimizer, trainable = build(rule)
    message = r"the gradient of weights/d1 must be float32 \[2, 3\], not "
    with pytest.raises(ConfigError, match=message):
        optimizer.apply({"weights/d1": gradient}, trainable, tf.constant(0))


@pytest.mark.parametrize("rule", RULES)
def test_a_gradient_from_numpy(rule):
    results = []
    for gradient in (np.ones((2, 3)), tf.ones([2, 3])):
        optimizer, trainable = build(rule)
        optimizer.apply({"weights/d1": gradient}, trainable, tf.constant(0))
        results.append(trainable["weights/d1"].numpy())
    np.testing.assert_array_equal(*results)


def test_an_optimizer_that_is_not_built():
    _, trainable = build(optimizers.SGD)
    with pytest.raises(ConfigError, match="build the optimizer for weights/d1"):
        optimizers.Adam(0.1).apply({"weights/d1": tf.ones([2, 3])}, trainable, tf.constant(0))


def test_sizes_from_numpy():
    store = VariableStore(0)
    store.add_weights("d1", (np.int64(2), np.uint8(3)))
    store.add_biases("d1", np.int64(3))
    config = mlp.Config(num_classes=np.max([2, 4]))
    network = nets.make("mlp", config)
    assert network(np.zeros((1, 28, 28, 1))).shape == [1, 4]


def test_bytes_are_no_images():
    """Cast as they are, they train badly, and nothing says why."""
    with pytest.raises(DataError, match="not uint8: divide bytes by 255"):
        nets.make("mlp")(np.ones((1, 28, 28, 1), np.uint8))


@pytest.mark.parametrize("shape", [(2, 14, 56, 1), (2, 784), (28, 28, 1)])
def test_images_of_another_shape(shape):
    """Flattened, some of them would have as many numbers."""
    with pytest.raises(DataError, match=r"images must be \(None, 28, 28, 1\), not "):
        nets.make("mlp")(tf.ones(shape))


@pytest.mark.parametrize("name", [None, 3, ""])
def test_a_layer_without_a_name(name):
    with pytest.raises(ConfigError, match="a layer needs a name"):
        VariableStore(0).add_biases(name, 3)


@pytest.mark.parametrize("initializer", [None, "glorot", lambda shape, seed: tf.ones([3])])
def test_what_is_no_initializer(initializer):
    with pytest.raises(ConfigError, match="the initializer of weights/d1 must "):
        VariableStore(0).add_weights("d1", (2, 3), initializer)


def test_an_initializer_from_numpy():
    store = VariableStore(0)
    store.add_weights("d1", (2, 3), lambda shape, seed: np.ones(shape))
    assert store.weights["d1"].dtype == tf.float32


@pytest.mark.parametrize(
    "value",
    [
        "a",
        [[1, 2, 3], [4, 5]],
        np.ones((2, 3), complex),
        np.ones((2, 3), object),
        np.full((2, 3), 1e300),
        np.ma.masked_array(np.ones((2, 3)), True),
    ],
    ids=repr,
)
def test_weights_that_do_not_fit(value):
    _, trainable = build(optimizers.SGD)
    with pytest.raises(ConfigError, match="weights/d1"):
        assign(trainable, {"weights/d1": value})


@pytest.mark.parametrize("boxes", [np.ones((1, 4), complex), np.ma.masked_array([[0, 0, 1, 1]])])
def test_boxes_that_are_not_numbers(boxes):
    with pytest.raises(DataError, match="the boxes of objects must "):
        AveragePrecision(2).update(boxes, [0], [], [], [])


@pytest.mark.parametrize("config", [3, {}, mish_net.Config()], ids=repr)
def test_the_config_of_another_network(config):
    for make in (
        lambda: nets.make("mlp", config),
        lambda: bottle_autoencoder.Config(encoder=config),
        lambda: digit_autoencoder.Config(decoder=config),
        lambda: mish_net.Config(block=config),
    ):
        with pytest.raises(ConfigError, match=r"must be a \w+\.\w*Config, not "):
            make()
