"""Each row of the README's table of Keras's calls and ours: both run, with the same result."""

import csv
import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from lowlevel import gradients, optimizers, schedules
from lowlevel.model import Model
from lowlevel.nets import mish_net
from lowlevel.training import hooks
from tests.keras_reference import patterns, twins
from tests.model.keras_pair import (
    assert_same_history,
    assert_same_weights,
    compile_both,
    compiled,
    data,
    fit_both,
    models,
)


def test_compile_and_fit():
    ours, theirs = compiled()
    history, keras_history = fit_both(ours, theirs, *data())
    assert_same_history(history, keras_history)
    assert_same_weights(ours, theirs)
    assert history.params == keras_history.params


def test_fit_again_goes_on():
    ours, theirs = compiled()
    fit_both(ours, theirs, *data(), epochs=2)
    assert_same_history(*fit_both(ours, theirs, *data(), epochs=2))
    assert_same_weights(ours, theirs)


def test_validation_split_is_taken_from_the_end():
    ours, theirs = compiled()
    assert_same_history(*fit_both(ours, theirs, *data(), validation_split=0.25))
    assert_same_weights(ours, theirs)


def test_validation_data():
    ours, theirs = compiled()
    history, keras_history = fit_both(ours, theirs, *data(), validation_data=data(20, seed=1))
    assert_same_history(history, keras_history)
    assert {"val_loss", "val_accuracy"} <= history.history.keys()


def test_class_weight():
    ours, theirs = compiled()
    weights = {0: 3.0, 1: 0.5, 2: 1.0}
    assert_same_history(*fit_both(ours, theirs, *data(), class_weight=weights))
    assert_same_weights(ours, theirs)


def test_class_weight_does_not_count_in_validation():
    ours, theirs = compiled()
    options = {"class_weight": {0: 30.0, 1: 50.0, 2: 40.0}, "validation_split": 0.5}
    assert_same_history(*fit_both(ours, theirs, *data(), **options))


def test_sample_weight():
    ours, theirs = compiled()
    weights = np.random.default_rng(3).random(60).astype(np.float32) * 2
    assert_same_history(*fit_both(ours, theirs, *data(), sample_weight=weights))
    assert_same_weights(ours, theirs)


def test_sample_weights_of_validation_data():
    ours, theirs = compiled()
    x, y = data(20, seed=1)
    held_out = x, y, np.linspace(0, 2, 20, dtype=np.float32)
    assert_same_history(*fit_both(ours, theirs, *data(), validation_data=held_out))


def test_a_dataset_with_steps_per_epoch():
    ours, theirs = compiled()
    dataset = tf.data.Dataset.from_tensor_slices(data()).batch(16).repeat()
    options = {"epochs": 3, "steps_per_epoch": 3, "verbose": 0}
    assert_same_history(ours.fit(dataset, **options), theirs.fit(dataset, **options))
    assert_same_weights(ours, theirs)


def test_a_dataset_that_knows_its_length():
    ours, theirs = compiled()
    dataset = tf.data.Dataset.from_tensor_slices(data()).batch(16)
    options = {"epochs": 2, "validation_data": dataset, "verbose": 0}
    assert_same_history(ours.fit(dataset, **options), theirs.fit(dataset, **options))


def test_initial_epoch():
    ours, theirs = compiled()
    history, keras_history = fit_both(ours, theirs, *data(), initial_epoch=4, epochs=7)
    assert_same_history(history, keras_history)
    assert history.epoch == [4, 5, 6]


@pytest.mark.parametrize("return_dict", [False, True])
def test_evaluate(return_dict):
    ours, theirs = compiled()
    options = {"batch_size": 16, "verbose": 0, "return_dict": return_dict}
    result, keras_result = (model.evaluate(*data(), **options) for model in (ours, theirs))
    assert type(result) is type(keras_result)
    if return_dict:
        assert result == pytest.approx(keras_result, rel=1e-5)
    else:
        np.testing.assert_allclose(result, keras_result, rtol=1e-5)


def test_predict():
    ours, theirs = compiled()
    x, _ = data(21)
    result = ours.predict(x, batch_size=16, verbose=0)
    assert isinstance(result, np.ndarray)
    np.testing.assert_allclose(result, theirs.predict(x, verbose=0), atol=1e-5)
    np.testing.assert_allclose(ours.predict(x, batch_size=1, verbose=0), result, atol=1e-6)
    dataset = tf.data.Dataset.from_tensor_slices(data(21)).batch(4)
    np.testing.assert_allclose(ours.predict(dataset, verbose=0), result, atol=1e-6)


