#!/usr/bin/env python3
"""Trains an autoencoder, nested from two networks, to write digits with 16 numbers each."""

import shlex
import sys
from pathlib import Path

from lowlevel.checks import MissingExtraError
from lowlevel.cli import arguments, command_line, image_arguments

CHECKPOINTS = Path(__file__).resolve().parent.parent / "checkpoints"
EPOCHS = {"mnist": 10, "digits": 100}
IMAGES_DRAWN = 12


def parse_arguments():
    parser = command_line.ArgumentParser(description=__doc__)
    image_arguments.add_digits(parser)
    arguments.add_training(
        parser,
        epochs="10; 100 for digits",
        batch_size="128",
        learning_rate="0.002",
        classes=False,
    )
    arguments.add_run(
        parser, run_dir="checkpoints/digit_autoencoder-NAME, named for the dataset", export=False
    )
    return arguments.parse(parser, CHECKPOINTS)


def main():
    args = parse_arguments()
    command_line.quiet_tensorflow()
    # Imported only now, so that --help and mistakes in the arguments are answered at once.
    from lowlevel import losses
    from lowlevel.cli import console
    from lowlevel.data import digit_datasets
    from lowlevel.data.examples import Arrays
    from lowlevel.nets import digit_autoencoder
    from lowlevel.training.recipe import Recipe
    from lowlevel.training.supervised import Supervised
    from lowlevel.variables import count_parameters, sha256

    dataset = digit_datasets.load(args.dataset, args.data_dir)
    config = digit_autoencoder.Config()
    examples = []
    for part in (dataset.train, dataset.test):
        images = to_float(part.images, config.encoder.image_shape)
        examples.append(Arrays(images, images))  # what goes in is what is to come out
    epochs = args.epochs or EPOCHS[dataset.name]
    args.batch_size = args.batch_size or 128
    args.learning_rate = args.learning_rate or 2e-3
    steps = epochs * examples[0].steps(args.batch_size)
    training = Supervised(
        "digit_autoencoder",
        config,
        losses.mean_squared_error,
        {},
        *examples,
        Recipe.from_arguments(args, steps),
        args.run_dir or CHECKPOINTS / f"digit_autoencoder-{dataset.name}",
        dataset.name,
        command=shlex.join(["python", "scripts/train_digit_autoencoder.py", *sys.argv[1:]]),
        preprocessing={"divide_by": 255, "image_files": "digit"},
    )
    resumed = training.open(args.resume, args.fresh)
    state, say = training.state, console.sayer(args.quiet)
    say(
        f"{dataset.name}: {examples[0].count} images to train on, {examples[1].count} to test on; "
        f"digit_autoencoder: {count_parameters(state.variables.all())} parameters"
    )
    if resumed:
        say(f"resuming {resumed} at step {int(state.step)}; --fresh would start over")
    status = console.train(training, args, epochs, say)
    if status is not None:
        return status

    draw(training, config, say)
    loss = training.evaluate()["loss"].result()
    print(f"test loss {loss:.6f} (mean squared error of {examples[1].count} images)")
    print(f"variables sha256 {sha256(state.variables.all())} at step {int(state.step)}")
    return 0


def to_float(images, image_shape):
    """Images as a float32 tensor in [0, 1]. Raises DataError if they have another shape."""
    import tensorflow as tf

    from lowlevel.checks import DataError

    if images.shape[1:] != image_shape:
        raise DataError(f"the network takes images of {image_shape}, not {images.shape[1:]}.")
    return tf.cast(images, tf.float32) / 255


def draw(training, config, say):
    """Draws test images, what each half makes of them, and the curves, if matplotlib is there."""
    from lowlevel.nets import digit_decoder, digit_encoder
    from lowlevel.reports import curves, reconstructions

    stores = training.state.variables.stores
    images = training.test_examples.tensors[0][:IMAGES_DRAWN]
    latents = digit_encoder.forward(config.encoder, stores["encoder"], images)
    written = digit_decoder.forward(config.decoder, stores["decoder"], latents)
    path = training.run.path / "reconstructions.png"
    try:
        reconstructions.draw(path, {"test images": (images.numpy(), written.numpy())})
        if training.state.history:
            curves.draw(training.run.path / "curves.png", training.state.history)
        say(f"drew {path}")
    except MissingExtraError as error:
        print(f"nothing is drawn: {error}", file=sys.stderr)


if __name__ == "__main__":
    command_line.run(main)
