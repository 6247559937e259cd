"""Hooks and the workflow where there is nothing of Keras's to compare with, and its errors."""

import numpy as np
import pytest
import tensorflow as tf

from lowlevel import losses, metrics, optimizers, schedules
from lowlevel.checks import CheckpointError, ConfigError, DataError
from lowlevel.training import checkpoint, hooks
from lowlevel.training.run_directory import RunDirectory
from lowlevel.variables import sha256
from tests.workflow.keras_pair import CONFIG, Model, data


def make(rate=0.01):
    model = Model.of("mlp", CONFIG, seed=1)
    model.compile(
        optimizers.Adam(rate), losses.softmax_cross_entropy, {"accuracy": metrics.is_correct}
    )
    return model


def test_order_and_result_come_from_the_seed():
    first, second = make(), make()
    for model in (first, second):
        model.fit(*data(), epochs=3, verbose=0)
    assert sha256(first.variables.all()) == sha256(second.variables.all())
    unshuffled = make()
    unshuffled.fit(*data(), epochs=3, verbose=0, shuffle=False)
    assert sha256(first.variables.all()) != sha256(unshuffled.variables.all())


def test_each_epoch_and_each_fit_has_an_order_of_its_own():
    model, seen = make(), []
    step = model._step("train", model._gather(*data()))

    def spy(inputs, targets):
        seen.append(inputs.numpy())
        return step(inputs, targets)

    model._steps[next(iter(model._steps))] = spy
    for _ in range(2):
        model.fit(*data(), epochs=2, batch_size=60, verbose=0)
    orders = [np.argsort(batch[:, 0, 0, 0]).tobytes() for batch in seen]
    assert len(set(orders)) == 4
    for batch in seen:
        np.testing.assert_array_equal(np.sort(batch[:, 0, 0, 0]), np.sort(data()[0][:, 0, 0, 0]))


def test_fit_is_traced_once_whatever_the_batch():
    model = make()
    for batch_size in (16, 7, 60):
        model.fit(*data(), batch_size=batch_size, verbose=0)
        model.evaluate(*data(), batch_size=batch_size, verbose=0)
        model.predict(data()[0], batch_size=batch_size, verbose=0)
    assert [step.experimental_get_tracing_count() for step in model._steps.values()] == [1, 1]
    assert model._predict_step.experimental_get_tracing_count() == 1


def test_checkpoint_keeps_what_training_needs(tmp_path):
    model = make()
    model.fit(*data(), epochs=5, verbose=0, hooks=[hooks.Checkpoint(tmp_path / "kept")])
    saved, record = RunDirectory(tmp_path / "kept").newest()
    assert [row["epoch"] for row in record["history"]] == [1, 2, 3, 4, 5]
    other = make()
    checkpoint.restore(saved, other.state.tensors())
    assert sha256(other.state.tensors()) == sha256(model.state.tensors())
    for trained in (model, other):
        trained.fit(*data(), verbose=0)
    assert sha256(other.state.tensors()) == sha256(model.state.tensors())


def test_tensorboard_log(tmp_path):
    log = hooks.TensorBoardLog(tmp_path)
    make().fit(*data(), epochs=2, batch_size=20, verbose=0, validation_split=0.2, hooks=[log])
    log.tensorboard.flush()
    events = [
        event
        for path in sorted((tmp_path / "tensorboard").rglob("events*"))
        for event in tf.compat.v1.train.summary_iterator(str(path))
    ]
    tags = {value.tag for event in events for value in event.summary.value}
    assert any("loss" in tag for tag in tags)
    assert any("accuracy" in tag for tag in tags)


def test_dots(capsys):
    make().fit(*data(), epochs=3, verbose=0, hooks=[hooks.Dots()])
    assert capsys.readouterr().out == "...\n"


@pytest.mark.parametrize(("verbose", "lines"), [(0, 0), (2, 3)])
def test_verbose(capsys, verbose, lines):
    make().fit(*data(), epochs=3, verbose=verbose)
    captured = capsys.readouterr()
    assert len(captured.out.splitlines()) == lines
    assert captured.err == ""


def test_verbose_shows_progress(capsys):
    make().fit(*data(), epochs=2, verbose=1)
    captured = capsys.readouterr()
    assert "epoch 1/2" in captured.out + captured.err


def test_history_plots_itself(tmp_path):
    history = make().fit(*data(), epochs=2, verbose=0, validation_split=0.2)
    history.plot(tmp_path / "history.png")
    assert (tmp_path / "history.png").read_bytes().startswith(b"\x89PNG")


