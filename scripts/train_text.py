#!/usr/bin/env python3
"""Trains a network to tell praise from blame, on sentences of both kinds.

A tenth of the sentences, always the same, is held out for the test. Of the others the 20,000
commonest words are known to the network, and all further ones count as one; the run keeps the list.
"""

import shlex
import sys
from pathlib import Path

from lowlevel.checks import MissingExtraError
from lowlevel.cli import arguments, command_line

CHECKPOINTS = Path(__file__).resolve().parent.parent / "checkpoints"


def parse_arguments():
    parser = command_line.ArgumentParser(description=__doc__)
    data = parser.add_argument_group(
        "data",
        "By default the sentence polarity data of Pang and Lee (2005), 5,331 sentences of each "
        "kind, from your cache or downloaded (0.5 MB).",
    )
    data.add_argument("--positive", metavar="FILE", help="a text file, a sentence on each line")
    data.add_argument("--negative", metavar="FILE", help="the same, of the other kind")
    data.add_argument(
        "--data-dir",
        metavar="DIR",
        help="a directory with the files rt-polarity.pos and rt-polarity.neg, or with folders pos "
        "and neg in which each .txt file is one text",
    )
    arguments.add_training(
        parser,
        epochs="3",
        batch_size="64",
        learning_rate="0.001",
        classes=False,
        precision=False,
        examples="sentences",
    )
    arguments.add_run(parser, run_dir="checkpoints/text_classifier-NAME, named for the data")
    args = arguments.parse(parser, CHECKPOINTS)
    if (args.positive is None) != (args.negative is None):
        parser.error("--positive and --negative need each other")
    if args.data_dir is not None and args.positive is not None:
        parser.error("give --data-dir, or --positive and --negative, not both")
    return args


def main():
    args = parse_arguments()
    command_line.quiet_tensorflow()
    # Imported only now, so that --help and mistakes in the arguments are answered at once.
    from lowlevel import losses, metrics
    from lowlevel.cli import console
    from lowlevel.data import sentences
    from lowlevel.data.examples import Arrays, to_tensors
    from lowlevel.data.vocabulary import Vocabulary
    from lowlevel.nets import text_classifier
    from lowlevel.training.recipe import Recipe
    from lowlevel.training.supervised import Supervised
    from lowlevel.variables import count_parameters, sha256

    name, data = load(args)
    train, test = map(data.part, sentences.split(data))
    net_config = text_classifier.Config()
    vocabulary = Vocabulary.of(train.texts, most=net_config.words - 1)
    examples = [
        Arrays(*to_tensors((vocabulary.numbers(part.texts), part.labels))) for part in (train, test)
    ]
    args.epochs = args.epochs or 3
    args.batch_size = args.batch_size or 64
    args.learning_rate = args.learning_rate or 1e-3
    training = Supervised(
        "text_classifier",
        net_config,
        losses.sigmoid_cross_entropy,
        {"accuracy": metrics.is_correct_binary},
        *examples,
        Recipe.from_arguments(args, args.epochs * examples[0].steps(args.batch_size)),
        args.run_dir or CHECKPOINTS / f"text_classifier-{name}",
        name,
        command=shlex.join(["python", "scripts/train_text.py", *sys.argv[1:]]),
        class_names=sentences.CLASS_NAMES,
        vocabulary=vocabulary.known,
    )
    if args.export:
        training.check_export(args.export)
    resumed = training.open(args.resume, args.fresh)
    state, say = training.state, console.sayer(args.quiet)
    say(
        f"{name}: {len(train)} sentences to train on, {len(test)} to test on; "
        f"{len(vocabulary.known)} words are known; "
        f"text_classifier: {count_parameters(state.variables.all())} parameters"
    )
    if resumed:
        say(f"resuming {resumed} at step {int(state.step)}; --fresh would start over")
    status = console.train(training, args, args.epochs, say)
    if status is not None:
        return status

    draw(training, say)
    accuracy = training.evaluate(args.quiet)["accuracy"]
    if args.export:
        training.export(args.export, test_accuracy=accuracy.result())
        say(f"exported the network to {args.export}")
    print(f"test accuracy {accuracy.result():.4f} ({round(accuracy.total)}/{len(test)})")
    print(f"variables sha256 {sha256(state.variables.all())} at step {int(state.step)}")
    return 0


def load(args):
    """A name for the data, and the data as `Sentences`."""
    from lowlevel.data import sentence_polarity, sentences

    if args.data_dir is not None:
        return Path(args.data_dir).resolve().name, sentences.read_directory(args.data_dir)
    if args.positive is not None:
        return Path(args.positive).stem, sentences.read_files(args.positive, args.negative)
    return "sentence-polarity", sentence_polarity.load()


def draw(training, say):
    """Draws the curves of the run, if matplotlib is there."""
    from lowlevel.reports import curves

    path = training.run.path / "curves.png"
    try:
        if training.state.history:
            curves.draw(path, training.state.history)
            say(f"drew {path}")
    except MissingExtraError as error:
        print(f"the curves are not drawn: {error}", file=sys.stderr)


if __name__ == "__main__":
    command_line.run(main)
