#!/usr/bin/env python3
"""Trains a network to estimate how far a car goes on a gallon, from a table of cars.

The last fifth of the cars to train on is held out for validation. Training ends when the validation
loss has not fallen for a while; the run can be resumed from its last epoch, but it predicts, and is
tested here, with the network of its best one.
"""

import functools
from pathlib import Path

from lowlevel.cli import arguments, command_line
from lowlevel.cli.defaults import TrainingDefaults

CHECKPOINTS = Path(__file__).resolve().parent.parent / "checkpoints"
DEFAULTS = TrainingDefaults(
    epochs=1000,
    batch_size=32,
    learning_rate=0.001,
    optimizer="rmsprop",
    jit_compile=True,
    at_most=True,
)


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
    arguments.add_training(parser, DEFAULTS, examples="cars", jit_compile="on")
    parser.add_argument(
        "--patience",
        metavar="EPOCHS",
        type=command_line.whole_number(1),
        default=20,
        help="end training after this many epochs without a lower validation loss "
        "(default: %(default)s)",
    )
    arguments.add_run(parser, run_dir="checkpoints/regression-NAME", export=False)
    return arguments.parse(parser)


def main():
    args = parse_arguments()
    command_line.start_training()
    # Imported only now, so that --help and mistakes in the arguments are answered at once.
    from lowlevel import nets
    from lowlevel.cli import downloads, training
    from lowlevel.data import auto_mpg, training_data
    from lowlevel.reports import by_task
    from lowlevel.storage.run_directory import BEST_EPOCH, PREDICTS_WITH
    from lowlevel.training import hooks, tasks
    from lowlevel.training.run import Run

    name = "auto-mpg" if args.data is None else Path(args.data).stem
    with downloads.offer_others("auto-mpg"):
        table = auto_mpg.load() if args.data is None else auto_mpg.read(args.data)
    train, validation, test = map(table.part, auto_mpg.split(table))
    directory = training.make_directory(args, CHECKPOINTS, f"regression-{name}")
    training.keep_jit_compile(args, directory)
    DEFAULTS.fill(args)
    statistics = auto_mpg.statistics_of(train.features)
    config = nets.get("regression").Config(features=len(auto_mpg.FEATURES))
    run = Run(
        nets.make("regression", config, args.seed, args.precision),
        tasks.regression(),
        training_data.of_arrays(
            name,
            train.examples(statistics),
            validation.examples(statistics),
            "validation",
            columns=list(auto_mpg.FEATURES),
            preprocessing=statistics,
            **{PREDICTS_WITH: BEST_EPOCH},
        ),
        training.make_recipe(args, len(train)),
        directory,
    )
    description = (
        f"{name}: {len(table)} cars, and {len(table.dropped)} left out because a number is "
        f"missing; {len(train)} to train on, {len(validation)} for validation, "
        f"{len(test)} to test on"
    )
    watch = [hooks.EarlyStopping(patience=args.patience)] + [hooks.Dots()] * (not args.quiet)
    return training.execute(
        run, args, description, functools.partial(by_task.cars, table=test), watch
    )


if __name__ == "__main__":
    command_line.run(main)
