#!/usr/bin/env python3
"""Trains the bottle autoencoder on a folder of images, and fits the detector of anomalies."""

import functools
from pathlib import Path

from lowlevel.cli import arguments, command_line, image_arguments
from lowlevel.cli.defaults import Default, TrainingDefaults

CHECKPOINTS = Path(__file__).resolve().parent.parent / "checkpoints"
DEFAULTS = TrainingDefaults(
    epochs=Default(100, {"shapes": 30}),
    batch_size=Default(256, {"shapes": 32}),
    learning_rate=Default(0.00015, {"shapes": 0.001}),
    optimizer="nadam",
)


def parse_arguments():
    parser = command_line.ArgumentParser(description=__doc__)
    image_arguments.add_folders(parser)
    image_arguments.add_autoencoder(parser)
    arguments.add_training(parser, DEFAULTS, batch_norm=True)
    arguments.add_run(parser, run_dir="checkpoints/autoencoder-NAME", export=False)
    args = arguments.parse(parser)
    image_arguments.check_folders(parser, args)
    return args


def main():
    args = parse_arguments()
    command_line.start_training()
    # Imported only now, so that --help and mistakes in the arguments are answered at once.
    from lowlevel import nets
    from lowlevel.cli import image_folders, training
    from lowlevel.data import training_data
    from lowlevel.nets import bottle_autoencoder, bottle_encoder
    from lowlevel.reports import by_task
    from lowlevel.training import tasks
    from lowlevel.training.run import Run

    name = args.dataset or args.train.resolve().parent.name
    directory = training.make_directory(args, CHECKPOINTS, f"autoencoder-{name}")
    config = bottle_autoencoder.of(bottle_encoder.Config())
    side = config.encoder.image_shape[0]
    images = image_folders.load(args, config.encoder.image_shape, directory)
    DEFAULTS.fill(args, args.dataset)
    augmentation = training.make_augmentation(
        args,
        "rotate",
        "zoom",
        shift=args.shift * side,
        flip=args.flips,
        flip_vertical=args.flips,
        fill="nearest",
    )
    run = Run(
        nets.make("bottle_autoencoder", config, args.seed, args.precision),
        tasks.reconstruction(),
        training_data.of_sources(name, images["train"], images["normal"], augmentation),
        training.make_recipe(args, len(images["train"])),
        directory,
    )
    description = (
        f"{name}: {len(images['train'])} images to train on, {len(images['normal'])} to test on"
    )
    report = functools.partial(by_task.bottles, sources=images, false_alarms=args.false_alarms)
    return training.execute(run, args, description, report, (), by_task.show_nothing)


if __name__ == "__main__":
    command_line.run(main)
