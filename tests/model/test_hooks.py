"""Hooks and the workflow where there is nothing of Keras's to compare with, and its errors."""

import functools

import numpy as np
import pytest
import tensorflow as tf

from lowlevel import losses, metrics, optimizers, progress, schedules
from lowlevel.checks import CheckpointError, ConfigError, DataError, NonFiniteError
from lowlevel.data.gather import gather
from lowlevel.data.training_data import TrainingData
from lowlevel.inspection import retracing
from lowlevel.prediction import trained
from lowlevel.storage import checkpoint
from lowlevel.storage.run_directory import RunDirectory
from lowlevel.training import hooks
from lowlevel.variables import sha256
from tests.model.keras_pair import CONFIG, Model, data


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


def test_each_epoch_and_each_fit_has_an_order_of_its_own(monkeypatch):
    model, seen = make(), []
    iterator = TrainingData.iterator

    def spy(training_data, state, recipe):
        seen.extend(inputs.numpy() for inputs, _ in training_data.batches(state, recipe))
        return iterator(training_data, state, recipe)

    monkeypatch.setattr(TrainingData, "iterator", spy)
    for _ in range(2):
        model.fit(*data(), epochs=2, batch_size=60, verbose=0)
    orders = [np.argsort(batch[:, 0, 0, 0]).tobytes() for batch in seen]
    assert len(set(orders)) == 4
    for batch in seen:
        np.testing.assert_array_equal(np.sort(batch[:, 0, 0, 0]), np.sort(data()[0][:, 0, 0, 0]))


def test_fit_is_traced_once_whatever_the_batch():
    model = make()
    with retracing.watch(model) as traces:
        for batch_size in (16, 7, 60):
            model.fit(*data(), batch_size=batch_size, verbose=0)
            model.evaluate(*data(), batch_size=batch_size, verbose=0)
            model.predict(data()[0], batch_size=batch_size, verbose=0)
    steps = model.run._steps
    examples = gather(*data(), model.network.input_spec)
    traces.assert_once(steps.train(examples), steps.evaluate(examples), model._predict_step)


def test_checkpoint_keeps_what_training_needs(tmp_path):
    model = make()
    model.fit(*data(), epochs=5, verbose=0, hooks=[hooks.Checkpoint(tmp_path / "kept")])
    saved, record = RunDirectory(tmp_path / "kept").newest()
    assert [row["epoch"] for row in record["history"]] == [1, 2, 3, 4, 5]
    other = make()
    checkpoint.restore(saved, other.state.tensors())
    assert sha256(other.state.tensors()) == sha256(model.state.tensors())
    for either in (model, other):
        either.fit(*data(), verbose=0)
    assert sha256(other.state.tensors()) == sha256(model.state.tensors())


def test_a_training_that_is_restored_goes_on_to_the_same_bits(tmp_path):
    whole = make()
    whole.fit(*data(), epochs=6, verbose=0)
    make().fit(*data(), epochs=4, verbose=0, hooks=[hooks.Checkpoint(tmp_path / "kept")])
    resumed = make()
    first = resumed.restore(tmp_path / "kept")
    assert first == 4
    keeper = hooks.Checkpoint(tmp_path / "kept")
    resumed.fit(*data(), epochs=6, initial_epoch=first, verbose=0, hooks=[keeper])
    assert sha256(resumed.state.tensors()) == sha256(whole.state.tensors())
    assert make().restore(tmp_path / "kept") == 6


def test_checkpoints_are_named_for_their_epochs_and_the_best_is_kept(tmp_path):
    model, keeper = make(0.3), hooks.Checkpoint(tmp_path / "kept")
    options = {"verbose": 0, "validation_split": 0.3, "hooks": [keeper]}
    rows = model.fit(*data(), epochs=12, initial_epoch=4, **options).history["val_accuracy"]
    best = 5 + rows.index(max(rows))
    kept = [int(path.name[6:10]) for path in keeper.run.checkpoints()]
    assert best < 10, "the test shows nothing: the best is among the newest"
    assert kept == [best, 10, 11, 12]
    model.fit(*data(), epochs=2, **options)  # counts epochs from the start, steps go on
    assert make(0.3).restore(tmp_path / "kept") == 2


