"""Tasks: what each answers, which loss it trains on, which targets it takes, whose they are."""

import math

import numpy as np
import pytest
import tensorflow as tf

from lowlevel import losses, nets
from lowlevel.checks import ConfigError, DataError
from lowlevel.nets import grid_detector
from lowlevel.nets.network import Network
from lowlevel.training import tasks
from lowlevel.variables import VariableStore
from tests.comparison import values, values_of

WITHOUT_TASK = {"bottle_decoder", "bottle_encoder", "digit_decoder", "digit_encoder", "leaky_net"}
CLASSIFIED = {"logits", "probabilities", "class"}
ANSWERS = {
    "bottle_autoencoder": {"latent", "reconstruction", "error"},
    "digit_autoencoder": {"latent", "reconstruction", "error"},
    "grid_detector": {"boxes", "scores", "classes", "count"},
    "regression": {"estimate"},
    "text_classifier": {"logit", "probability", "class"},
} | dict.fromkeys(
    ("conv_net", "mini_inception", "mish_net", "mlp", "strided_net", "vision_transformer"),
    CLASSIFIED,
)


def saying(outputs, dtype=tf.float32):
    """A network that answers everything with the same numbers."""
    outputs = tf.constant(outputs, dtype)
    return Network(lambda inputs: outputs, VariableStore(0), tf.TensorSpec([None, 1], tf.float32))


def form_of(answer):
    return {name: (tensor.dtype.name, tensor.shape.as_list()) for name, tensor in answer.items()}


@pytest.mark.parametrize("dtype", [tf.float32, tf.bfloat16])
def test_classification_answers(dtype):
    logits = [[0, 2, 1], [4, 0, 0]]
    answer = tasks.classification().answer(saying(logits, dtype), tf.zeros([2, 1]))
    assert form_of(answer) == {
        "logits": ("float32", [2, 3]),
        "probabilities": ("float32", [2, 3]),
        "class": ("int64", [2]),
    }
    np.testing.assert_array_equal(answer["logits"], logits)
    odds = np.exp(logits)
    np.testing.assert_allclose(answer["probabilities"], odds / odds.sum(1, keepdims=True), 1e-6)
    assert answer["class"].numpy().tolist() == [1, 0]


@pytest.mark.parametrize("dtype", [tf.float32, tf.bfloat16])
def test_binary_classification_answers(dtype):
    answer = tasks.binary_classification().answer(saying([-2, 0, 1], dtype), tf.zeros([3, 1]))
    assert form_of(answer) == {
        "logit": ("float32", [3]),
        "probability": ("float32", [3]),
        "class": ("int64", [3]),
    }
    expected = [1 / (1 + math.exp(2)), 0.5, 1 / (1 + math.exp(-1))]
    np.testing.assert_allclose(answer["probability"], expected, rtol=1e-6)
    assert answer["class"].numpy().tolist() == [0, 0, 1]


@pytest.mark.parametrize("dtype", [tf.float32, tf.bfloat16])
def test_regression_answers(dtype):
    answer = tasks.regression().answer(saying([1.5, -2], dtype), tf.zeros([2, 1]))
    assert form_of(answer) == {"estimate": ("float32", [2])}
    assert answer["estimate"].numpy().tolist() == [1.5, -2]


@pytest.mark.parametrize("precision", nets.PRECISIONS)
def test_reconstruction_answers(precision):
    network = nets.make("digit_autoencoder", precision=precision)
    images = tf.constant(values_of(network.input_spec, 3))
    answer = tasks.reconstruction().answer(network, images)
    assert form_of(answer) == {
        "latent": ("float32", [3, 16]),
        "reconstruction": ("float32", [3, 28, 28, 1]),
        "error": ("float32", [3]),
    }
    np.testing.assert_array_equal(answer["reconstruction"], tf.cast(network(images), tf.float32))
    error = np.square(images - answer["reconstruction"]).mean((1, 2, 3))
    np.testing.assert_allclose(answer["error"], error, rtol=1e-5)


def test_detection_answers_what_the_detector_finds():
    config = grid_detector.Config((16, 24, 1), 3, (4, 4))
    network = nets.make("grid_detector", config)
    images = tf.constant(values(2, 16, 24, 1, low=0))
    answer = tasks.detection(config).answer(network, images)
    expected = grid_detector.detections(config, network(images))
    assert answer.keys() == expected.keys() == ANSWERS["grid_detector"]
    for name, tensor in expected.items():
        assert tensor.shape[0] == 2
        np.testing.assert_array_equal(answer[name], tensor)


