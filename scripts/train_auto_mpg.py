#!/usr/bin/env python3
"""Trains a network to estimate how far a car goes on a gallon, from a table of cars.

The last fifth of the cars to train on is held out for validation. Training ends when the validation
loss has not fallen for a while; the run can be resumed from its last epoch, but it predicts, and is
tested here, with the network of its best one.
"""

import shlex
import sys
from pathlib import Path

from lowlevel.checks import MissingExtraError
from lowlevel.cli import arguments, command_line

CHECKPOINTS = Path(__file__).resolve().parent.parent / "checkpoints"
SHOWN = 5  # estimates that are printed


def parse_arguments():
    parser = command_line.ArgumentParser(description=__doc__)
    data = parser.add_argument_group("data")
    data.add_argument(
        "--data",
        metavar="FILE",
        help="a CSV file with the columns mpg, cylinders, displacement, horsepower, weight, "
        "acceleration, model_year and origin (usa, europe or japan); by default the Auto MPG "
        "table of 398 cars, from your cache or downloaded",
    )
    arguments.add_training(
        parser,
        epochs="at most 1000",
        batch_size="32",
        learning_rate="0.001",
        optimizer="rmsprop",
        classes=False,
        examples="cars",
    )
    parser.add_argument(
        "--patience",
        metavar="EPOCHS",
        type=command_line.whole_number(1),
        default=20,
        help="end training after so many epochs without a lower validation loss "
        "(default: %(default)s)",
    )
    arguments.add_run(parser, run_dir="checkpoints/regression-NAME", export=False)
    return arguments.parse(parser, CHECKPOINTS)


def main():
    args = parse_arguments()
    command_line.quiet_tensorflow()
    # Imported only now, so that --help and mistakes in the arguments are answered at once.
    from lowlevel import losses, metrics
    from lowlevel.cli import console
    from lowlevel.data import auto_mpg
    from lowlevel.data.examples import Arrays, to_tensors
    from lowlevel.nets import regression
    from lowlevel.prediction import trained
    from lowlevel.storage import checkpoint
    from lowlevel.training import hooks
    from lowlevel.training.recipe import Recipe
    from lowlevel.training.supervised import Supervised
    from lowlevel.variables import count_parameters, sha256

    table = auto_mpg.load() if args.data is None else auto_mpg.read(args.data)
    train, validation, test = map(table.part, auto_mpg.split(table))
    figures = auto_mpg.figures_of(train.features)
    examples = [
        Arrays(*to_tensors((auto_mpg.standardize(part.features, figures), part.targets)))
        for part in (train, validation)
    ]
    args.epochs = args.epochs or 1000
    args.batch_size = args.batch_size or 32
    args.learning_rate = args.learning_rate or 1e-3
    name = "auto-mpg" if args.data is None else Path(args.data).stem
    training = Supervised(
        "regression",
        regression.Config(features=len(auto_mpg.FEATURES)),
        losses.mean_squared_error,
        {"mae": metrics.absolute_error},
        *examples,
        Recipe.from_arguments(args, args.epochs * examples[0].steps(args.batch_size)),
        args.run_dir or CHECKPOINTS / f"regression-{name}",
        name,
        command=shlex.join(["python", "scripts/train_auto_mpg.py", *sys.argv[1:]]),
        evaluated_on="validation",
        columns=list(auto_mpg.FEATURES),
        preprocessing=figures,
        **{trained.PREDICTS_WITH: trained.BEST_EPOCH},
    )
    resumed = training.open(args.resume, args.fresh)
    state, say = training.state, console.sayer(args.quiet)
    say(
        f"{name}: {len(table)} cars, and {table.dropped} left out for want of a number; "
        f"{len(train)} to train on, {len(validation)} for validation, {len(test)} to test on; "
        f"regression: {count_parameters(state.variables.all())} parameters"
    )
    if resumed:
        say(f"resuming {resumed} at step {int(state.step)}; --fresh would start over")
    watch = [hooks.EarlyStopping(patience=args.patience)] + [hooks.Dots()] * (not args.quiet)
    status = console.train(training, args, args.epochs, say, hooks=watch, each_epoch=False)
    if status is not None:
        return status

    network = trained.load(training.run.path)
    estimates = network.service.serve(to_tensors(test.features))["estimate"].numpy()
    if state.history:
        say(describe_best(state.history))
    for truth, estimate in list(zip(test.targets, estimates, strict=True))[:SHOWN]:
        say(f"estimate {estimate:5.1f} miles a gallon, truth {truth:5.1f}")
    draw(training, test.targets, estimates, say)
    error = abs(estimates - test.targets).mean()
    step = checkpoint.read_record(network.source)["step"]
    print(f"test mean absolute error {error:.4f} miles a gallon ({len(test)} cars)")
    print(f"variables sha256 {sha256(network.service.variables.all())} at step {step}")
    return 0


def describe_best(history):
    """A line about the epoch of lowest validation loss."""
    from lowlevel.training.state import best_epoch

    best = best_epoch(history)
    return (
        f"{len(history)} epochs; the best was epoch {best['epoch']}, validation loss "
        f"{best['val_loss']:.4f}, mean absolute error {best['val_mae']:.4f}"
    )


def draw(training, truth, estimates, say):
    """Draws the curves of the run and estimates against truth, if matplotlib is there."""
    from lowlevel.reports import curves
    from lowlevel.reports import estimates as estimates_picture

    directory = training.run.path
    try:
        if training.state.history:
            curves.draw(directory / "curves.png", training.state.history, "validation", "log")
        estimates_picture.draw(directory / "estimates.png", truth, estimates, "miles a gallon")
        say(f"drew curves and estimates in {directory}")
    except MissingExtraError as error:
        print(f"nothing is drawn: {error}", file=sys.stderr)


if __name__ == "__main__":
    command_line.run(main)