def test_early_stopping():
    ours, theirs = compiled(lambda: optimizers.Adam(0.3), lambda: keras.optimizers.Adam(0.3))
    settings = {"monitor": "val_loss", "patience": 2, "min_delta": 0.01}
    history, keras_history = fit_both(
        ours,
        theirs,
        *data(),
        epochs=50,
        validation_split=0.3,
        hooks=[hooks.EarlyStopping(**settings)],
        callbacks=[keras.callbacks.EarlyStopping(**settings)],
    )
    assert history.epoch == keras_history.epoch
    assert 3 <= len(history.epoch) < 50


@pytest.mark.slow
def test_best_keeper_is_restore_best_weights():
    ours, theirs = compiled(lambda: optimizers.Adam(0.3), lambda: keras.optimizers.Adam(0.3))
    keeper = hooks.BestKeeper("val_loss")
    history, _ = fit_both(
        ours,
        theirs,
        *data(),
        epochs=12,
        validation_split=0.3,
        hooks=[keeper],
        callbacks=[
            keras.callbacks.EarlyStopping("val_loss", patience=99, restore_best_weights=True)
        ],
    )
    figures = history.history["val_loss"]
    assert keeper.best == min(figures) < figures[-1]
    for result, reference in zip(
        ours.evaluate(*data(seed=1), verbose=0),
        theirs.evaluate(*data(seed=1), verbose=0),
        strict=True,
    ):
        assert result == pytest.approx(reference, rel=1e-3)


def test_reduce_rate_on_plateau():
    ours, theirs = compiled(
        lambda: optimizers.Adam(schedules.Adjustable(0.3)), lambda: keras.optimizers.Adam(0.3)
    )
    settings = {"monitor": "val_loss", "factor": 0.5, "patience": 1}
    history, keras_history = fit_both(
        ours,
        theirs,
        *data(),
        epochs=10,
        validation_split=0.3,
        hooks=[hooks.ReduceRateOnPlateau(**settings, min_rate=0.05)],
        callbacks=[keras.callbacks.ReduceLROnPlateau(**settings, min_lr=0.05)],
    )
    rates = history.history["learning_rate"]
    np.testing.assert_allclose(rates, keras_history.history["learning_rate"], rtol=1e-6)
    assert len(set(rates)) > 2


def test_csv_log(tmp_path):
    ours, theirs = compiled()
    fit_both(
        ours,
        theirs,
        *data(),
        hooks=[hooks.CSVLog(tmp_path / "ours.csv")],
        callbacks=[keras.callbacks.CSVLogger(tmp_path / "theirs.csv")],
    )
    rows, keras_rows = (
        list(csv.DictReader((tmp_path / name).open())) for name in ("ours.csv", "theirs.csv")
    )
    assert len(rows) == len(keras_rows) == 3
    for row, keras_row in zip(rows, keras_rows, strict=True):
        for name in ("loss", "accuracy"):
            assert float(row[name]) == pytest.approx(float(keras_row[name]), rel=1e-4)


@pytest.mark.parametrize(
    ("clip", "settings"),
    [
        (gradients.clip_by_value, {"clipvalue": 0.01}),
        (gradients.clip_by_norm, {"clipnorm": 0.02}),
        (gradients.clip_by_global_norm, {"global_clipnorm": 0.02}),
    ],
    ids=["value", "norm", "global norm"],
)
def test_gradient_clipping(clip, settings):
    limit = next(iter(settings.values()))
    ours, theirs = compiled(
        lambda: optimizers.SGD(1.0),
        lambda: keras.optimizers.SGD(1.0, **settings),
        change_gradients=functools.partial(clip, limit=limit),
    )
    assert_same_history(*fit_both(ours, theirs, *data()))
    assert_same_weights(ours, theirs)
    free, _ = compiled(lambda: optimizers.SGD(1.0))
    free.fit(*data(), batch_size=16, epochs=3, verbose=0, shuffle=False)
    assert abs(free.get_weights()["weights/out"] - ours.get_weights()["weights/out"]).max() > 0.01


def test_weights_in_and_out():
    ours, theirs = compiled()
    ours.fit(*data(), verbose=0)
    weights = ours.get_weights()
    names = [f"{kind}/{layer}" for layer in ("d1", "out") for kind in ("weights", "biases")]
    theirs.set_weights([weights[name] for name in names])
    assert_same_weights(ours, theirs)
    other, _ = compiled()
    other.set_weights(weights)
    np.testing.assert_array_equal(
        other.predict(data()[0], verbose=0), ours.predict(data()[0], verbose=0)
    )