def test_checkpoints_of_another_training_are_not_lost_by_mistake(tmp_path):
    make().fit(*data(), epochs=3, verbose=0, hooks=[hooks.Checkpoint(tmp_path)])
    names = sorted(path.name for path in tmp_path.iterdir())
    other = make()
    with pytest.raises(CheckpointError, match="up to step 6, but training is at step 0; restore"):
        other.fit(*data(), verbose=0, hooks=[hooks.Checkpoint(tmp_path)])
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    other.fit(*data(), verbose=0, hooks=[hooks.Checkpoint(tmp_path, fresh=True)])
    assert [path.name for path in RunDirectory(tmp_path).checkpoints()] == [
        "epoch-0001-step-00000002"
    ]
    with pytest.raises(CheckpointError, match="contains no checkpoint"):
        make().restore(tmp_path / "nothing")
    with pytest.raises(CheckpointError, match=r"no config to predict with: `Model\.restore`"):
        trained.load(tmp_path)


def scalars(path):
    """(run, tag, step) of all that TensorBoard would show."""
    return {
        (file.parent.name, value.tag, event.step)
        for file in sorted((path / "tensorboard").rglob("events*"))
        for event in tf.compat.v1.train.summary_iterator(str(file))
        for value in event.summary.value
    }


def test_tensorboard_log(tmp_path):
    model = make()
    options = {"batch_size": 24, "verbose": 0, "validation_split": 0.2}
    model.fit(*data(), epochs=2, hooks=[hooks.TensorBoardLog(tmp_path)], **options)
    steps, epochs = range(1, 5), (2, 4)
    expected = {
        *(("train", f"step/{name}", step) for name in ("loss", "accuracy") for step in steps),
        *(("train", f"epoch/{name}", step) for name in ("loss", "accuracy") for step in epochs),
        *(("train", "epoch/learning_rate", step) for step in epochs),
        *(
            ("validation", f"epoch/{name}", step)
            for name in ("loss", "accuracy")
            for step in epochs
        ),
    }
    assert scalars(tmp_path) == expected
    model.fit(*data(), hooks=[hooks.TensorBoardLog(tmp_path)], **options)
    assert expected < scalars(tmp_path)
    assert ("validation", "epoch/loss", 6) in scalars(tmp_path)


def test_dots(capsys):
    make().fit(*data(), epochs=3, verbose=0, hooks=[hooks.Dots()])
    assert capsys.readouterr().out == "...\n"


@pytest.mark.parametrize(("verbose", "lines"), [(0, 0), (2, 3)])
def test_verbose(capsys, verbose, lines):
    make().fit(*data(), epochs=3, verbose=verbose)
    captured = capsys.readouterr()
    assert len(captured.out.splitlines()) == lines
    assert captured.err == ""


def test_verbose_shows_progress(capsys, monkeypatch):
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0)
    model = make()
    model.fit(*data(), epochs=2, verbose=1)
    assert "epoch 1/2: 1/2 loss" in capsys.readouterr().err
    model.predict(X, batch_size=30)
    assert capsys.readouterr().err.startswith("predicting: 1/2, 0 s left\n")
    model.evaluate(unknown_length(), verbose=1)
    assert "evaluating: 2\n" in capsys.readouterr().err


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


def test_a_history_without_epochs(tmp_path):
    history = make().fit(*data(), epochs=3, initial_epoch=3, verbose=0)
    assert (history.history, history.epoch) == ({}, [])
    with pytest.raises(DataError, match="no epoch to draw"):
        history.plot(tmp_path / "history.png")


def test_a_keeper_that_is_used_again_forgets_the_network_before():
    keeper = hooks.BestKeeper("loss")
    make().fit(*data(), epochs=9, verbose=0, hooks=[keeper])
    other, alone = (Model.of("mlp", CONFIG, seed=2) for _ in range(2))
    for model, used in ((other, [keeper]), (alone, [])):
        model.compile(optimizers.Adam(0.01), losses.softmax_cross_entropy)
        model.fit(*data(), verbose=0, hooks=used)
    assert sha256(other.variables.all()) == sha256(alone.variables.all())


@pytest.mark.parametrize("name", ["acc", "auc", "f1", "recall", "val_top_hit"])
def test_of_some_figures_more_is_better(name):
    assert hooks.EarlyStopping(name).mode == hooks.BestKeeper(name).mode == "max"


@pytest.mark.parametrize("name", ["loss", "val_mae", "mean_error", "val_loss"])
def test_of_others_less_is_better(name):
    assert hooks.ReduceRateOnPlateau(name).mode == "min"


def test_a_figure_whose_better_side_is_not_known():
    with pytest.raises(ConfigError, match=r"val_size does not tell .*: pass mode='min' or 'max'"):
        hooks.EarlyStopping("val_size")
    assert hooks.EarlyStopping("val_size", mode="max").mode == "max"


