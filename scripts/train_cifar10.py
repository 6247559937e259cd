#!/usr/bin/env python3
"""Trains MiniInception on CIFAR-10, drawn shapes or a folder of images, or resumes a run."""

import functools
from pathlib import Path

from lowlevel.cli import arguments, command_line, image_arguments
from lowlevel.cli.defaults import Default, TrainingDefaults

CHECKPOINTS = Path(__file__).resolve().parent.parent / "checkpoints"
IMAGE_SIDE = 32
DEFAULTS = TrainingDefaults(epochs=Default(20, {"shapes": 3}), batch_size=64, learning_rate=0.001)


def parse_arguments():
    parser = command_line.ArgumentParser(description=__doc__)
    data = parser.add_argument_group("data")
    data.add_argument(
        "--dataset",
        choices=("cifar10", "shapes", "folder"),
        default="cifar10",
        help="cifar10 (the default), 60,000 images, from your cache or downloaded; shapes, 12,000 "
        "images of coloured shapes that the package draws; folder, your own: --data-dir holds a "
        "folder of image files for each class, a fifth of them is kept to test on, and all are "
        "decoded while the network trains",
    )
    data.add_argument(
        "--data-dir",
        metavar="PATH",
        help="read CIFAR-10 from here: the directory cifar-10-batches-bin, or the archive "
        "cifar-10-binary.tar.gz, or a directory that holds one of them",
    )
    data.add_argument(
        "--image-side",
        metavar="PIXELS",
        type=command_line.whole_number(1, 10_000),
        help="height and width to which the images of --dataset folder are resized (default: "
        f"{IMAGE_SIDE})",
    )
    image_arguments.add_from_disk(data)
    image_arguments.add_photo_augmentation(parser)
    arguments.add_training(parser, DEFAULTS, label_smoothing=True, batch_norm=True)
    image_arguments.add_mini_inception(parser)
    parser.add_argument(
        "--ten-views",
        action="store_true",
        help="at the end, also report the accuracy of the mean over ten views of each test image: "
        "mirrored, and moved by a pixel",
    )
    arguments.add_run(parser, run_dir="checkpoints/mini_inception-NAME, named for the dataset")
    args = arguments.parse(parser)
    if args.data_dir is not None and args.dataset == "shapes":
        parser.error("shapes are drawn: they take no --data-dir")
    if args.from_disk and args.dataset == "shapes":
        parser.error("shapes are drawn: they are not read --from-disk")
    if args.data_dir is None and args.dataset == "folder":
        parser.error("--dataset folder needs --data-dir")
    if args.image_side is not None and args.dataset != "folder":
        parser.error("--image-side is for --dataset folder")
    return args


def main():
    args = parse_arguments()
    command_line.start_training()
    # Imported only now, so that --help and mistakes in the arguments are answered at once.
    from lowlevel import nets
    from lowlevel.cli import training
    from lowlevel.data import training_data
    from lowlevel.reports import by_task
    from lowlevel.training import tasks
    from lowlevel.training.run import Run

    dataset = load(args)
    DEFAULTS.fill(args, args.dataset)
    momentum = {} if args.norm_momentum is None else {"norm_momentum": args.norm_momentum}
    config = nets.get("mini_inception").Config(
        dataset.image_shape, dataset.num_classes, conv_biases=args.conv_biases, **momentum
    )
    augmentation = training.make_augmentation(args, "flip", "crop", "cutout")
    run = Run(
        nets.make("mini_inception", config, args.seed, args.precision),
        tasks.classification(args.label_smoothing),
        training_data.of_images(dataset, augmentation, image_files="resize"),
        training.make_recipe(args, len(dataset.train)),
        training.make_directory(args, CHECKPOINTS, f"mini_inception-{dataset.name}"),
    )
    report = functools.partial(by_task.photographs, ten_views=args.ten_views, quiet=args.quiet)
    show_samples = functools.partial(by_task.show_samples, dataset)
    return training.execute(run, args, dataset.describe(), report, show_samples=show_samples)


def load(args):
    """The images to train and to test on."""
    from lowlevel.cli import downloads
    from lowlevel.data import cifar10, image_files, shapes

    if args.dataset == "shapes":
        return shapes.load()
    if args.dataset == "folder":
        side = args.image_side or IMAGE_SIDE
        return image_files.read_classes(args.data_dir, (side, side, 3), quiet=args.quiet)
    with downloads.offer_others("cifar10"):
        if args.data_dir:
            return cifar10.read(args.data_dir, args.from_disk, args.quiet)
        return cifar10.load(args.from_disk, args.quiet)


if __name__ == "__main__":
    command_line.run(main)