def test_saved_weights(tmp_path):
    ours, theirs = compiled()
    fit_both(ours, theirs, *data())
    before = [model.predict(data()[0], verbose=0) for model in (ours, theirs)]
    ours.save_weights(tmp_path / "ours.h5")
    theirs.save_weights(tmp_path / "theirs.weights.h5")
    fit_both(ours, theirs, *data())
    ours.load_weights(tmp_path / "ours.h5")
    theirs.load_weights(tmp_path / "theirs.weights.h5")
    for model, predictions in zip((ours, theirs), before, strict=True):
        np.testing.assert_array_equal(model.predict(data()[0], verbose=0), predictions)


def test_freezing_is_trainable_false():
    ours, theirs = models()
    ours.variables.freeze("d1")
    theirs.get_layer("d1").trainable = False
    compile_both(ours, theirs)
    before = ours.get_weights()["weights/d1"]
    assert_same_history(*fit_both(ours, theirs, *data()))
    np.testing.assert_array_equal(ours.get_weights()["weights/d1"], before)
    ours_out, theirs_out = ours.get_weights()["weights/out"], theirs.get_layer("out").kernel
    np.testing.assert_allclose(ours_out, theirs_out, rtol=1e-4, atol=1e-6)


def test_unfreezing_is_trainable_true():
    ours, theirs = models()
    for trainable in (False, True):
        (ours.variables.unfreeze if trainable else ours.variables.freeze)("d1")
        theirs.get_layer("d1").trainable = trainable
        compile_both(ours, theirs)
        before = ours.get_weights()["weights/d1"]
        assert_same_history(*fit_both(ours, theirs, *data()))
        assert (ours.get_weights()["weights/d1"] != before).any() == trainable
    assert_same_weights(ours, theirs)


def test_a_frozen_batch_norm_uses_its_moving_averages():
    block = mish_net.BlockConfig(filters=4, dropout_rate=0.0)
    config = mish_net.Config((8, 8, 1), 3, block)
    ours, theirs = Model.of("mish_net", config, seed=1), patterns.build_mish_net(config)
    ours.variables.state["block1/bn/mean"].assign([0.1, -0.2, 0.3, 0.0])
    twins.copy_variables(ours.variables, theirs)
    ours.variables.freeze("block1")
    for layer in theirs.layers:
        layer.trainable = not layer.name.startswith("block1")
    compile_both(ours, theirs, lambda: optimizers.SGD(0.1), lambda: keras.optimizers.SGD(0.1))
    before = ours.get_weights()
    x, y = np.tile(data()[0], (1, 2, 2, 1)), data()[1]
    assert_same_history(*fit_both(ours, theirs, x, y))
    after = ours.get_weights()
    changed = {name for name in after if (after[name] != before[name]).any()}
    assert {name for name in after if "/block1/" not in name} == changed
    for name, value in twins.named_state(theirs).items():
        np.testing.assert_allclose(after[f"state/{name}"], value, rtol=1e-4, atol=1e-6)


def test_moments_of_hooks_come_in_the_order_of_callbacks():
    seen, keras_seen = [], []

    class Ours(hooks.Hook):
        def on_train_begin(self, state):
            seen.append("train begin")

        def on_train_end(self, state):
            seen.append("train end")

        def on_epoch_begin(self, epoch):
            seen.append(f"epoch {epoch} begin")

        def on_epoch_end(self, row):
            seen.append(f"epoch {row['epoch'] - 1} end {row['val_loss']:.3f}")

        def on_batch_begin(self, step):
            seen.append("batch begin")

        def on_batch_end(self, step, values):
            seen.append("batch end")

    class Theirs(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            keras_seen.append("train begin")

        def on_train_end(self, logs=None):
            keras_seen.append("train end")

        def on_epoch_begin(self, epoch, logs=None):
            keras_seen.append(f"epoch {epoch} begin")

        def on_epoch_end(self, epoch, logs=None):
            keras_seen.append(f"epoch {epoch} end {logs['val_loss']:.3f}")

        def on_train_batch_begin(self, batch, logs=None):
            keras_seen.append("batch begin")

        def on_train_batch_end(self, batch, logs=None):
            keras_seen.append("batch end")

    ours, theirs = compiled()
    fit_both(
        ours, theirs, *data(), epochs=2, validation_split=0.4, hooks=[Ours()], callbacks=[Theirs()]
    )
    assert seen == keras_seen
    assert len(seen) == 2 + 2 * (2 + 2 * 3)