def test_best_keeper_can_leave_the_last_variables():
    keeper = hooks.BestKeeper("loss", mode="max", restore=False)  # the best is the first
    model = make()
    first = model.get_weights()
    model.fit(*data(), epochs=3, verbose=0, hooks=[keeper])
    assert keeper.best == model.state.history[0]["loss"]
    assert not np.array_equal(keeper.variables["weights/d1"], model.get_weights()["weights/d1"])
    assert not np.array_equal(keeper.variables["weights/d1"], first["weights/d1"])


def test_a_figure_that_is_not_there():
    with pytest.raises(ConfigError, match="there is no val_loss to monitor; a row has epoch, "):
        make().fit(*data(), verbose=0, hooks=[hooks.EarlyStopping()])


def test_a_rate_that_cannot_be_changed():
    with pytest.raises(ConfigError, match=r"make the optimizer with schedules\.Adjustable"):
        make().fit(*data(), verbose=0, hooks=[hooks.ReduceRateOnPlateau("loss")])


def test_the_adjustable_rate_is_in_the_checkpoint(tmp_path):
    model = make(schedules.Adjustable(0.3))
    plateau = hooks.ReduceRateOnPlateau("loss", patience=1, min_delta=10.0)
    model.fit(*data(), epochs=3, verbose=0, hooks=[plateau, hooks.Checkpoint(tmp_path / "kept")])
    other = make(schedules.Adjustable(0.3))
    saved, _ = RunDirectory(tmp_path / "kept").newest()
    checkpoint.restore(saved, other.state.tensors())
    assert float(other.state.optimizer.learning_rate.rate) == pytest.approx(0.3 * 0.1**2)


def test_a_csv_file_that_cannot_be_written(tmp_path):
    with pytest.raises(CheckpointError, match="cannot be written"):
        make().fit(*data(), verbose=0, hooks=[hooks.CSVLog(tmp_path / "no" / "such.csv")])


X, Y = data()


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        ((X[:, :3], Y), {}, DataError, r"images must be \(None, 4, 4, 1\), not \(60, 3, 4, 1\)"),
        ((X, Y[:7]), {}, DataError, "same number of examples, at least one, not 60, 7"),
        ((X[:0], Y[:0]), {}, DataError, "at least one, not 0"),
        ((X,), {}, ConfigError, "targets are missing"),
        (({"a": X}, Y), {}, DataError, "do not fit the model"),
        ((X, Y), {"epochs": 0}, ConfigError, "epochs must be"),
        ((X, Y), {"batch_size": 0}, ConfigError, "batch_size must be"),
        ((X, Y), {"validation_split": 1.0}, ConfigError, "validation_split must be"),
        ((X, Y), {"validation_split": 0.99}, DataError, "leaves one side empty"),
        ((X, Y), {"class_weight": {}, "sample_weight": Y}, ConfigError, "not both"),
        ((X, Y), {"sample_weight": Y[:3]}, DataError, "same number of examples"),
        ((tf.data.Dataset.from_tensors((X, Y)), Y), {}, ConfigError, "brings its own targets"),
        (
            (tf.data.Dataset.from_tensors((X, Y)),),
            {"validation_split": 0.5},
            ConfigError,
            "a dataset cannot be split",
        ),
        (
            (tf.data.Dataset.from_tensors((X, Y)).repeat(),),
            {},
            ConfigError,
            "pass steps_per_epoch",
        ),
    ],
)
def test_impossible_arguments(arguments, options, error, message):
    model = make()
    before = sha256(model.state.tensors())
    with pytest.raises(error, match=message):
        model.fit(*arguments, **{"verbose": 0, **options})
    assert sha256(model.state.tensors()) == before


def test_a_model_that_is_not_compiled():
    model = Model.of("mlp", CONFIG)
    with pytest.raises(ConfigError, match="compile the model before"):
        model.fit(X, Y)
    with pytest.raises(ConfigError, match="compile the model before"):
        model.evaluate(X, Y)


def test_weights_that_do_not_fit():
    model = make()
    weights = model.get_weights()
    before = sha256(model.variables.all())
    with pytest.raises(ConfigError, match="weights/d9 differ"):
        model.set_weights(weights | {"weights/d9": np.zeros(3)})
    with pytest.raises(ConfigError, match=r"biases/out is \[3\], not \[4\]"):
        model.set_weights(weights | {"biases/out": np.zeros(4)})
    assert sha256(model.variables.all()) == before
