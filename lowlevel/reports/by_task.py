"""Reports and pictures at the end of a run, task by task.

Each function takes a trained `Run`, a function `say` that prints a line, and a `TensorBoard` or
None; scripts fill in further arguments. It returns an `Outcome`. Parts that need a library that
is not installed are left out, with a message on stderr.
"""

import contextlib
import dataclasses
import sys
from collections.abc import Callable
from typing import Any

from lowlevel.checks import MissingExtraError
from lowlevel.data.image_sources import SourceExamples
from lowlevel.data.labelled_images import ImageDataset
from lowlevel.data.tensors import to_tensors
from lowlevel.nets.network import Network
from lowlevel.prediction import anomaly, trained, views
from lowlevel.prediction.detection import MIN_SCORE, of_image
from lowlevel.prediction.latent_encoder import LatentEncoder
from lowlevel.prediction.predictor import Predictor, of_all
from lowlevel.prediction.serving import TrainedNetwork
from lowlevel.reports import box_plots, classification, curves, detection, estimates, figures, plots
from lowlevel.reports.reconstructions import draw as draw_reconstructions
from lowlevel.storage import checkpoint
from lowlevel.storage.history import best_epoch
from lowlevel.training.run import Run

DIGITS_DRAWN, DIGITS_WRITTEN, BOTTLES_DRAWN, SCENES_DRAWN = 25, 12, 10, 12
SAMPLES_SHOWN, ESTIMATES_SHOWN = 25, 5


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How good a network is.

    Attributes:
        lines: lines of text that describe it.
        facts: the entries that an export stores in its config.
        export_files: names of files in the run's directory to copy into an export.
        network: the network that was judged, if it is not the run's own.
        step: that network's step.
    """

    lines: tuple
    facts: dict = dataclasses.field(default_factory=dict)
    export_files: tuple = ()
    network: Network | None = None
    step: int | None = None


def digits(run: Run, say: Callable, tensorboard: Any = None) -> Outcome:
    """Draws the first test images with their predictions."""
    images, labels = (part[:DIGITS_DRAWN].numpy() for part in run.data.held_out.tensors)
    path = run.directory.path / "predictions.png"
    with _if_installed(f"{path} is not drawn"):
        predictor = Predictor(TrainedNetwork.of_run(run))
        prediction = predictor.predict(images)
        plots.draw_predictions(path, images, prediction, labels, predictor.class_names)
        say(f"drew {path}")
    return dataclasses.replace(_accuracy(run), export_files=(path.name,))


def photographs(
    run: Run, say: Callable, tensorboard: Any = None, ten_views: bool = False, quiet: bool = True
) -> Outcome:
    """Writes a table of metrics by class, and draws the confusion matrix and the curves."""
    directory = run.directory.path
    images, labels = run.data.held_out.tensors[0], run.data.held_out.tensors[1].numpy()
    predictor = Predictor(TrainedNetwork.of_run(run))
    with _if_installed("the report is not complete"):
        prediction = of_all(predictor.predict, images)
        report = classification.make(labels, prediction, predictor.class_names)
        report.write(directory)
        say(report.text())
        matrix = classification.confusion_figure(report)
        figures.save(matrix, directory / "confusion_matrix.png")
        if tensorboard is not None:
            step = int(run.state.step)
            tensorboard.write_image("confusion matrix", figures.to_array(matrix), step)
        say(f"wrote the report and its pictures to {directory}")
    with _if_installed("the curves are not drawn"):
        _draw_curves(run)
    outcome = _accuracy(run)
    if ten_views:
        classes = of_all(lambda some: views.predict(predictor, some, quiet), images).classes
        line = _describe_accuracy(int((classes == labels).sum()), len(labels))
        outcome = dataclasses.replace(outcome, lines=(f"{line} over ten views", *outcome.lines))
    return outcome


def show_samples(dataset: ImageDataset, tensorboard: Any) -> None:
    """Shows a TensorBoard the first training images of an `ImageDataset` with their classes."""
    train = dataset.train
    with _if_installed("TensorBoard shows no pictures"):
        sample, grid = figures.image_grid(train.images[:SAMPLES_SHOWN], columns=5)
        for axes, label in zip(grid, train.labels[:SAMPLES_SHOWN], strict=True):
            axes.set_title(dataset.class_names[label], parse_math=False)
        tensorboard.write_image("training images", figures.to_array(sample), 0)


def show_nothing(tensorboard: Any) -> None:
    """Shows a TensorBoard no samples: the run is logged all the same."""


def sentences(run: Run, say: Callable, tensorboard: Any = None) -> Outcome:
    """Draws the curves."""
    with _if_installed("the curves are not drawn"):
        if _draw_curves(run):
            say(f"drew {run.directory.path / 'curves.png'}")
    return _accuracy(run)


def cars(run: Run, say: Callable, tensorboard: Any = None, table: Any = None) -> Outcome:
    """Estimates how far the cars of a test table go, with the network of the best epoch."""
    network = trained.load(run.directory.path)
    found = network.answer(to_tensors(table.features))["estimate"].numpy()
    history, directory = run.state.history, run.directory.path
    if history:
        best = best_epoch(history)
        say(
            f"{len(history)} epochs; the best was epoch {best['epoch']}, validation loss "
            f"{best['val_loss']:.4f}, mean absolute error {best['val_mae']:.4f}"
        )
    for truth, estimate in list(zip(table.targets, found, strict=True))[:ESTIMATES_SHOWN]:
        say(f"estimate {estimate:5.1f} miles a gallon, truth {truth:5.1f}")
    with _if_installed("nothing is drawn"):
        _draw_curves(run, scale="log")
        estimates.draw(directory / "estimates.png", table.targets, found, "miles a gallon")
        say(f"drew curves and estimates in {directory}")
    error = abs(found - table.targets).mean()
    line = f"test mean absolute error {error:.4f} miles a gallon ({len(table)} cars)"
    step = checkpoint.read_record(network.source)["step"]
    return Outcome((line,), network=network.network, step=step)


def digit_reconstructions(run: Run, say: Callable, tensorboard: Any = None) -> Outcome:
    """Draws test images and what an autoencoder makes of them, and the curves."""
    _draw_reconstructions(run, {"test images": run.data.held_out.tensors[0][:DIGITS_WRITTEN]}, say)
    return _reconstruction_error(run)


def bottles(
    run: Run, say: Callable, tensorboard: Any = None, sources: Any = None,
    false_alarms: float = 0.05,
) -> Outcome:  # fmt: skip
    """Fits the detector of anomalies, and draws reconstructions of each kind of images.

    Args:
        run, say, tensorboard: see above.
        sources: `ImageSource`s by name, for example "normal" and "anomaly".
        false_alarms: see `anomaly.fit`.
    """
    encoder = LatentEncoder(TrainedNetwork.of_run(run))
    with _if_installed("no detector is fitted"):
        latents = encoder.latents(run.data.train.source)
        detector = anomaly.fit(latents, encoder.sha256, run.recipe.seed, false_alarms=false_alarms)
        detector.save(run.directory.path)
        say(f"fitted the detector; images that score below {detector.threshold:.1f} are anomalies")
    originals = {}
    for name, source in sources.items():
        examples = SourceExamples(source, run.data.facts["preprocessing"])
        [(originals[name], _)] = examples.batches(BOTTLES_DRAWN).take(1)
    _draw_reconstructions(run, originals, say)
    return _reconstruction_error(run)


def scenes(
    run: Run, say: Callable, tensorboard: Any = None, best: Any = None, test: Any = None
) -> Outcome:
    """Judges the best network on scenes that were used neither to train nor to choose it.

    Args:
        run, say, tensorboard: see above.
        best: the `BestNetwork`; if none has been judged yet, the network as it is.
        test: the `Scenes`.
    """
    row, directory = best.best, run.directory.path
    predictor = Predictor(best.run.path if row else TrainedNetwork.of_run(run))
    found = predictor.outputs(test.images)
    facts = {"network": "best" if row else "last", "epoch": row and row["epoch"]}
    report = detection.report(found, test, predictor.class_names, **facts)
    report.write(directory)
    say(report.text())
    with _if_installed("nothing is drawn"):
        drawn = range(min(SCENES_DRAWN, len(test)))
        box_plots.draw(
            directory / "predictions.png",
            test.images[: len(drawn)],
            [of_image(found, index, MIN_SCORE) for index in drawn],
            predictor.class_names,
            [test.objects(index)[0] for index in drawn],
        )
        _draw_curves(run, judged=row and ("average_precision", row["epoch"]))
        say(f"wrote the report on the {facts['network']} network and its pictures to {directory}")
    result = report.result
    line = (
        f"test average precision {result.mean:.4f}, AP50 {result.ap50:.4f}, "
        f"AP75 {result.ap75:.4f} ({len(test)} scenes)"
    )
    return Outcome((line,), network=predictor.network.network, step=row and row["step"])


@contextlib.contextmanager
def _if_installed(what):
    """Reports what is missing, instead of failing, if an optional library is not installed."""
    try:
        yield
    except MissingExtraError as error:
        print(f"{what}: {error}", file=sys.stderr)


def _means(run):
    """A `Mean` of each metric over the held-out data, for the network as it is now."""
    return run.state.evaluation or run.evaluate(run.data.held_out)


def _accuracy(run):
    accuracy = _means(run)["accuracy"]
    line = _describe_accuracy(int(accuracy.total), int(accuracy.weight))
    return Outcome((line,), {"test_accuracy": accuracy.result()})


def _describe_accuracy(correct, count):
    return f"test accuracy {correct / count:.4f} ({correct}/{count})"


def _reconstruction_error(run):
    loss, count = _means(run)["loss"].result(), run.data.held_out.count
    return Outcome((f"test loss {loss:.6f} (mean squared error of {count} images)",))


def _draw_curves(run, scale="linear", judged=None):
    """Draws curves.png if an epoch is finished; returns whether it did."""
    path, name = run.directory.path / "curves.png", run.data.held_out_name
    if run.state.history:
        curves.draw(path, run.state.history, name, scale, judged)
    return bool(run.state.history)


def _draw_reconstructions(run, originals, say):
    """Draws rows of images, by name, above what the network makes of them; and the curves."""
    reconstruct = run.network.compile()
    path = run.directory.path / "reconstructions.png"
    with _if_installed("nothing is drawn"):
        rows = {name: (x.numpy(), reconstruct(x).numpy()) for name, x in originals.items()}
        draw_reconstructions(path, rows)
        _draw_curves(run)
        say(f"drew {path}")
