#!/usr/bin/env python3
"""MiniInception and its Keras twin, trained side by side on CIFAR-10.

    python benchmarks/cifar10_beside_keras.py --data-dir DIR --epochs 2

Both start from the same numbers, see the same batches in the same order, and follow the plain
recipe: Adam, rate 0.001, batches of 64. Epoch by epoch it prints the accuracy on the test images
and the seconds of each; they take turns, so a slow hour of the machine does not fall on one alone.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from lowlevel.cli import command_line

command_line.quiet_tensorflow()
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import keras

from lowlevel.data import cifar10, pipeline
from lowlevel.nets import mini_inception
from lowlevel.training import loop
from lowlevel.training.classification import EVAL_BATCH_SIZE, Classifier
from lowlevel.training.recipe import Recipe
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
    with tempfile.TemporaryDirectory() as run_dir:
        classifier = Classifier("mini_inception", config, dataset, recipe, run_dir)
        model = keras_mini_inception.build(config)
        twins.copy_variables(classifier.state.variables, model)
        model.compile(
            keras.optimizers.Adam(args.learning_rate),
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=["accuracy"],
            jit_compile=False,
        )
        test = pipeline.batches(dataset.test, range(len(dataset.test)), EVAL_BATCH_SIZE)
        print("epoch    ours  Keras   seconds: ours  Keras", flush=True)
        for epoch in range(args.epochs):
            start = time.monotonic()
            loop.train(
                classifier.state,
                classifier.train_step,
                classifier.batches,
                classifier.evaluate,
                save=lambda: None,
                length=loop.RunLength(epoch + 1, classifier.steps_per_epoch),
            )
            middle = time.monotonic()
            model.fit(classifier.batches(epoch, 0), verbose=0)
            keras_accuracy = model.evaluate(test, verbose=0)[1]
            end = time.monotonic()
            accuracy = classifier.state.history[-1]["val_accuracy"]
            print(
                f"{epoch + 1:5}  {accuracy:.4f} {keras_accuracy:.4f}"
                f"           {middle - start:4.0f}   {end - middle:4.0f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
