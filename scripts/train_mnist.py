#!/usr/bin/env python3
"""Trains the four-conv network on handwritten digits, or resumes a run that was stopped."""

import functools
import shlex
import sys
from pathlib import Path

from lowlevel import command_line
from lowlevel.checks import MissingExtraError, NonFiniteError
from lowlevel.training import arguments

CHECKPOINTS = Path(__file__).resolve().parent.parent / "checkpoints"
SHIPPED = CHECKPOINTS / "mnist"
EPOCHS = {"mnist": 5, "digits": 20}
LEARNING_RATE = {"mnist": 1e-4, "digits": 1e-3}
IMAGES_DRAWN = 25


def parse_arguments():
    parser = command_line.ArgumentParser(description=__doc__)
    data = parser.add_argument_group("data")
    data.add_argument(
        "--dataset",
        choices=("auto", "mnist", "digits"),
        default="auto",
        help="mnist, 60,000 images, from your cache or downloaded; digits, 1,437 that come with "
        "the package; auto (the default), mnist if it can be had, else digits",
    )
    data.add_argument(
        "--data-dir", metavar="DIR", help="read the four IDX files of MNIST, or files like them"
    )
    arguments.add_augmentation(parser)
    arguments.add_training(
        parser,
        epochs="5; 20 for digits",
        batch_size=128,
        learning_rate="0.0001; 0.001 for digits",
        dropout=0.2,
    )
    arguments.add_run(parser, run_dir="checkpoints/conv_net-NAME, named for the dataset")
    args = parser.parse_args()
    if args.run_dir is not None and args.run_dir.resolve().is_relative_to(SHIPPED):
        parser.error("checkpoints/mnist is the network that ships; choose another --run-dir")
    return args


def main():
    args = parse_arguments()
    command_line.quiet_tensorflow()
    # Imported only now, so that --help and mistakes in the arguments are answered at once.
    from lowlevel.data import digit_datasets, pipeline
    from lowlevel.nets import conv_net
    from lowlevel.training.classification import Classifier
    from lowlevel.training.recipe import Recipe
    from lowlevel.variables import count_parameters, sha256

    dataset = digit_datasets.load(args.dataset, args.data_dir)
    epochs = args.epochs or EPOCHS[dataset.name]
    args.learning_rate = args.learning_rate or LEARNING_RATE[dataset.name]
    steps = epochs * pipeline.steps_per_epoch(len(dataset.train), args.batch_size)
    classifier = Classifier(
        "conv_net",
        conv_net.Config(dataset.image_shape, dataset.num_classes, args.dropout),
        dataset,
        Recipe.from_arguments(args, steps),
        args.run_dir or CHECKPOINTS / f"conv_net-{dataset.name}",
        command=shlex.join(["python", "scripts/train_mnist.py", *sys.argv[1:]]),
    )
    if args.export:
        classifier.check_export(args.export)
    resumed = classifier.open(args.resume, args.fresh)
    state, run_dir = classifier.state, classifier.run.path
    say = (lambda *words: None) if args.quiet else functools.partial(print, flush=True)
    say(
        f"{dataset.name}: {len(dataset.train)} images to train on, {len(dataset.test)} to test on; "
        f"{dataset.num_classes} classes; "
        f"conv_net: {count_parameters(state.variables.all())} parameters"
    )
    if resumed:
        say(f"resuming {resumed} at step {int(state.step)}; --fresh would start over")

    def report(row):
        say(
            f"epoch {row['epoch']}/{epochs}: loss {row['loss']:.4f}, "
            f"accuracy {row['accuracy']:.4f}, test loss {row['val_loss']:.4f}, "
            f"test accuracy {row['val_accuracy']:.4f}, {row['seconds']:.0f} s"
        )

    try:
        stopped_by = classifier.train(epochs, args.steps, args.checkpoint_every, report, args.quiet)
    except NonFiniteError as error:
        saved = classifier.run.checkpoints()
        kept = f"the last checkpoint, {saved[-1]}, is untouched" if saved else "nothing was saved"
        raise NonFiniteError(f"{error}; {kept}. Try a lower --learning-rate.") from error
    if stopped_by is not None:
        print(
            f"stopped at step {int(state.step)}; the same command resumes {run_dir}.",
            file=sys.stderr,
        )
        return 128 + stopped_by

    accuracy = classifier.evaluate(args.quiet)["accuracy"]
    correct, total = round(accuracy.total), round(accuracy.weight)
    draw(run_dir / "predictions.png", classifier, say)
    if args.export:
        classifier.export(args.export, test_accuracy=correct / total)
        draw(args.export / "predictions.png", classifier, say)
        say(f"exported the network to {args.export}")
    print(f"test accuracy {correct / total:.4f} ({correct}/{total})")
    print(f"variables sha256 {sha256(state.variables.all())} at step {int(state.step)}")
    return 0


def draw(path, classifier, say):
    """Draws predictions for the first test images, if matplotlib is there."""
    from lowlevel.evaluation import plots
    from lowlevel.evaluation.predictor import Predictor

    test = classifier.dataset.test
    images, labels = test.images[:IMAGES_DRAWN], test.labels[:IMAGES_DRAWN]
    predictor = Predictor(classifier.run.path)
    try:
        prediction = predictor.predict(images)
        plots.draw_predictions(path, images, prediction, labels, predictor.class_names)
        say(f"drew {path}")
    except MissingExtraError as error:
        print(f"{path} is not drawn: {error}", file=sys.stderr)


if __name__ == "__main__":
    command_line.run(main)
