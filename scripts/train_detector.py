#!/usr/bin/env python3
"""Trains a network to find digits of several sizes on a canvas, or resumes a run."""

import shlex
import sys
from pathlib import Path

from lowlevel.checks import MissingExtraError
from lowlevel.cli import arguments, command_line, image_arguments

CHECKPOINTS = Path(__file__).resolve().parent.parent / "checkpoints"
EPOCHS, BATCH_SIZE, LEARNING_RATE, SCENES = 10, 32, 3e-3, 12_000
SCENES_DRAWN = 12


def parse_arguments():
    parser = command_line.ArgumentParser(description=__doc__)
    data = image_arguments.add_digits(parser)
    data.add_argument(
        "--scenes",
        metavar="N",
        type=command_line.whole_number(1, 100_000),
        default=SCENES,
        help="canvases to train on, drawn with the digits to train on (default: %(default)s)",
    )
    best = parser.add_argument_group("the best network, by average precision")
    best.add_argument(
        "--evaluate-after",
        metavar="EPOCHS",
        type=command_line.whole_number(0),
        default=0,
        help="judge the network for the first time after this many epochs (default: %(default)s)",
    )
    best.add_argument(
        "--evaluate-every",
        metavar="EPOCHS",
        type=command_line.whole_number(1),
        default=1,
        help="and after every so many from then on (default: %(default)s)",
    )
    arguments.add_training(
        parser,
        epochs=EPOCHS,
        batch_size=BATCH_SIZE,
        learning_rate=LEARNING_RATE,
        classes=False,
        examples="scenes",
    )
    parser.set_defaults(
        epochs=EPOCHS, batch_size=BATCH_SIZE, learning_rate=LEARNING_RATE, schedule="one_cycle"
    )
    arguments.add_run(
        parser, run_dir="checkpoints/grid_detector-NAME, named for the dataset", export=False
    )
    args = arguments.parse(parser, CHECKPOINTS)
    if (args.evaluate_after or args.evaluate_every) > args.epochs:
        parser.error(f"the network would never be judged in {args.epochs} epochs")
    return args


def main():
    args = parse_arguments()
    command_line.quiet_tensorflow()
    # Imported only now, so that --help and mistakes in the arguments are answered at once.
    from lowlevel.cli import console
    from lowlevel.data import digit_datasets, digit_scenes
    from lowlevel.prediction.predictor import Predictor
    from lowlevel.variables import count_parameters

    dataset = digit_datasets.load(args.dataset, args.data_dir)
    train, validation, test = digit_scenes.load(dataset, args.scenes, quiet=args.quiet)
    training, config = make_training(args, dataset, train, validation)
    resumed = training.open(args.resume, args.fresh)
    state, say = training.state, console.sayer(args.quiet)
    say(
        f"{dataset.name}: {len(train)} scenes to train on, {len(validation)} to choose the best "
        f"network by, {len(test)} to test it on; {dataset.num_classes} classes; "
        f"grid_detector: {count_parameters(state.variables.all())} parameters"
    )
    if resumed:
        say(f"resuming {resumed} at step {int(state.step)}; --fresh would start over")
    tensorboard = console.open_tensorboard(training)
    best = make_hook(args, training, config, validation, say)
    status = console.train(training, args, args.epochs, say, tensorboard, [best])
    if status is not None:
        return status

    # The best network, or, if none has been judged yet, the one there is.
    predictor = Predictor(best.run.path if best.best else training.run.path)
    result = write_report(training, best, predictor, test, say).result
    print(
        f"test average precision {result.mean:.4f}, AP50 {result.ap50:.4f}, "
        f"AP75 {result.ap75:.4f} ({len(test)} scenes)"
    )
    step = best.best["step"] if best.best else int(state.step)
    print(f"variables sha256 {predictor.sha256} at step {step}")
    return 0


def make_training(args, dataset, train, validation):
    """The run of training, and the config of its network."""
    import tensorflow as tf

    from lowlevel.data.examples import Arrays
    from lowlevel.data.pipeline import steps_per_epoch
    from lowlevel.nets import grid_detector
    from lowlevel.training.recipe import Recipe
    from lowlevel.training.supervised import Supervised

    config = grid_detector.Config(train.images.shape[1:], dataset.num_classes)
    examples = [
        Arrays(
            tf.constant(scenes.images),
            tf.constant(grid_detector.targets(config, scenes.boxes, scenes.classes)),
        )
        for scenes in (train, validation)
    ]
    steps = args.epochs * steps_per_epoch(len(train), args.batch_size)
    training = Supervised(
        "grid_detector",
        config,
        grid_detector.loss,
        {},
        *examples,
        Recipe.from_arguments(args, steps),
        args.run_dir or CHECKPOINTS / f"grid_detector-{dataset.name}",
        f"scenes of {dataset.name}",
        command=shlex.join(["python", "scripts/train_detector.py", *sys.argv[1:]]),
        prepare=lambda images: tf.cast(images, tf.float32) / 255,
        evaluated_on="validation",
        preprocessing={"divide_by": 255, "image_files": "light"},
        class_names=list(dataset.class_names),
    )
    return training, config


def make_hook(args, training, config, validation, say):
    """The hook that keeps the network of the highest average precision."""
    from lowlevel.nets import grid_detector
    from lowlevel.reports import detection
    from lowlevel.training.best_network import FOLDER, BestNetwork

    def evaluate(variables):
        found = detection.detect(config, variables, validation.images, args.precision)
        return detection.average_precision(found, validation, config.num_classes).mean

    return BestNetwork(
        evaluate,
        grid_detector.build(config, seed=0),
        training.run.path / FOLDER,
        training.config,
        warm_up_epochs=args.evaluate_after,
        every_epochs=args.evaluate_every,
        say=say,
    )


def write_report(training, best, predictor, test, say):
    """Judges a network by scenes that neither its training nor its choice has seen."""
    from lowlevel.reports import curves, detection, plots

    directory, class_names = training.run.path, predictor.class_names
    found = predictor.outputs(test.images)
    facts = {"network": "best" if best.best else "last", "epoch": best.best and best.best["epoch"]}
    report = detection.report(found, test, class_names, **facts)
    report.write(directory)
    say(report.text())
    drawn = range(min(SCENES_DRAWN, len(test)))
    try:
        plots.draw_boxes(
            directory / "predictions.png",
            test.images[: len(drawn)],
            [detection.of_image(found, index, detection.LEAST_SCORE) for index in drawn],
            class_names,
            [test.objects(index)[0] for index in drawn],
        )
        if training.state.history:
            judged = best.best and ("average_precision", best.best["epoch"])
            history, evaluated_on = training.state.history, training.evaluated_on
            curves.draw(directory / "curves.png", history, evaluated_on, judged=judged)
        say(f"wrote the report on {predictor.source.parent} and its pictures to {directory}")
    except MissingExtraError as error:
        print(f"nothing is drawn: {error}", file=sys.stderr)
    return report


if __name__ == "__main__":
    command_line.run(main)
