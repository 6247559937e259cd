"""The course of a run as a figure."""

from lowlevel.checks import DataError
from lowlevel.files import FilePath
from lowlevel.reports import figures
from lowlevel.storage.history import NOT_METRICS, best_epoch

MARKED_EPOCHS = 30  # more would run into one another


@figures.style()
def draw(
    path: FilePath,
    history: list[dict],
    evaluated_on: str = "test",
    scale: str = "linear",
    judged: tuple[str, int] | None = None,
) -> None:
    """Draws each metric over the epochs, on training and on held-out data.

    The learning rate is drawn beside them unless it is the same in all epochs.

    Args:
        path: the PNG file to write.
        history: one dict for each epoch, as in metrics.jsonl; some may lack some metrics.
        evaluated_on: what the held-out data are.
        scale: "linear", or "log" for metrics that fall far in the first epochs.
        judged: (name, epoch) of the metric that decides which epoch is best; None takes the
            highest accuracy, or the lowest loss.

    Raises:
        MissingExtraError: matplotlib is not installed.
        DataError: there is no epoch to draw, or the file cannot be written.
    """
    if not history:
        raise DataError("there is no epoch to draw the metrics of.")
    beside = (*NOT_METRICS, "learning_rate")
    metric_names = [name for row in history for name in row if name not in beside]
    names = list(dict.fromkeys(name.removeprefix("val_") for name in metric_names))
    rate_changes = len({row.get("learning_rate") for row in history}) > 1
    count = len(names) + rate_changes
    figure = figures.make(4.5 * count, 3.6)
    [panels] = figure.subplots(1, count, squeeze=False)
    for axes, name in zip(panels, names, strict=False):
        _plot(axes, history, name, figures.BLUE, "training")
        _plot(axes, history, f"val_{name}", figures.ORANGE, evaluated_on)
        axes.set_ylabel(name.replace("_", " "))
        axes.set_yscale(scale)
    if judged is None:
        judged = "accuracy" if "accuracy" in names else "loss", best_epoch(history)["epoch"]
    name, epoch = judged
    [best] = [row for row in history if row["epoch"] == epoch]
    if f"val_{name}" in best:
        axes = panels[names.index(name)]
        axes.axvline(epoch, color=figures.GREY, linestyle=":")
        best_value = best[f"val_{name}"]
        axes.set_title(f"best: {best_value:.4g} in epoch {epoch}")
    if rate_changes:
        _plot(panels[-1], history, "learning_rate", figures.GREY, "")
        panels[-1].set_ylabel("learning rate")
    for axes in panels:
        axes.set_xlabel("epoch")
        axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
        axes.set_xlim(left=max(0.5, axes.get_xlim()[0]))  # there is no epoch 0
    figures.add_legend(figure, panels[0])
    figures.save(figure, path)


def _plot(axes, history, name, color, label):
    """Draws a metric over the epochs that have it, if there are any."""
    rows = [row for row in history if name in row]
    if rows:
        epochs, values = [row["epoch"] for row in rows], [row[name] for row in rows]
        marker = "o" if len(rows) <= MARKED_EPOCHS else ""
        axes.plot(epochs, values, marker=marker, markersize=4, color=color, label=label)
