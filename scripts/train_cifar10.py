#!/usr/bin/env python3
"""Trains MiniInception on CIFAR-10, or on drawn shapes, or resumes a run that was stopped."""

import shlex
import sys
from pathlib import Path

from lowlevel.checks import MissingExtraError
from lowlevel.cli import arguments, command_line, image_arguments

CHECKPOINTS = Path(__file__).resolve().parent.parent / "checkpoints"
EPOCHS = {"cifar10": 20, "shapes": 3}
SAMPLE = 25


def parse_arguments():
    parser = command_line.ArgumentParser(description=__doc__)
    data = parser.add_argument_group("data")
    data.add_argument(
        "--dataset",
        choices=tuple(EPOCHS),
        default="cifar10",
        help="cifar10 (the default), 60,000 images, from your cache or downloaded; shapes, 12,000 "
        "images of coloured shapes that the package draws",
    )
    data.add_argument(
        "--data-dir",
        metavar="PATH",
        help="read CIFAR-10 from here: the directory cifar-10-batches-bin, or the archive "
        "cifar-10-binary.tar.gz, or a directory that holds one of them",
    )
    image_arguments.add_photo_augmentation(parser)
    arguments.add_training(
        parser, epochs="20; 3 for shapes", batch_size="64", learning_rate="0.001"
    )
    image_arguments.add_mini_inception(parser)
    parser.add_argument(
        "--ten-views",
        action="store_true",
        help="at the end, also say how good a mean over ten views of each test image is: "
        "mirrored, and moved by a pixel",
    )
    arguments.add_run(parser, run_dir="checkpoints/mini_inception-NAME, named for the dataset")
    args = arguments.parse(parser, CHECKPOINTS)
    if args.data_dir is not None and args.dataset == "shapes":
        parser.error("shapes are drawn: they take no --data-dir")
    return args


def main():
    args = parse_arguments()
    command_line.quiet_tensorflow()
    # Imported only now, so that --help and mistakes in the arguments are answered at once.
    from lowlevel.cli import console
    from lowlevel.data import cifar10, pipeline, shapes
    from lowlevel.nets import mini_inception
    from lowlevel.training.classification import Classifier
    from lowlevel.training.recipe import Recipe
    from lowlevel.variables import count_parameters, sha256

    if args.dataset == "shapes":
        dataset = shapes.load()
    else:
        dataset = cifar10.read(args.data_dir) if args.data_dir else cifar10.load()
    args.epochs = args.epochs or EPOCHS[args.dataset]
    args.batch_size = args.batch_size or 64
    args.learning_rate = args.learning_rate or 1e-3
    steps = args.epochs * pipeline.steps_per_epoch(len(dataset.train), args.batch_size)
    classifier = Classifier(
        "mini_inception",
        mini_inception.Config(
            dataset.image_shape,
            dataset.num_classes,
            conv_biases=args.conv_biases,
            norm_momentum=args.norm_momentum,
        ),
        dataset,
        Recipe.from_arguments(args, steps),
        args.run_dir or CHECKPOINTS / f"mini_inception-{dataset.name}",
        command=shlex.join(["python", "scripts/train_cifar10.py", *sys.argv[1:]]),
        image_files="resize",
    )
    if args.export:
        classifier.check_export(args.export)
    resumed = classifier.open(args.resume, args.fresh)
    state, run_dir = classifier.state, classifier.run.path
    say = console.sayer(args.quiet)
    say(
        f"{dataset.name}: {len(dataset.train)} images to train on, {len(dataset.test)} to test on; "
        f"{dataset.num_classes} classes; "
        f"mini_inception: {count_parameters(state.variables.all())} parameters"
    )
    if resumed:
        say(f"resuming {resumed} at step {int(state.step)}; --fresh would start over")
    tensorboard = console.open_tensorboard(classifier)
    if tensorboard is not None:
        show_sample(dataset, tensorboard)
        say(f"to watch: tensorboard --logdir {run_dir}")
    status = console.train(classifier, args, args.epochs, say, tensorboard)
    if status is not None:
        return status

    write_report(classifier, tensorboard, say)
    correct, total = classifier.count_correct(args.quiet)
    if args.export:
        classifier.export(args.export, test_accuracy=correct / total)
        say(f"exported the network to {args.export}")
    if args.ten_views:
        of_views = count_correct_of_views(classifier, args.quiet)
        print(f"test accuracy {of_views / total:.4f} ({of_views}/{total}) over ten views")
    print(f"test accuracy {correct / total:.4f} ({correct}/{total})")
    print(f"variables sha256 {sha256(state.variables.all())} at step {int(state.step)}")
    return 0


def count_correct_of_views(classifier, quiet):
    """How many test images are right when predictions are means over ten views."""
    from lowlevel.prediction import views
    from lowlevel.prediction.predictor import Predictor

    test = classifier.dataset.test
    prediction = views.predict(Predictor(classifier.run.path), test.images, quiet)
    return int((prediction.classes == test.labels).sum())


def show_sample(dataset, tensorboard):
    """Shows the first training images with the names of their classes, if matplotlib is there."""
    from lowlevel.reports import figures

    train = dataset.train
    try:
        sample, grid = figures.image_grid(train.images[:SAMPLE], columns=5)
    except MissingExtraError as error:
        print(f"TensorBoard shows no pictures: {error}", file=sys.stderr)
        return
    for axes, label in zip(grid, train.labels[:SAMPLE], strict=True):
        axes.set_title(dataset.class_names[label], parse_math=False)
    tensorboard.write_image("training images", figures.to_array(sample), 0)


def write_report(classifier, tensorboard, say):
    """Writes report.txt, report.json, and the pictures; says what is missing for one."""
    from lowlevel.prediction.predictor import Predictor
    from lowlevel.reports import classification as classification_report
    from lowlevel.reports import curves, figures

    directory = classifier.run.path
    test = classifier.dataset.test
    try:
        prediction = Predictor(directory).predict(test.images)
        report = classification_report.make(test.labels, prediction, classifier.dataset.class_names)
        report.write(directory)
        say(report.text())
        matrix = classification_report.confusion_figure(report)
        figures.save(matrix, directory / "confusion_matrix.png")
        if tensorboard is not None:
            step = int(classifier.state.step)
            tensorboard.write_image("confusion matrix", figures.to_array(matrix), step)
        say(f"wrote the report and its pictures to {directory}")
    except MissingExtraError as error:
        print(f"the report is not complete: {error}", file=sys.stderr)
    try:
        if classifier.state.history:
            curves.draw(directory / "curves.png", classifier.state.history)
    except MissingExtraError as error:
        print(f"the curves are not drawn: {error}", file=sys.stderr)


if __name__ == "__main__":
    command_line.run(main)
