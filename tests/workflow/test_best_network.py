"""The hook that keeps the best network, in the workflow."""

import csv

from lowlevel import losses, optimizers
from lowlevel.data import digits
from lowlevel.training.best_network import BestNetwork
from lowlevel.training.hooks import CSVLog
from lowlevel.workflow import Model


def test_figures_of_some_epochs_beside_figures_of_every_epoch(tmp_path):
    """Its figure is in some rows only, of the history and of a CSV file."""
    model = Model.of("mlp")
    model.compile(optimizers.Adam(1e-3), losses.softmax_cross_entropy)
    figures = iter([0.5, 0.25])
    hook = BestNetwork(
        evaluate=lambda variables: next(figures),
        evaluation_variables=Model.of("mlp", seed=1).variables,
        directory=tmp_path / "best",
        config={},
        every_epochs=2,
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