def test_a_keeper_gives_back_the_best_network_when_training_diverges():
    model, keeper = make(), hooks.BestKeeper("loss")

    class Diverge(hooks.Hook):
        def on_epoch_end(self, row):
            if row["epoch"] == 2:
                self.kept = dict(keeper.variables)
                weights = model.variables.weights["d1"]
                weights.assign(tf.fill(weights.shape, np.nan))

    diverge = Diverge()
    with pytest.raises(NonFiniteError):
        model.fit(*data(), epochs=5, verbose=0, hooks=[keeper, diverge])
    for name, value in model.get_weights().items():
        np.testing.assert_array_equal(value, diverge.kept[name])


def test_hooks_go_on_where_a_restored_training_stopped(tmp_path):
    """The plateau's rates and the end of training are those of a training in one piece."""

    def parts():
        model = make(schedules.Adjustable(0.3))
        plateau = hooks.ReduceRateOnPlateau("val_loss", patience=2, factor=0.5)
        return model, [plateau, hooks.EarlyStopping("val_loss", patience=4)]

    options = {"validation_split": 0.3, "verbose": 0}
    whole_model, used = parts()
    whole = whole_model.fit(*data(), epochs=30, hooks=used, **options)
    assert 6 < len(whole.epoch) < 30
    assert len(set(whole.history["learning_rate"])) > 1
    for cut in (3, len(whole.epoch)):
        path = tmp_path / str(cut)
        model, used = parts()
        model.fit(*data(), epochs=cut, hooks=[*used, hooks.Checkpoint(path)], **options)
        resumed, used = parts()
        first = resumed.restore(path)
        used.append(hooks.Checkpoint(path))
        history = resumed.fit(*data(), epochs=30, initial_epoch=first, hooks=used, **options)
        assert history.epoch == whole.epoch[cut:]
        assert sha256(resumed.state.tensors()) == sha256(whole_model.state.tensors())
        _, record = RunDirectory(path).newest()
        assert len(record["history"]) == len(whole.epoch)
        best = max(record["history"], key=lambda row: row["val_accuracy"])
        names = [kept.name for kept in RunDirectory(path).checkpoints()]
        assert f"epoch-{best['epoch']:04d}-step-{best['step']:08d}" in names


def test_a_rate_below_the_least_one_is_not_raised():
    model = make(schedules.Adjustable(0.01))
    plateau = hooks.ReduceRateOnPlateau("loss", patience=1, min_delta=10.0, min_rate=0.05)
    model.fit(*data(), epochs=3, verbose=0, hooks=[plateau])
    assert float(model.state.optimizer.learning_rate.rate) == pytest.approx(0.01)


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


def dataset(x=X, y=Y, *weights):
    return tf.data.Dataset.from_tensor_slices((x, y, *weights)).batch(30)


def unknown_length():
    return dataset().filter(lambda x, y: True)


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.uint16])
def test_labels_and_images_of_any_type(dtype):
    reference, other, of_dataset = make(), make(), make()
    doubles = X.astype(np.float64)
    reference.fit(X, Y, verbose=0, shuffle=False, batch_size=30)
    other.fit(doubles, Y.astype(dtype), verbose=0, shuffle=False, batch_size=30)
    of_dataset.fit(dataset(doubles, Y.astype(dtype)), verbose=0)
    for model in (other, of_dataset):
        assert sha256(model.variables.all()) == sha256(reference.variables.all())
    np.testing.assert_array_equal(
        other.predict(dataset(doubles), verbose=0), other.predict(X, verbose=0)
    )


def test_weights_in_a_dataset_may_be_doubles():
    model, other = make(), make()
    weights = np.linspace(0, 2, 60)
    model.fit(dataset(X, Y, weights), verbose=0)
    other.fit(X, Y, sample_weight=weights, batch_size=30, shuffle=False, verbose=0)
    assert sha256(model.variables.all()) == sha256(other.variables.all())


def test_a_dataset_that_does_not_know_its_length():
    model = make()
    expected = model.evaluate(X, Y, verbose=0)
    assert model.evaluate(unknown_length(), verbose=0) == pytest.approx(expected)
    assert model.predict(unknown_length(), verbose=0).shape == (60, 3)
    options = {"steps_per_epoch": 2, "validation_data": unknown_length(), "verbose": 0}
    history = model.fit(unknown_length(), epochs=2, **options)
    assert len(history.history["val_loss"]) == 2


