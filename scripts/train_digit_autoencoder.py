#!/usr/bin/env python3
"""Trains an autoencoder, nested from two networks, to describe a digit in 16 numbers."""

from pathlib import Path

from lowlevel.cli import arguments, command_line, image_arguments
from lowlevel.cli.defaults import Default, TrainingDefaults

CHECKPOINTS = Path(__file__).resolve().parent.parent / "checkpoints"
DEFAULTS = TrainingDefaults(
    epochs=Default(10, {"sample": 40, "digits": 100}), batch_size=128, learning_rate=0.002
)


def parse_arguments():
    parser = command_line.ArgumentParser(description=__doc__)
    image_arguments.add_from_disk(image_arguments.add_digits(parser))
    arguments.add_training(parser, DEFAULTS)
    arguments.add_run(
        parser, run_dir="checkpoints/digit_autoencoder-NAME, named for the dataset", export=False
    )
    return arguments.parse(parser)


def main():
    args = parse_arguments()
    command_line.start_training()
    # Imported only now, so that --help and mistakes in the arguments are answered at once.
    from lowlevel import nets
    from lowlevel.cli import downloads, training
    from lowlevel.data import training_data
    from lowlevel.reports import by_task
    from lowlevel.training import tasks
    from lowlevel.training.run import Run

    dataset = downloads.load_digits(args)
    DEFAULTS.fill(args, dataset.name)
    network = nets.make("digit_autoencoder", seed=args.seed, precision=args.precision)
    run = Run(
        network,
        tasks.reconstruction(),
        training_data.of_same_images(dataset, network.input_spec),
        training.make_recipe(args, len(dataset.train)),
        training.make_directory(args, CHECKPOINTS, f"digit_autoencoder-{dataset.name}"),
    )
    description = dataset.describe(classes=False)
    return training.execute(run, args, description, by_task.digit_reconstructions)


if __name__ == "__main__":
    command_line.run(main)
