#!/usr/bin/env python3
"""Trains a small network on handwritten digits, or resumes a run that was stopped."""

import shlex
import sys
from pathlib import Path

from lowlevel.checks import MissingExtraError
from lowlevel.cli import arguments, command_line, image_arguments

CHECKPOINTS = Path(__file__).resolve().parent.parent / "checkpoints"
EPOCHS = {"mnist": 5, "digits": 20}
DROPOUT = {
    "conv_net": 0.2,
    "strided_net": 0.3,
    "mlp": None,
    "mish_net": 0.2,
    "vision_transformer": 0.1,
}
BATCH_NORM_NETS = ("strided_net", "mish_net")
NORM_MOMENTUM = {"mnist": 0.99, "digits": 0.9}  # an epoch of digits has 12 steps
IMAGES_DRAWN = 25


def parse_arguments():
    parser = command_line.ArgumentParser(description=__doc__)
    image_arguments.add_digits(parser)
    net = parser.add_argument_group("the network")
    net.add_argument(
        "--net",
        choices=tuple(DROPOUT),
        default="conv_net",
        help="conv_net (the default), four convolutions and two dense layers; strided_net, two "
        "convolutions with batch norm, a tenth of the size, on three equal channels; mlp, two "
        "dense layers; mish_net, a block of layers used twice; vision_transformer, attention "
        "between patches",
    )
    net.add_argument(
        "--global-pooling",
        choices=("max", "avg"),
        help="what strided_net keeps of each of its last feature maps (default: max)",
    )
    net.add_argument(
        "--norm-momentum",
        metavar="SHARE",
        type=command_line.number(0, 1),
        help="share of the moving averages of strided_net or mish_net kept at each step (default: "
        "0.99; 0.9 for digits)",
    )
    image_arguments.add_augmentation(parser)
    arguments.add_training(
        parser,
        epochs="5; 20 for digits",
        batch_size="128",
        learning_rate="0.001; 0.0001 for conv_net on mnist",
        dropout="0.2; 0.3 for strided_net, 0.1 for vision_transformer; none in mlp",
    )
    arguments.add_run(parser, run_dir="checkpoints/NET-NAME, named for network and dataset")
    args = arguments.parse(parser, CHECKPOINTS)
    if args.global_pooling is not None and args.net != "strided_net":
        parser.error("--global-pooling is for --net strided_net")
    if args.dropout is not None and DROPOUT[args.net] is None:
        parser.error(f"{args.net} has no dropout")
    if args.norm_momentum is not None and args.net not in BATCH_NORM_NETS:
        parser.error(f"{args.net} has no batch norm")
    return args


def main():
    args = parse_arguments()
    command_line.quiet_tensorflow()
    # Imported only now, so that --help and mistakes in the arguments are answered at once.
    from lowlevel.cli import console
    from lowlevel.data import digit_datasets, pipeline
    from lowlevel.training.classification import Classifier
    from lowlevel.training.recipe import Recipe
    from lowlevel.variables import count_parameters, sha256

    dataset = digit_datasets.load(args.dataset, args.data_dir)
    epochs = args.epochs or EPOCHS[dataset.name]
    args.batch_size = args.batch_size or 128
    if args.learning_rate is None:
        args.learning_rate = 1e-4 if (args.net, dataset.name) == ("conv_net", "mnist") else 1e-3
    steps = epochs * pipeline.steps_per_epoch(len(dataset.train), args.batch_size)
    config = make_config(args, dataset)
    classifier = Classifier(
        args.net,
        config,
        dataset.with_channels(config.image_shape[-1]),
        Recipe.from_arguments(args, steps),
        args.run_dir or CHECKPOINTS / f"{args.net}-{dataset.name}",
        command=shlex.join(["python", "scripts/train_mnist.py", *sys.argv[1:]]),
    )
    if args.export:
        classifier.check_export(args.export)
    resumed = classifier.open(args.resume, args.fresh)
    state, run_dir = classifier.state, classifier.run.path
    say = console.sayer(args.quiet)
    say(
        f"{dataset.name}: {len(dataset.train)} images to train on, {len(dataset.test)} to test on; "
        f"{dataset.num_classes} classes; "
        f"{args.net}: {count_parameters(state.variables.all())} parameters"
    )
    if resumed:
        say(f"resuming {resumed} at step {int(state.step)}; --fresh would start over")

    status = console.train(classifier, args, epochs, say)
    if status is not None:
        return status

    correct, total = classifier.count_correct(args.quiet)
    draw(run_dir / "predictions.png", classifier, say)
    if args.export:
        classifier.export(args.export, test_accuracy=correct / total)
        draw(args.export / "predictions.png", classifier, say)
        say(f"exported the network to {args.export}")
    print(f"test accuracy {correct / total:.4f} ({correct}/{total})")
    print(f"variables sha256 {sha256(state.variables.all())} at step {int(state.step)}")
    return 0


def make_config(args, dataset):
    """The config of the network that was asked for, for the images of the dataset."""
    from lowlevel import nets
    from lowlevel.nets import mish_net

    height, width, channels = dataset.image_shape
    dropout_rate = DROPOUT[args.net] if args.dropout is None else args.dropout
    options = {} if dropout_rate is None else {"dropout_rate": dropout_rate}
    if args.net in BATCH_NORM_NETS:
        momentum = args.norm_momentum
        options["norm_momentum"] = NORM_MOMENTUM[dataset.name] if momentum is None else momentum
    if args.net == "mish_net":
        options = {"block": mish_net.BlockConfig(**options)}
    elif args.net == "strided_net":
        channels = 3
        options["global_pooling"] = args.global_pooling or "max"
    image_shape = (height, width, channels)
    return nets.get(args.net).Config(image_shape, dataset.num_classes, **options)


def draw(path, classifier, say):
    """Draws predictions for the first test images, if matplotlib is there."""
    from lowlevel.prediction.predictor import Predictor
    from lowlevel.reports import plots

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