def test_only_the_training_loss_is_smoothed():
    labels, logits = np.array([0, 2]), values(2, 3)
    plain = losses.softmax_cross_entropy(labels, logits)
    smooth = losses.softmax_cross_entropy(labels, logits, 0.2)
    assert not np.allclose(plain, smooth)
    task = tasks.classification(label_smoothing=0.2)
    np.testing.assert_array_equal(task.loss(labels, logits), plain)
    np.testing.assert_array_equal(task.training_loss(labels, logits), smooth)
    assert task.settings == {"label_smoothing": 0.2}
    np.testing.assert_array_equal(tasks.classification().training_loss(labels, logits), plain)
    for amount in (1.0, -0.1, "much"):
        with pytest.raises(ConfigError, match="label_smoothing must be a number"):
            tasks.classification(amount)


def test_metrics_of_each_task():
    labels = np.array([1, 0])
    accuracy = tasks.classification().metrics["accuracy"]
    assert accuracy(labels, np.eye(2, dtype=np.float32)).numpy().tolist() == [False, False]
    accuracy = tasks.binary_classification().metrics["accuracy"]
    assert accuracy(labels, np.array([3.0, 3.0])).numpy().tolist() == [True, False]
    assert tasks.regression().metrics["mae"]([1.0, 2.0], [3.0, 1.0]).numpy().tolist() == [2, 1]
    assert tasks.regression().metric_names == ["loss", "mae"]
    assert tasks.reconstruction().metric_names == ["loss"]


DETECTION = tasks.detection(grid_detector.Config((16, 24, 1), 3, (4, 4)))
LABELS, NUMBERS = tf.TensorSpec([None], tf.int32), tf.TensorSpec([None], tf.float32)
GRID = tf.TensorSpec([None, *DETECTION.target_spec.shape[1:]], tf.float32)


@pytest.mark.parametrize(
    "task, fitting, others",
    [
        (tasks.classification(), LABELS, [NUMBERS, tf.TensorSpec([None, 10], tf.int32)]),
        (tasks.binary_classification(), LABELS, [NUMBERS, tf.TensorSpec([None, 1], tf.int32)]),
        (tasks.regression(), NUMBERS, [LABELS, tf.TensorSpec([None, 1], tf.float32), (NUMBERS,)]),
        (DETECTION, GRID, [NUMBERS, tf.TensorSpec([None, 3, 3, 6], tf.float32)]),
    ],
    ids=["classification", "binary", "regression", "detection"],
)
def test_targets(task, fitting, others):
    checked = task.check_targets(fitting)
    assert (checked.dtype, checked.shape) == (fitting.dtype, fitting.shape)
    assert task.check_targets(tf.TensorSpec([7, *fitting.shape[1:]], fitting.dtype)) == checked
    for other in others:
        with pytest.raises(DataError, match=rf"targets must be {fitting.dtype.name} \(None,.*not"):
            task.check_targets(other)


def test_reconstruction_takes_targets_of_any_form():
    for spec in (LABELS, GRID, {"a": NUMBERS}):
        assert tasks.reconstruction().check_targets(spec) is spec


def test_the_detector_has_a_grid_of_targets():
    # 16 x 24 pixels, halved twice: cells of 4 pixels.
    assert DETECTION.target_spec.shape[1:3] == [4, 6]


def test_every_network_is_made_for_a_task_or_refused():
    assert set(nets.NETS) == ANSWERS.keys() | WITHOUT_TASK


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_task_of_a_network(name):
    config = nets.get(name).Config()
    network = nets.make(name, config)
    task = tasks.of_net(name, config)
    answer = tf.function(lambda inputs: task.answer(network, inputs), autograph=False)
    outputs = answer.get_concrete_function(network.input_spec).structured_outputs
    assert outputs.keys() == ANSWERS[name]


@pytest.mark.parametrize("name", sorted(WITHOUT_TASK))
def test_halves_and_building_blocks_have_no_task(name):
    with pytest.raises(ConfigError, match=f"{name} has no task of its own"):
        tasks.of_net(name, nets.get(name).Config())
