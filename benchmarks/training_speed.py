#!/usr/bin/env python3
"""Times training of the four-conv network against Keras `fit`, at the same arithmetic.

Both train on the same images, in batches of the same size, with dropout and Adam, and shuffle each
round. Rounds alternate, so that whatever else the machine does hits both; the result is the median
of the ratios. Keras is timed with arrays in memory (float32, its quickest input) and with the
pipeline of this project. With --memory each side trains in a process of its own and the peak of
its resident memory is printed.
"""

import argparse
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from lowlevel.cli import command_line

BATCH_SIZE = 128
SIDES = ("lowlevel", "keras arrays", "keras tf.data")


def parse_arguments():
    """Reads the command line."""
    parser = command_line.ArgumentParser(description=__doc__)
    at_least_one = command_line.whole_number(1)
    parser.add_argument("--data-dir", help="MNIST's IDX files (default: the packaged digits)")
    parser.add_argument(
        "--rounds", type=at_least_one, default=15, help="rounds to time (default 15)"
    )
    parser.add_argument(
        "--images", type=at_least_one, default=6_400, help="images in a round (default 6400)"
    )
    parser.add_argument("--memory", action="store_true", help="measure peak memory instead")
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    return parser.parse_args()


def first_images(args):
    """Images to train on: as many as a round needs, the same ones again if there are fewer."""
    import numpy as np

    from lowlevel.data import digit_datasets
    from lowlevel.data.labelled_images import ImageDataset, LabelledImages

    name = "auto" if args.data_dir else "digits"
    dataset = digit_datasets.load(name, args.data_dir)
    indices = np.arange(args.images) % len(dataset.train)
    train = LabelledImages(
        dataset.train.images[indices], dataset.train.labels[indices], "benchmark"
    )
    return ImageDataset(dataset.name, train, dataset.test)


def make_lowlevel(dataset):
    """A function that trains for one round: pipeline, step and running metrics, as in training."""
    from lowlevel import nets
    from lowlevel.data.training_data import TrainingData
    from lowlevel.nets import conv_net
    from lowlevel.training import loop, tasks
    from lowlevel.training.recipe import Recipe
    from lowlevel.training.run import Run

    config = conv_net.Config(dataset.image_shape, dataset.num_classes)
    data, recipe = TrainingData(dataset.train.examples), Recipe(batch_size=BATCH_SIZE)
    run = Run(nets.make("conv_net", config), tasks.classification(), data, recipe)

    def train(round_number):
        loop.train(run, loop.RunLength(round_number + 1), quiet=True)

    return train


def make_keras(dataset, arrays):
    """A function that trains the Keras twin for one round with `fit`."""
    import keras
    import numpy as np

    from lowlevel.data import pipeline
    from tests.keras_reference import conv_net

    model = conv_net.build(dataset.image_shape, dataset.num_classes)
    model.compile(
        keras.optimizers.Adam(1e-4),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    images, labels = dataset.train.images / np.float32(255), dataset.train.labels

    def train(round_number):
        if arrays:
            model.fit(images, labels, batch_size=BATCH_SIZE, verbose=0)
        else:
            order = pipeline.epoch_order(len(dataset.train), 0, round_number)
            batches = dataset.train.examples.batches(BATCH_SIZE, order)
            model.fit(batches, shuffle=False, verbose=0)

    return train


def make(side, dataset):
    """The training function of one side."""
    if side == "lowlevel":
        return make_lowlevel(dataset)
    return make_keras(dataset, arrays=side == "keras arrays")


def compare_speed(args):
    """Prints the seconds of each round, and the medians of the ratios."""
    dataset = first_images(args)
    trains = {side: make(side, dataset) for side in SIDES}
    for train in trains.values():
        train(0)  # traces
    seconds = {side: [] for side in SIDES}
    for round_number in range(1, args.rounds + 1):
        for side, train in trains.items():
            start = time.perf_counter()
            train(round_number)
            seconds[side].append(time.perf_counter() - start)
        row = ", ".join(f"{side} {values[-1]:.3f} s" for side, values in seconds.items())
        print(f"round {round_number}: {row}", flush=True)
    steps = -(-args.images // BATCH_SIZE)
    for side, values in seconds.items():
        print(f"{side}: {1000 * statistics.median(values) / steps:.2f} ms a step (median)")
    for side in SIDES[1:]:
        ratios = [
            theirs / ours for theirs, ours in zip(seconds[side], seconds["lowlevel"], strict=True)
        ]
        print(
            f"{side} takes {statistics.median(ratios):.2f} times as long as lowlevel "
            f"(median of {args.rounds}, {min(ratios):.2f} to {max(ratios):.2f}; "
            f"{min(seconds[side]) / min(seconds['lowlevel']):.2f} by the fastest rounds)"
        )


def compare_memory(args):
    """Prints the peak memory of each side, each in a process of its own."""
    for side in SIDES:
        words = [sys.executable, __file__, *sys.argv[1:], "--side", side]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
        print(f"{side}: {int(done.stdout.split()[-1]) / 1024:.0f} MiB at the peak", flush=True)


def main():
    """Runs the comparison asked for."""
    args = parse_arguments()
    command_line.quiet_tensorflow()
    if args.side:
        train = make(args.side, first_images(args))
        for round_number in range(2):
            train(round_number)
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    elif args.memory:
        compare_memory(args)
    else:
        compare_speed(args)
    return 0


if __name__ == "__main__":
    command_line.run(main)
