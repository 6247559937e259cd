#!/usr/bin/env python3
"""Trains a network to classify sentences as positive or negative.

A tenth of the sentences, always the same, is held out for the test. Of the words that occur more
than once in the others, the network knows the 20,000 most common; all further words count as one.
The run keeps the list.
"""

from pathlib import Path

from lowlevel.cli import arguments, command_line, threads
from lowlevel.cli.defaults import TrainingDefaults

CHECKPOINTS = Path(__file__).resolve().parent.parent / "checkpoints"
DEFAULTS = TrainingDefaults(epochs=3, batch_size=64, learning_rate=0.001)


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
    arguments.add_training(parser, DEFAULTS, examples="sentences", precision=False)
    arguments.add_run(parser, run_dir="checkpoints/text_classifier-NAME, named for the data")
    args = arguments.parse(parser)
    if (args.positive is None) != (args.negative is None):
        parser.error("--positive and --negative need each other")
    if args.data_dir is not None and args.positive is not None:
        parser.error("give --data-dir, or --positive and --negative, not both")
    return args


def main():
    args = parse_arguments()
    command_line.start_training()
    threads.choose("text_classifier")
    # Imported only now, so that --help and mistakes in the arguments are answered at once.
    from lowlevel import nets
    from lowlevel.cli import training
    from lowlevel.data import sentences, training_data
    from lowlevel.data.vocabulary import Vocabulary
    from lowlevel.reports import by_task
    from lowlevel.training import tasks
    from lowlevel.training.run import Run

    name, data = load(args)
    DEFAULTS.fill(args)
    train, test = map(data.part, sentences.split(data))
    network = nets.make("text_classifier", seed=args.seed)
    vocabulary = Vocabulary.of(train.texts, max_words=network.config.words - 1)
    run = Run(
        network,
        tasks.binary_classification(),
        training_data.of_arrays(
            name,
            vocabulary.examples(train),
            vocabulary.examples(test),
            class_names=sentences.CLASS_NAMES,
            vocabulary=vocabulary.known,
        ),
        training.make_recipe(args, len(train)),
        training.make_directory(args, CHECKPOINTS, f"text_classifier-{name}"),
    )
    known = len(vocabulary.known)
    description = (
        f"{name}: {len(train)} sentences to train on, {len(test)} to test on; "
        f"{known} {'word is' if known == 1 else 'words are'} known"
    )
    return training.execute(run, args, description, by_task.sentences)


def load(args):
    """A name for the data, and the data as `Sentences`."""
    from lowlevel.cli import downloads
    from lowlevel.data import sentence_polarity, sentences

    if args.data_dir is not None:
        return Path(args.data_dir).resolve().name, sentences.read_directory(args.data_dir)
    if args.positive is not None:
        name = "-".join(Path(file).stem for file in (args.positive, args.negative))
        return name, sentences.read_files(args.positive, args.negative)
    with downloads.offer_others("sentence-polarity"):
        return "sentence-polarity", sentence_polarity.load()


if __name__ == "__main__":
    command_line.run(main)
