"""What `Model` refuses in a sentence, and small data that it takes."""

import json

import numpy as np
import pytest
import tensorflow as tf

from lowlevel import losses, metrics, optimizers
from lowlevel.checks import CheckpointError, ConfigError, DataError
from lowlevel.model import Model
from lowlevel.nets import conv_net, mlp, strided_net
from lowlevel.training import hooks
from lowlevel.variables import VariableStore
from tests.comparison import values
from tests.training import small_run

X, Y = values(12, 4, 4, 1, low=0), np.arange(12) % 3
SPEC = tf.TensorSpec([None, 3])


def make(loss=losses.softmax_cross_entropy, metric=metrics.is_correct, **options):
    model = Model.of("mlp", mlp.Config((4, 4, 1), 3, (5,)))
    model.compile(optimizers.Adam(0.01), loss, {"accuracy": metric}, **options)
    return model


def forward(inputs, training=False, seed=None):
    return inputs


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"verbose": 3}, "verbose must be 0, 1 or 2"),
        ({"verbose": "auto"}, "verbose must be 0, 1 or 2"),
        ({"shuffle": "no"}, "shuffle must be True or False"),
        ({"validation_split": 0.5, "validation_data": (X, Y)}, "not both"),
        ({"batch_size": None}, "batch_size must be a whole number"),
        ({"epochs": True}, "epochs must be a whole number"),
    ],
)
def test_options_of_fit(options, message):
    with pytest.raises(ConfigError, match=message):
        make().fit(X, Y, **options)


@pytest.mark.parametrize("targets", [["0"] * 12, np.full(12, "1")])
def test_targets_that_are_text(targets):
    with pytest.raises(DataError, match="targets must be real numbers, not string"):
        make().fit(X, targets, verbose=0)


@pytest.mark.parametrize("offset", [1, -1, 2**31 - 1, 2**32])
def test_labels_beyond_the_classes(offset):
    with pytest.raises(DataError, match=r"outside the valid range|does not fit into 32 bits"):
        make().fit(X, Y.astype(np.int64) + offset, verbose=0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((3, VariableStore(0), SPEC), "forward must be a function"),
        ((forward, VariableStore(0), None), "input_spec must be tf.TensorSpec"),
        ((forward, VariableStore(0), (None, 3)), "input_spec must be tf.TensorSpec"),
    ],
)
def test_what_is_no_network(arguments, message):
    with pytest.raises(ConfigError, match=message):
        Model(*arguments)


@pytest.mark.parametrize("seed", [-1, "a", 1.5, None])
def test_what_is_no_seed(seed):
    model = Model(forward, VariableStore(0), SPEC, seed)
    with pytest.raises(ConfigError, match="seed must be a whole number"):
        model.compile(optimizers.SGD(0.1), losses.mean_squared_error)


@pytest.mark.parametrize("name", [3, "", None])
def test_a_metric_without_a_name(name):
    model = Model(forward, VariableStore(0), SPEC)
    with pytest.raises(ConfigError, match="a metric needs a name"):
        model.compile(optimizers.SGD(0.1), losses.mean_squared_error, {name: metrics.is_correct})


@pytest.mark.parametrize("change", [None, "clip"])
def test_what_changes_no_gradients(change):
    with pytest.raises(ConfigError, match="change_gradients must be a function"):
        make(change_gradients=change)


@pytest.mark.parametrize("change", [lambda gradients: None, lambda gradients: [*gradients]])
def test_changed_gradients_that_are_no_dict(change):
    with pytest.raises(ConfigError, match="gradients must be a dict by variable name"):
        make(change_gradients=change).fit(X, Y, verbose=0)


@pytest.mark.parametrize("value", [None, 3.0])
def test_losses_and_metrics_that_are_no_tensors(value):
    with pytest.raises(ConfigError, match="a loss must be a tensor"):
        make(loss=lambda targets, outputs: value).fit(X, Y, verbose=0)
    with pytest.raises(ConfigError, match="the metric accuracy must be a tensor"):
        make(metric=lambda targets, outputs: value).fit(X, Y, verbose=0)


@pytest.mark.parametrize("path", [None, 3])
def test_what_is_no_path(path):
    model = make()
    for function in (
        model.save_weights,
        model.load_weights,
        model.restore,
        hooks.CSVLog,
        hooks.Checkpoint,
        lambda path: model.fit(X, Y, verbose=0, hooks=[hooks.TensorBoardLog(path)]),
    ):
        with pytest.raises(ConfigError, match="must be a path, not"):
            function(path)


def test_a_weights_file_without_a_name():
    with pytest.raises(CheckpointError, match="is a directory"):
        make().save_weights("")


@pytest.mark.parametrize("hook", [hooks.EarlyStopping, hooks.BestKeeper, hooks.ReduceRateOnPlateau])
def test_what_is_no_metric_to_monitor(hook):
    with pytest.raises(ConfigError, match="monitor must be the name of a metric"):
        hook(None)


def test_a_validation_set_of_one():
    for options in ({"validation_data": (X[:1], Y[:1])}, {"validation_split": 0.05}):
        history = make().fit(X, Y, verbose=0, **options).history
        assert np.isfinite(history["val_loss"]).all()
        assert history["val_accuracy"][0] in (0, 1)


def test_a_class_without_examples():
    model = make()
    history = model.fit(X[Y < 2], Y[Y < 2], epochs=2, verbose=0).history
    assert np.isfinite(history["loss"]).all()
    assert model.evaluate(X, Y, verbose=0, return_dict=True)["loss"] > 0


def test_a_batch_of_one_under_batch_norm():
    config = strided_net.Config((19, 19, 1), 2)
    model = Model.of("strided_net", config)
    model.compile(optimizers.Adam(0.01), losses.softmax_cross_entropy)
    images = np.concatenate([values(2, 19, 19, 1), np.zeros((1, 19, 19, 1), np.float32)])
    history = model.fit(images, [0, 1, 1], batch_size=1, epochs=2, verbose=0).history
    assert np.isfinite(history["loss"]).all()
    assert np.isfinite(model.predict(images, verbose=0)).all()


def test_a_run_of_numbers_from_numpy():
    sizes = conv_net.Config((8, 8, 1), np.int64(10), np.float64(0.5))
    run = small_run.make(net=("conv_net", sizes), batch_size=np.int64(8), seed=np.uint8(3))
    config = json.loads(json.dumps(run.config))
    assert config["net_config"]["num_classes"] == 10
    assert config["training"]["batch_size"] == 8