def test_lists_instead_of_arrays():
    model, other = make(), make()
    model.fit(X.tolist(), Y.tolist(), verbose=0, validation_data=[X, Y])
    other.fit(X, Y, verbose=0)
    assert sha256(model.variables.all()) == sha256(other.variables.all())


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
        ((dataset().repeat(),), {}, ConfigError, "pass steps_per_epoch"),
        ((unknown_length(),), {}, ConfigError, "pass steps_per_epoch"),
        ((X, Y), {"validation_data": dataset().repeat()}, ConfigError, "never ends"),
        ((dataset().take(0),), {}, DataError, "contains no batches"),
        ((dataset().take(0),), {"steps_per_epoch": 1}, DataError, "contains no batches"),
        ((dataset().map(lambda x, y: x),), {}, DataError, r"batches \(inputs, targets\)"),
        ((dataset(X[:, :3]),), {}, DataError, "images must be"),
        ((X, Y), {"steps_per_epoch": 3}, ConfigError, "steps_per_epoch is for a dataset"),
        ((dataset(),), {"steps_per_epoch": 0}, ConfigError, "steps_per_epoch must be"),
        ((dataset(),), {"class_weight": {}}, ConfigError, "brings its own weights"),
        ((X, Y), {"sample_weight": Y[:, None]}, DataError, "sample weights must be"),
        ((X, np.eye(3)[Y]), {"class_weight": {}}, DataError, "a whole number for each example"),
        (
            (X, Y),
            {"class_weight": [1, 2, 3]},
            ConfigError,
            "class_weight must be a dict from class",
        ),
        ((X, np.eye(3)[Y]), {}, DataError, r"not float32 \(None, 3\); of one-hot rows, take the"),
        ((X, Y[:, None]), {}, DataError, r"not int32 \(None, 1\); drop the last axis: labels"),
        ((X, Y.astype(float)), {}, DataError, r"not float32 \(None,\); cast them to int\.$"),
        (((X * 255).astype(int), Y), {}, DataError, r"floats in \[0, 1\], not int64: divide bytes"),
        ((dataset((X * 255).astype(np.uint8)),), {}, DataError, "not uint8: divide bytes by 255"),
        (
            (np.where(X > 0.9, np.nan, X), Y),
            {},
            DataError,
            "images hold a number that is not finite",
        ),
        (
            (dataset(np.where(X > 0.9, np.nan, X)),),
            {},
            DataError,
            "cannot be computed: images hold",
        ),
        ((dataset(y=Y.astype(np.int64) + 2**32),), {}, DataError, "computed: a whole number does"),
        ((X, [[0], [1, 2]]), {}, DataError, "lists must be even, all rows of one length"),
        ((iter([1]), Y), {}, DataError, "a batch must be arrays of numbers"),
        ((X, Y), {"validation_data": ()}, ConfigError, r"must be \(x, y\), .* not 0 parts"),
        ((X, Y), {"validation_data": (X, Y, Y, Y)}, ConfigError, "not 4 parts"),
        ((X.astype(float) * 1e300, Y), {}, DataError, "images hold a number that is not finite"),
        ((X + 1j, Y), {}, DataError, "images must be real numbers, not complex"),
        ((np.ma.masked_less(X, 0.5), Y), {}, DataError, "a masked array's mask would be lost"),
        ((X, Y), {"class_weight": {"0": 5.0}}, ConfigError, "a class in class_weight must be"),
        ((X, Y), {"class_weight": {7: 5.0}}, ConfigError, "the class 7, which no example has"),
        ((X, Y), {"class_weight": {0: -5.0}}, ConfigError, "the weight of class 0 must be"),
        ((X, Y), {"sample_weight": -np.ones(len(Y))}, DataError, "sample weights must be at least"),
        ((X, Y), {"hooks": hooks.Dots()}, ConfigError, "hooks must be a list"),
        ((X, Y), {"hooks": [print]}, ConfigError, "hooks must be a list"),
    ],
)
def test_impossible_arguments(arguments, options, error, message):
    model = make()
    before = sha256(model.state.tensors())
    with pytest.raises(error, match=message):
        model.fit(*arguments, **{"verbose": 0, **options})
    assert sha256(model.state.tensors()) == before


def test_a_class_that_is_held_out_may_have_a_weight():
    order = np.argsort(Y)
    share = (Y == 2).mean()
    model = make()
    weights = {0: 1.0, 1: 1.0, 2: 5.0}
    model.fit(X[order], Y[order], validation_split=share, class_weight=weights, verbose=0)


