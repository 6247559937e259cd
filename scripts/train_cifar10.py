#!/usr/bin/env python3
"""Trains MiniInception on CIFAR-10, or resumes a run that was stopped."""

import shlex
import sys
from pathlib import Path

from lowlevel import command_line
from lowlevel.training import arguments

CHECKPOINTS = Path(__file__).resolve().parent.parent / "checkpoints"


def parse_arguments():
    parser = command_line.ArgumentParser(description=__doc__)
    data = parser.add_argument_group("data")
    data.add_argument("--dataset", choices=("cifar10", "shapes"), default="cifar10")
    data.add_argument("--data-dir", metavar="DIR")
    arguments.add_photo_augmentation(parser)
    arguments.add_training(parser, epochs="20", batch_size=64, learning_rate="0.001")
    arguments.add_mini_inception(parser)
    arguments.add_run(parser, run_dir="checkpoints/mini_inception-NAME, named for the dataset")
    return parser.parse_args()


def main():
    args = parse_arguments()
    command_line.quiet_tensorflow()
    from lowlevel.data import cifar10, pipeline
    from lowlevel.nets import mini_inception
    from lowlevel.training.classification import Classifier
    from lowlevel.training.recipe import Recipe

    dataset = cifar10.read(args.data_dir)
    epochs = args.epochs or 20
    args.learning_rate = args.learning_rate or 0.001
    steps = epochs * pipeline.steps_per_epoch(len(dataset.train), args.batch_size)
    config = mini_inception.Config(
        dataset.image_shape,
        dataset.num_classes,
        conv_biases=args.conv_biases,
        norm_momentum=args.norm_momentum,
    )
    classifier = Classifier(
        "mini_inception",
        config,
        dataset,
        Recipe.from_arguments(args, steps),
        args.run_dir,
        command=shlex.join(["python", "scripts/train_cifar10.py", *sys.argv[1:]]),
    )
    classifier.open(args.resume, args.fresh)
    classifier.train(epochs, args.steps, args.checkpoint_every, lambda row: print(row, flush=True))


if __name__ == "__main__":
    command_line.run(main)
