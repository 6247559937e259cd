#!/usr/bin/env python3
"""Trains a network to find digits of several sizes on a canvas, or resumes a run."""

import functools
from pathlib import Path

from lowlevel.cli import arguments, command_line, image_arguments
from lowlevel.cli.defaults import TrainingDefaults

CHECKPOINTS = Path(__file__).resolve().parent.parent / "checkpoints"
DEFAULTS = TrainingDefaults(epochs=10, batch_size=32, learning_rate=0.003, schedule="one_cycle")


def parse_arguments():
    parser = command_line.ArgumentParser(description=__doc__)
    data = image_arguments.add_digits(parser)
    data.add_argument(
        "--scenes",
        metavar="N",
        type=command_line.whole_number(1, 100_000),
        default=12_000,
        help="canvases to train on, drawn with the digits to train on (default: %(default)s)",
    )
    arguments.add_best(parser)
    arguments.add_training(parser, DEFAULTS, examples="scenes", batch_norm=True)
    arguments.add_run(
        parser, run_dir="checkpoints/grid_detector-NAME, named for the dataset", export=False
    )
    args = arguments.parse(parser)
    DEFAULTS.fill(args)
    if (args.evaluate_after or args.evaluate_every) > args.epochs:
        parser.error(f"the network would never be judged in {args.epochs} epochs")
    return args


def main():
    args = parse_arguments()
    command_line.start_training()
    # Imported only now, so that --help and mistakes in the arguments are answered at once.
    from lowlevel import nets
    from lowlevel.cli import downloads, training
    from lowlevel.data import digit_scenes, training_data
    from lowlevel.nets import grid_detector
    from lowlevel.reports import by_task
    from lowlevel.training import tasks
    from lowlevel.training.run import Run

    dataset = downloads.load_digits(args)
    train, validation, test = digit_scenes.load(dataset, args.scenes, quiet=args.quiet)
    config = grid_detector.Config(train.images.shape[1:], dataset.num_classes)
    run = Run(
        nets.make("grid_detector", config, args.seed, args.precision),
        tasks.detection(config),
        training_data.of_arrays(
            f"scenes of {dataset.name}",
            *(
                part.examples(grid_detector.targets(config, part.boxes, part.classes))
                for part in (train, validation)
            ),
            "validation",
            preprocessing={"divide_by": 255, "image_files": "light"},
            class_names=list(dataset.class_names),
        ),
        training.make_recipe(args, len(train)),
        training.make_directory(args, CHECKPOINTS, f"grid_detector-{dataset.name}"),
    )
    best = make_hook(args, run, validation)
    description = (
        f"{dataset.name}: {len(train)} scenes to train on, {len(validation)} to choose the best "
        f"network by, {len(test)} to test it on; {dataset.num_classes} classes"
    )
    report = functools.partial(by_task.scenes, best=best, test=test)
    return training.execute(run, args, description, report, [best], by_task.show_nothing)


def make_hook(args, run, validation):
    """The hook that keeps the network of the highest average precision."""
    from lowlevel.nets import grid_detector
    from lowlevel.prediction.detection import detect
    from lowlevel.reports import detection
    from lowlevel.training.best_network import FOLDER, BestNetwork, Criterion

    config = run.network.config

    def evaluate(variables):
        found = detect(config, variables, validation.images, args.precision)
        return detection.average_precision(found, validation, config.num_classes).mean

    return BestNetwork(
        evaluate,
        grid_detector.build(config, seed=0),
        run.directory.path / FOLDER,
        run.config,
        Criterion(
            "val_average_precision",
            warm_up_epochs=args.evaluate_after,
            every_epochs=args.evaluate_every,
        ),
        command_line.sayer(args.quiet),
    )


if __name__ == "__main__":
    command_line.run(main)
