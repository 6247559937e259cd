"""The course of a run as a picture."""

from lowlevel.evaluation import figures
from lowlevel.training.state import best_epoch

TRAIN, TEST = "#0969da", "#bc4c00"


def draw(path, history, evaluated_on="test", scale="linear"):
    """Draws each figure, on training and on held-out data, and the learning rate over the epochs.

    Args:
        path: the PNG file to write.
        history: one dict for each epoch, as in metrics.jsonl.
        evaluated_on: what the held-out data are.
        scale: "linear", or "log" for figures that fall far in the first epochs.

    Raises:
        MissingExtraError: matplotlib is not installed.
        DataError: the file cannot be written.
    """
    epochs = [row["epoch"] for row in history]
    beside = ("epoch", "step", "seconds", "learning_rate")
    names = [name for name in history[0] if name not in beside and not name.startswith("val_")]
    figure = figures.make(4.5 * (len(names) + 1), 3.6)
    *panels, last = figure.subplots(1, len(names) + 1)
    for axes, name in zip(panels, names, strict=True):
        axes.plot(epochs, [row[name] for row in history], ".-", color=TRAIN, label="training")
        if f"val_{name}" in history[0]:
            test = [row[f"val_{name}"] for row in history]
            axes.plot(epochs, test, ".-", color=TEST, label=evaluated_on)
        axes.set_title(name)
        axes.set_yscale(scale)
        axes.legend()
    judged = "accuracy" if "accuracy" in names else "loss"
    if f"val_{judged}" in history[0]:
        best, axes = best_epoch(history), panels[names.index(judged)]
        axes.axvline(best["epoch"], color=figures.NEUTRAL, linestyle=":")
        axes.set_title(f"{judged}, best {best['val_' + judged]:.4f} in epoch {best['epoch']}")
    last.plot(epochs, [row["learning_rate"] for row in history], ".-", color=figures.NEUTRAL)
    last.set_title("learning rate")
    for axes in (*panels, last):
        axes.set_xlabel("epoch")
        axes.spines[["top", "right"]].set_visible(False)
        axes.xaxis.get_major_locator().set_params(integer=True)
    figures.save(figure, path)