@pytest.mark.parametrize("metric", [lambda y, z: tf.reduce_mean(z), lambda y, z: z])
def test_a_metric_is_a_number_for_each_example(metric):
    model = make()
    model.compile(optimizers.SGD(0.1), losses.softmax_cross_entropy, {"mean": metric})
    with pytest.raises(ConfigError, match="the metric mean must be one number for each example"):
        model.fit(X, Y, verbose=0)


def test_a_network_that_is_not_finite_answers_nothing():
    """A compiled ReLU would make zeros of it."""
    model = make()
    layer = next(iter(model.variables.weights))
    values = model.get_weights()
    with pytest.raises(ConfigError, match="holds a number that is not finite"):
        model.set_weights({name: value * np.nan for name, value in values.items()})
    model.variables.weights[layer].assign(values[f"weights/{layer}"] * np.nan)
    for answer in (lambda: model.predict(X, verbose=0), lambda: model.evaluate(X, Y, verbose=0)):
        with pytest.raises(NonFiniteError, match=f"weights/{layer} is not finite"):
            answer()


def test_a_dataset_whose_inputs_are_not_finite_is_not_evaluated():
    data = dataset(np.where(X > 0.9, np.nan, X))
    for answer in (make().predict, make().evaluate):
        with pytest.raises(DataError, match="cannot be computed: images hold a number that is not"):
            answer(data, verbose=0)


@pytest.mark.parametrize("shift", [1, -1])
def test_labels_beyond_the_classes(shift):
    with pytest.raises(DataError, match=r"a batch cannot be computed: .* label value of (3|-1)"):
        make().fit(X, Y + shift, verbose=0)
    with pytest.raises(DataError, match=r"a batch cannot be computed: .* label value of (3|-1)"):
        make().evaluate(X, Y + shift, verbose=0)


def test_smoothed_labels_beyond_the_classes():
    model = Model.of("mlp", CONFIG)
    loss = functools.partial(losses.softmax_cross_entropy, label_smoothing=0.1)
    model.compile(optimizers.Adam(0.1), loss)
    with pytest.raises(DataError, match=r"a batch cannot be computed: .* 3 is not in \[0, 3\)"):
        model.fit(X, Y + 1, verbose=0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("adam", losses.softmax_cross_entropy), "optimizer must be one of lowlevel.optimizers"),
        ((optimizers.Adam, losses.softmax_cross_entropy), "optimizer must be one of"),
        ((optimizers.Adam(0.1), "mse"), "loss must be a function"),
        ((optimizers.Adam(0.1), losses.softmax_cross_entropy, ["accuracy"]), "a dict of functions"),
        (
            (optimizers.Adam(0.1), losses.softmax_cross_entropy, {"loss": metrics.is_correct}),
            "a metric cannot be called loss",
        ),
    ],
)
def test_what_cannot_be_compiled(arguments, message):
    with pytest.raises(ConfigError, match=message):
        Model.of("mlp", CONFIG).compile(*arguments)


def test_an_optimizer_trains_one_network():
    adam = optimizers.Adam(0.1)
    Model.of("mlp", CONFIG).compile(adam, losses.softmax_cross_entropy)
    with pytest.raises(ConfigError, match="already in use: make one for each training"):
        Model.of("mlp", CONFIG).compile(adam, losses.softmax_cross_entropy)


def test_classes_of_a_single_logit():
    with pytest.raises(DataError, match="a whole number for each row of logits"):
        metrics.is_correct(np.array([0, 1]), np.array([0.5, -0.5], np.float32))


def test_a_model_that_is_not_compiled():
    model = Model.of("mlp", CONFIG)
    with pytest.raises(ConfigError, match="compile the model before"):
        model.fit(X, Y)
    with pytest.raises(ConfigError, match="compile the model before"):
        model.evaluate(X, Y)


def test_weights_that_do_not_fit(tmp_path):
    model = make()
    with pytest.raises(CheckpointError, match=r"nothing\.h5 is not a file"):
        model.load_weights(tmp_path / "nothing.h5")
    with pytest.raises(ConfigError, match="values must be a dict of arrays by name, not list"):
        model.set_weights(list(model.get_weights().values()))
    weights = model.get_weights()
    before = sha256(model.variables.all())
    with pytest.raises(ConfigError, match="weights/d9 differ"):
        model.set_weights(weights | {"weights/d9": np.zeros(3)})
    with pytest.raises(ConfigError, match=r"biases/out is \[3\], not \[4\]"):
        model.set_weights(weights | {"biases/out": np.zeros(4)})
    assert sha256(model.variables.all()) == before
