#!/usr/bin/env python3
"""Shows how the time of training grows with images, steps and parameters, and what saving costs.

Each grows from 1 to 16 times as much; time divided by that stays the same where it grows in
proportion. Rounds are interleaved, and each figure is a median.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import works
from lowlevel.cli import command_line

FACTORS = (1, 2, 4, 8, 16)
IMAGES, WIDTH = 1_280, 256  # at the factor 1
EPOCHS_OF_SAVING = 5


def parse_arguments():
    """Reads the command line."""
    parser = command_line.ArgumentParser(description=__doc__.splitlines()[0])
    at_least_one = command_line.whole_number(1)
    parser.add_argument(
        "--rounds", type=at_least_one, default=5, help="rounds to time (default: %(default)s)"
    )
    return parser.parse_args()


def make_run(net, config, images, directory=None):
    """A run on random images, in memory."""
    from lowlevel import nets
    from lowlevel.data.examples import Arrays
    from lowlevel.data.training_data import TrainingData
    from lowlevel.training import tasks
    from lowlevel.training.recipe import Recipe
    from lowlevel.training.run import Run

    data = TrainingData(Arrays(*works.make_examples(works.WORKS[net], 1, images)))
    run = Run(nets.make(net, config), tasks.of_net(net, config), data, Recipe(), directory)
    if directory is not None:
        run.open()
    return run


def train(run, epochs=1):
    """Trains for so many epochs more; returns the seconds it took."""
    from lowlevel.training import loop

    start = time.perf_counter()
    loop.train(run, loop.RunLength(run.state.epoch + epochs), quiet=True)
    return time.perf_counter() - start


def interleave(trainings, rounds):
    """The seconds of each training by its key: a list of all rounds but the first, which traces."""
    seconds = {key: [] for key in trainings}
    for _ in range(rounds + 1):
        for key, training in trainings.items():
            seconds[key].append(training())
    return {key: values[1:] for key, values in seconds.items()}


def show_growth(what, trainings, rounds):
    """Prints the time at each factor, divided by the factor and by the time at the factor 1."""
    seconds = interleave(trainings, rounds)
    for factor in FACTORS:
        ratios = [
            long / factor / short for long, short in zip(seconds[factor], seconds[1], strict=True)
        ]
        print(
            f"{what:10} x {factor:2}  {statistics.median(seconds[factor]):8.3f} s  "
            f"{statistics.median(ratios):.2f} of {factor} times the first",
            flush=True,
        )


def show_saving(rounds):
    """Prints how much longer training takes when it saves once an epoch."""
    from lowlevel.nets import conv_net

    with tempfile.TemporaryDirectory() as directory:
        paths = {"without saving": None, "saving once an epoch": Path(directory) / "run"}
        runs = {
            name: make_run("conv_net", conv_net.Config(), 16 * IMAGES, path)
            for name, path in paths.items()
        }
        trainings = {
            name: lambda run=run: train(run, EPOCHS_OF_SAVING) for name, run in runs.items()
        }
        without, saving = interleave(trainings, rounds).values()
    ratios = [a / b for a, b in zip(saving, without, strict=True)]
    print(
        f"saving once in {statistics.median(without) / EPOCHS_OF_SAVING:.1f} s: "
        f"{statistics.median(ratios):.3f} of the time without "
        f"({min(ratios):.3f} to {max(ratios):.3f})"
    )


def main():
    """Times what grows, then what saving costs."""
    args = parse_arguments()
    command_line.quiet_tensorflow()
    import tensorflow as tf

    from lowlevel.nets import conv_net, mlp

    tf.get_logger().setLevel("ERROR")  # each run has functions of its own, as it should
    runs = {n: make_run("conv_net", conv_net.Config(), n * IMAGES) for n in FACTORS}
    show_growth("images", {n: lambda run=run: train(run) for n, run in runs.items()}, args.rounds)
    steps = {n: lambda n=n: train(runs[1], n) for n in FACTORS}
    show_growth("epochs", steps, args.rounds)
    runs = {n: make_run("mlp", mlp.Config(widths=(n * WIDTH,)), IMAGES) for n in FACTORS}
    wide = {n: lambda run=run: train(run) for n, run in runs.items()}
    show_growth("parameters", wide, args.rounds)
    show_saving(args.rounds)
    return 0


if __name__ == "__main__":
    command_line.run(main)
