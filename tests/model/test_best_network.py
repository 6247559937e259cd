"""The hook that keeps the best network, in the workflow."""

import csv

from lowlevel import losses, optimizers
from lowlevel.data import digits
from lowlevel.model import Model
from lowlevel.training.best_network import BestNetwork, Criterion
from lowlevel.training.hooks import BestKeeper, CSVLog, EarlyStopping


def test_statistics_of_some_epochs_beside_statistics_of_every_epoch(tmp_path):
    """Its figure is in some rows only, of the history and of a CSV file."""
    model = Model.of("mlp")
    model.compile(optimizers.Adam(1e-3), losses.softmax_cross_entropy)
    figures = iter([0.5, 0.25])
    hook = BestNetwork(
        evaluate=lambda variables: next(figures),
        evaluation_variables=Model.of("mlp", seed=1).variables,
        directory=tmp_path / "best",
        config={},
        criterion=Criterion("val_average_precision", every_epochs=2),
        say=lambda line: None,
    )
    test = digits.load().test
    log = CSVLog(tmp_path / "log.csv")
    history = model.fit(
        test.images / 255, test.labels, epochs=5, batch_size=100, verbose=0, hooks=[hook, log]
    )
    assert history.history["val_average_precision"] == [0.5, 0.25]
    assert len(history.history["loss"]) == 5
    with (tmp_path / "log.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["val_average_precision"] for row in rows] == ["", "0.5", "", "0.25", ""]
    history.plot(tmp_path / "history.png")


def judged_model(directory, figures, every_epochs=1):
    model = Model.of("mlp")
    model.compile(optimizers.Adam(1e-3), losses.softmax_cross_entropy)
    figures = iter(figures)
    hook = BestNetwork(
        evaluate=lambda variables: next(figures),
        evaluation_variables=Model.of("mlp", seed=1).variables,
        directory=directory,
        config={},
        criterion=Criterion("val_average_precision", every_epochs=every_epochs),
        say=lambda line: None,
    )
    return model, hook


def fit(model, epochs, *hooks):
    test = digits.load().test
    options = {"epochs": epochs, "batch_size": 120, "verbose": 0, "hooks": hooks}
    return model.fit(test.images / 255, test.labels, **options)


def test_a_second_fit_keeps_the_best_of_the_first(tmp_path):
    model, hook = judged_model(tmp_path, [0.1, 0.9, 0.5, 0.6])
    fit(model, 2, hook)
    fit(model, 2, hook)
    assert hook.best["val_average_precision"] == 0.9
    [kept] = hook.run.checkpoints()
    assert kept.name == "epoch-0002-step-00000006"


def test_other_hooks_read_a_figure_that_is_not_in_every_row(tmp_path):
    """Early stopping waits two judgements; the keeper takes the best of them."""
    model, hook = judged_model(tmp_path, [0.1, 0.9, 0.5, 0.6, 0.7], every_epochs=2)
    stop = EarlyStopping("val_average_precision", patience=2)
    keeper = BestKeeper("val_average_precision")
    history = fit(model, 20, hook, stop, keeper)
    assert len(history.epoch) == 8
    assert keeper.best == 0.9
