"""What `Model` refuses in a sentence, and small data that it takes."""

import json
import traceback

import keras
import numpy as np
import pytest
import tensorflow as tf

from lowlevel import losses, metrics, optimizers
from lowlevel.checks import CheckpointError, ConfigError, DataError
from lowlevel.inspection.nodes import Nodes
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
        (
            (forward, VariableStore(0), (None, 3)),
            r"tf\.TensorSpec\(\[None, 3\]\), .* not \(None, 3\)",
        ),
        (
            (forward, VariableStore(0), [16, 3]),
            r"tf\.TensorSpec\(\[None, 16, 3\]\), .* not \[16, 3\]",
        ),
        (
            (forward, VariableStore(0), tf.TensorSpec([16, 3])),
            r"begin with None, .* tf\.TensorSpec\(\[None, 16, 3\]\), not \[16, 3\]",
        ),
        ((lambda x: x, VariableStore(0), SPEC), r"training=False, seed=None\), not forward\(x\)"),
        ((lambda x, training: x, VariableStore(0), SPEC), r"not forward\(x, training\)"),
    ],
)
def test_what_is_no_network(arguments, message):
    with pytest.raises(ConfigError, match=message):
        Model(*arguments)


class KerasLoss:
    """Like a loss object of Keras, which takes the mean over the batch itself."""

    def __call__(self, targets, outputs):
        return tf.reduce_mean(losses.softmax_cross_entropy(targets, outputs))


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda: make().fit(X, Y, callbacks=[]), "Model.fit takes no 'callbacks': they are hooks"),
        (lambda: make(loss=KerasLoss()).fit(X, Y, verbose=0), "with reduction=None"),
        (lambda: make(run_eagerly=True), "Model.compile takes no 'run_eagerly': "),
        (
            lambda: Model.of("mlp", image_shape=(4, 4, 1)),
            r"Model.of takes no 'image_shape': .*Conf",
        ),
        (lambda: Model.of(), "Model.of takes net_name, config=None, .*: missing a required"),
        (
            lambda: make().fit(X, Y, verbose=0, hooks=[hooks.BestKeeper()]),
            "pass validation_data or",
        ),
        (lambda: hooks.EarlyStopping(restore_best_weights=True), "takes no 'restore.*BestKeeper"),
        (lambda: Nodes(make().run.train_step), "no data yet: call fit first"),
        (
            lambda: Nodes(make().network.compile()).values("gradients/weights/out", X),
            r"gradients are in a training step: Nodes\(run\.train_step\)",
        ),
    ],
)
def test_habits_that_another_library_has_left(function, message):
    with pytest.raises(ConfigError, match=message):
        function()


@pytest.mark.parametrize("name", ["train_on_batch", "get_layer", "save", "nothing"])
def test_attributes_that_a_model_has_not(name):
    hint = {"nothing": r"\.$"}.get(name, ": .+")
    with pytest.raises(AttributeError, match=f"a Model has no '{name}'{hint}"):
        getattr(make(), name)
    assert not hasattr(make(), name)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda: make().predict(X[0], verbose=0), r"add a batch axis to a single one: x\[None\]"),
        (lambda: make()(X[0]), r"not \(4, 4, 1\); add a batch axis to a single one: x\[None\]"),
        (lambda: Nodes(make().network.compile()).values("images", X[0]), r"x\[None\]"),
        (
            lambda: make().fit(tf.data.Dataset.from_tensor_slices((X, Y)), verbose=0),
            r"batch a dataset: \.batch\(32\)",
        ),
    ],
)
def test_inputs_and_labels_that_are_nearly_right(function, message):
    with pytest.raises(DataError, match=message):
        function()


def test_labels_from_1_and_no_trace_of_tensorflow():
    with pytest.raises(DataError, match=r"range of \[0, 3\); labels count from 0\.$") as raised:
        make().fit(X, Y + 1, verbose=0)
    assert "InvalidArgumentError" not in "".join(traceback.format_exception(raised.value))


def test_a_weights_file_of_keras(tmp_path):
    model = keras.Sequential([keras.Input([3]), keras.layers.Dense(2)])
    model.save_weights(tmp_path / "k.weights.h5")
    with pytest.raises(CheckpointError, match=r"not a file of save_weights; it looks like Keras's"):
        make().load_weights(tmp_path / "k.weights.h5")


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
