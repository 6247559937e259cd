"""A trained network: the same answers from a run and from its config, and who is to blame."""

import json

import numpy as np
import pytest
import tensorflow as tf

from lowlevel import nets, variables
from lowlevel.checks import CheckpointError
from lowlevel.nets import mlp, regression
from lowlevel.prediction import trained
from lowlevel.prediction.serving import TrainedNetwork
from lowlevel.training import tasks
from tests.comparison import values
from tests.training import small_run

NET = ("mlp", mlp.Config((8, 8, 1), 10, (12,)))
IMAGES = tf.constant(values(5, 8, 8, 1, low=0))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run of three steps, kept in a directory."""
    return small_run.train(tmp_path_factory.mktemp("runs") / "run", max_steps=3, net=NET)


def config_of(run, **changes):
    """The run's config as it comes from its file."""
    return json.loads(json.dumps(run.config)) | changes


def assert_same_answers(one, other, inputs=IMAGES):
    ours, theirs = one.serve(inputs), other.serve(inputs)
    assert ours.keys() == theirs.keys()
    for name in ours:
        np.testing.assert_array_equal(ours[name], theirs[name])


def test_of_a_run_of_its_config_and_from_disk_answer_alike(run):
    of_run, loaded = TrainedNetwork.of_run(run), trained.load(run.directory.path)
    assert_same_answers(of_run, loaded)
    assert of_run.sha256 == loaded.sha256

    built = TrainedNetwork.from_config(config_of(run), "config.json")
    assert built.sha256 != loaded.sha256  # its variables are new
    variables.assign(built.variables, variables.values(of_run.variables))
    assert_same_answers(built, loaded)
    assert built.sha256 == loaded.sha256


def test_of_a_run_has_the_variables_of_the_run(tmp_path):
    copy = small_run.make(tmp_path, net=NET)
    copy.open()
    network = TrainedNetwork.of_run(copy)
    before, probabilities = network.sha256, network.serve(IMAGES)["probabilities"]
    small_run.go_on(copy, 1, max_steps=1)
    assert network.sha256 != before
    assert not np.array_equal(network.serve(IMAGES)["probabilities"], probabilities)


def test_what_it_says_of_itself(run):
    for network in (TrainedNetwork.of_run(run), trained.load(run.directory.path)):
        assert network.image_shape == (8, 8, 1)
        assert network.class_names == tuple("0123456789")
        assert network.answers == {"logits", "probabilities", "class"}
        assert network.sha256 == variables.sha256(run.network.variables.all())
        assert set(network.variables) == set(run.network.variables.all())


def rows_config(**preprocessing):
    net_config = {"features": 2, "widths": [3]}
    return {"net": "regression", "net_config": net_config, "training": {}} | {
        "preprocessing": preprocessing
    }


def test_a_network_for_rows_standardizes_them():
    network = TrainedNetwork.from_config(rows_config(mean=[1, 10], std=[2, 5]), "x")
    assert (network.image_shape, network.class_names) == (None, ())
    rows = tf.constant([[1.0, 20.0], [5.0, 0.0]])
    expected = network.network(tf.constant([[0.0, 2.0], [2.0, -2.0]]))
    np.testing.assert_array_equal(network.serve(rows)["estimate"], expected)


@pytest.mark.parametrize("divisor, factor", [(255, 1), (1, 255), (127.5, 2)])
def test_images_are_multiplied_only_if_the_run_did_not_divide_by_255(run, divisor, factor):
    config = config_of(run, preprocessing={"divide_by": divisor})
    built = TrainedNetwork.from_config(config, "x")
    given = []
    network = nets.Network(
        lambda inputs: given.append(inputs) or tf.zeros([len(inputs), 10]),
        built.network.variables,
        built.input_spec,
        config=built.network.config,
    )
    TrainedNetwork(network, built.task, config, "x").answer(IMAGES)
    np.testing.assert_array_equal(given[0], IMAGES.numpy() * np.float32(factor))


DAMAGES = {
    "no object": (lambda config: [config], "it must be a JSON object"),
    "no net": (lambda config: config.pop("net") and config, "net must be one of"),
    "a net that is unknown": (lambda config: config | {"net": "cnn"}, "net must be one of .*'cnn'"),
    "half a network": (
        lambda config: config | {"net": "leaky_net", "net_config": {}},
        "leaky_net has no task",
    ),
    "no net_config": (lambda config: config.pop("net_config") and config, "has the fields .*None"),
    "a field that is unknown": (
        lambda config: config | {"net_config": {"depth": 3}},
        "has the fields image_shape, num_classes, widths, not depth",
    ),
    "a size that is text": (
        lambda config: config | {"net_config": {"num_classes": "10"}},
        "num_classes must be a whole number",
    ),
    "a size beyond all memory": (
        lambda config: config | {"net_config": config["net_config"] | {"widths": [2**60]}},
        ".",
    ),
    "training that is no object": (lambda config: config | {"training": 3}, "precision must be"),
    "a precision that is unknown": (
        lambda config: config | {"training": {"precision": "int8"}},
        "precision must be one of float32, bfloat16, not 'int8'",
    ),
    "no preprocessing": (
        lambda config: config.pop("preprocessing") and config,
        "preprocessing must be a JSON object, not None",
    ),
    "a divisor of 0": (
        lambda config: config | {"preprocessing": {"divide_by": 0}},
        "divide_by must be a number",
    ),
    "a name too few": (
        lambda config: config | {"class_names": ["a"] * 9},
        "it names 9 classes, but its network has 10",
    ),
    "names that are a number": (
        lambda config: config | {"class_names": 10},
        "class_names must be a list, not 10",
    ),
    "no names": (lambda config: config.pop("class_names") and config, "names 0 classes"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_damaged_configs(run, name):
    damage, message = DAMAGES[name]
    with pytest.raises(CheckpointError, match=f"the config of some/path is damaged: .*{message}"):
        TrainedNetwork.from_config(damage(config_of(run)), "some/path")


def test_a_mistake_in_this_package_is_not_called_damage(run, monkeypatch):
    def broken(*arguments, **keywords):
        raise TypeError("a mistake of ours")

    monkeypatch.setattr(nets, "make", broken)
    with pytest.raises(TypeError, match="a mistake of ours"):
        TrainedNetwork.from_config(config_of(run), "some/path")


def test_a_run_that_does_not_say_its_precision_computes_in_float32(run):
    for training in ({}, {"precision": "float32"}):
        network = TrainedNetwork.from_config(config_of(run, training=training), "x").network
        assert network.precision == "float32"
    training = {"precision": "bfloat16"}
    network = TrainedNetwork.from_config(config_of(run, training=training), "x").network
    assert network.precision == "bfloat16"


def test_put_together_by_hand():
    network = nets.make("regression", regression.Config(2, (3,)))
    config = rows_config(mean=[0, 0], std=[1, 1])
    trained_network = TrainedNetwork(network, tasks.regression(), config, "x")
    assert trained_network.answers == {"estimate"}
    assert trained_network.source == "x"
