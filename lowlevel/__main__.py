"""What the package does without its clone: `lowlevel`, or `python -m lowlevel`."""

import argparse
import sys
from pathlib import Path

from lowlevel import __version__, shipped
from lowlevel.cli import (
    arguments,
    command_line,
    defaults,
    digit_files,
    image_arguments,
    reading,
    telling,
)

ABOUT = f"""lowlevel {__version__}: deep learning written out in bare TensorFlow.

  lowlevel predict IMAGE ...  read a digit in each image file, with the network that ships
  lowlevel train              train such a network, into a new directory here

In Python, `import lowlevel` gives lowlevel.ops, lowlevel.nets, lowlevel.Model and what else
dir(lowlevel) names. The scripts to read and change, and the documentation, are in the clone.
"""


def parse_arguments() -> argparse.Namespace:
    """The command and its options."""
    parser = command_line.ArgumentParser(prog="lowlevel", description=__doc__)
    parser.add_argument("--version", action="version", version=f"lowlevel {__version__}")
    commands = parser.add_subparsers(dest="command", title="commands", metavar="COMMAND")
    predict_parser = commands.add_parser("predict", help="read digits in image files")
    predict_parser.add_argument("images", nargs="+", metavar="IMAGE", help="a file of any size")
    telling.add_top(predict_parser)
    train_parser = commands.add_parser("train", help="train a network on digits")
    image_arguments.add_digits(train_parser)
    arguments.add_training(train_parser, defaults.MNIST, dropout="0.2")
    arguments.add_run(train_parser, run_dir="conv_net-NAME here, named for the dataset")
    return arguments.parse(parser)


def main() -> int:
    """Does what a command says; without one, says which there are."""
    args = parse_arguments()
    if args.command is None:
        print(ABOUT, end="")
        return 0
    if args.command == "predict":
        command_line.quiet_tensorflow()
        return predict(args)
    command_line.start_training()
    return train(args)


def predict(args: argparse.Namespace) -> int:
    """Prints a digit for each image file; returns the exit status."""
    import numpy as np

    from lowlevel.prediction.predictor import Predictor

    predictor = Predictor(shipped.MNIST)
    there, images = digit_files.read(args.images, predictor.image_shape)
    if there:
        prediction = predictor.predict(np.stack(images))
        class_names = predictor.class_names
        telling.tell_classes(there, prediction, class_names, args.top, args.json, gap="  ")
    return reading.status(len(args.images), len(there))


def train(args: argparse.Namespace) -> int:
    """Trains the network of the quick start; returns the exit status."""
    from lowlevel import nets
    from lowlevel.cli import downloads, training
    from lowlevel.data import digit_datasets, training_data
    from lowlevel.nets import conv_net
    from lowlevel.reports import by_task
    from lowlevel.training import tasks
    from lowlevel.training.run import Run

    dataset = downloads.load_digits(args)
    kind = digit_datasets.kind_of(dataset)
    defaults.MNIST.fill(args, kind, f"conv_net on {kind}")
    options = {} if args.dropout is None else {"dropout_rate": args.dropout}
    config = conv_net.Config(dataset.image_shape, dataset.num_classes, **options)
    run = Run(
        nets.make("conv_net", config, args.seed, args.precision),
        tasks.classification(),
        training_data.of_images(dataset),
        training.make_recipe(args, len(dataset.train)),
        training.make_directory(args, Path.cwd(), f"conv_net-{dataset.name}"),
    )
    return training.execute(run, args, dataset.describe(), by_task.digits)


def run() -> None:
    """The command `lowlevel`."""
    sys.argv[0] = "lowlevel"
    command_line.run(main)


if __name__ == "__main__":
    run()
