#!/usr/bin/env python3
"""MiniInception and its Keras twin, trained side by side on CIFAR-10.

    python benchmarks/cifar10_beside_keras.py --data-dir DIR --epochs 2

Both start from the same numbers, see the same batches in the same order, and follow the plain
recipe: Adam, rate 0.001, batches of 64. Epoch by epoch it prints the accuracy on the test images
and the seconds of each; they take turns, so a slow hour of the machine does not fall on one alone.
"""

import argparse
import sys
import time
from pathlib import Path

from lowlevel.cli import command_line

command_line.quiet_tensorflow()
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import keras

from lowlevel import nets
from lowlevel.data import cifar10, training_data
from lowlevel.nets import mini_inception
from lowlevel.training import loop, tasks
from lowlevel.training.recipe import Recipe
from lowlevel.training.run import Run
from tests.keras_reference import mini_inception as keras_mini_inception
from tests.keras_reference import twins


def main():
    """Trains both and prints a line for each epoch."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data-dir", required=True)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    args = parser.parse_args()

    dataset = cifar10.read(args.data_dir)
    config = mini_inception.Config()
    recipe = Recipe(batch_size=args.batch_size, learning_rate=args.learning_rate)
    data = training_data.of_images(dataset)
    run = Run(nets.make("mini_inception", config), tasks.classification(), data, recipe)
    model = keras_mini_inception.build(config)
    twins.copy_variables(run.network.variables, model)
    model.compile(
        keras.optimizers.Adam(args.learning_rate),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        jit_compile=False,
    )
    test = data.held_out.batches(recipe.eval_batch_size)
    print("epoch    ours  Keras   seconds: ours  Keras", flush=True)
    for epoch in range(args.epochs):
        batches = run.batches()  # the same ones for both
        start = time.monotonic()
        loop.train(run, loop.RunLength(epoch + 1))
        middle = time.monotonic()
        model.fit(batches, verbose=0)
        keras_accuracy = model.evaluate(test, verbose=0)[1]
        end = time.monotonic()
        accuracy = run.state.history[-1]["val_accuracy"]
        print(
            f"{epoch + 1:5}  {accuracy:.4f} {keras_accuracy:.4f}"
            f"           {middle - start:4.0f}   {end - middle:4.0f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
