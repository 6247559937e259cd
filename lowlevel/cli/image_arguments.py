"""Command-line arguments about images; does not import TensorFlow."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lowlevel.cli.command_line import number, whole_number


def add_digits(parser: argparse.ArgumentParser) -> Any:
    """Adds --dataset and --data-dir of scripts that take digits; returns their group."""
    group = parser.add_argument_group("data")
    group.add_argument(
        "--dataset",
        choices=("auto", "mnist", "sample", "digits"),
        default="auto",
        help="mnist, 60,000 images, from your cache or downloaded; sample, 6,000 of them that come "
        "with the package; digits, 1,437 smaller ones, likewise; auto (the default), mnist if it "
        "can be had, else sample",
    )
    group.add_argument(
        "--data-dir", metavar="DIR", help="read the four IDX files of MNIST, or files like them"
    )
    return group


def add_from_disk(group: Any) -> None:
    """Adds --from-disk to a group of options, or to a parser."""
    group.add_argument(
        "--from-disk",
        action="store_const",
        const=True,
        help="leave the images on disk and read those of each batch when it is needed, with the "
        "same results; packed files are first unpacked into your cache, once (default: for images "
        "of more than a quarter of the memory)",
    )


def add_digit_net(
    parser: argparse.ArgumentParser, nets: Sequence[str], packaged_norm_momentum: float
) -> None:
    """Adds --net, one of these names, and options of some of these networks."""
    group = parser.add_argument_group("the network")
    group.add_argument(
        "--net",
        choices=nets,
        default=nets[0],
        help="conv_net (the default), four convolutions and two dense layers; strided_net, two "
        "convolutions with batch norm, a tenth of the size, on three equal channels; mlp, two "
        "dense layers; mish_net, a block of layers used twice; vision_transformer, attention "
        "between patches",
    )
    group.add_argument(
        "--global-pooling",
        choices=("max", "avg"),
        help="what strided_net keeps of each of its last feature maps (default: max)",
    )
    group.add_argument(
        "--norm-momentum",
        metavar="SHARE",
        type=number(0, 1),
        help="share of the moving averages of strided_net or mish_net kept at each step (default: "
        f"0.99; {packaged_norm_momentum} for sample; {packaged_norm_momentum} for digits)",
    )


def add_augmentation(parser: argparse.ArgumentParser) -> None:
    """Adds --rotate, --zoom and --shift."""
    group = parser.add_argument_group("random changes to training images")
    group.add_argument(
        "--rotate",
        metavar="DEGREES",
        type=number(0, 180, high_included=True),
        default=0,
        help="turn by up to this, either way (default: 0)",
    )
    group.add_argument(
        "--zoom",
        metavar="SHARE",
        type=number(0, 1),
        default=0,
        help="stretch or shrink by up to this share (default: 0)",
    )
    group.add_argument(
        "--shift",
        metavar="PIXELS",
        type=number(0, 10_000),
        default=0,
        help="move by up to this, in both directions (default: 0)",
    )


def add_photo_augmentation(parser: argparse.ArgumentParser) -> None:
    """Adds --flip, --crop and --cutout."""
    group = parser.add_argument_group("random changes to training images")
    group.add_argument("--flip", action="store_true", help="mirror half of the images sideways")
    group.add_argument(
        "--crop",
        metavar="PIXELS",
        type=whole_number(0, 31),
        default=0,
        help="move by up to this, in both directions; the rim is mirrored (default: 0)",
    )
    group.add_argument(
        "--cutout",
        metavar="PIXELS",
        type=whole_number(0, 31),
        default=0,
        help="blacken a square of this height and width (default: 0)",
    )


def add_mini_inception(parser: argparse.ArgumentParser) -> None:
    """Adds the options of MiniInception."""
    group = parser.add_argument_group("the network")
    group.add_argument(
        "--no-conv-biases",
        dest="conv_biases",
        action="store_false",
        help="leave out the biases that batch norm takes out again",
    )
    group.add_argument(
        "--norm-momentum",
        metavar="SHARE",
        type=number(0, 1),
        help="share of batch norm's moving averages kept at each step (default: 0.99)",
    )


def add_folders(parser: argparse.ArgumentParser) -> None:
    """Adds the sources of images for the bottle autoencoder."""
    group = parser.add_argument_group("data: --data-dir, or --train and --normal, or --dataset")
    for option, text in {
        "--data-dir": "a directory with the folders TRAIN, TEST (normal images) and NEG_TEST "
        "(anomalies)",
        "--train": "a folder of image files to train on: PNG, JPEG, GIF, WebP, BMP or TIFF",
        "--normal": "a folder of normal images to test on",
        "--anomaly": "a folder of other images to test on",
    }.items():
        group.add_argument(option, metavar="DIR", type=Path, help=text)
    group.add_argument(
        "--dataset",
        choices=("shapes",),
        help="shapes: 400 bottles to train on, 80 bottles and 80 other things to test on, all "
        "drawn by the package",
    )


def check_folders(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    """Ends the program unless images are given; fills in the folders of --data-dir."""
    if args.data_dir is not None:
        args.train = args.train or args.data_dir / "TRAIN"
        args.normal = args.normal or args.data_dir / "TEST"
        args.anomaly = args.anomaly or args.data_dir / "NEG_TEST"
    if args.dataset is not None and (args.train or args.normal or args.anomaly):
        parser.error("--dataset shapes is drawn: it takes no folders")
    if args.dataset is None and (args.train is None or args.normal is None):
        parser.error("name the images: --data-dir, or --train and --normal, or --dataset shapes")


def add_autoencoder(parser: argparse.ArgumentParser) -> None:
    """Adds the random changes and the detector's option for the bottle autoencoder."""
    group = parser.add_argument_group("random changes to training images")
    group.add_argument(
        "--rotate",
        metavar="DEGREES",
        type=number(0, 180, high_included=True),
        default=15.0,
        help="turn by up to this, either way (default: %(default)s)",
    )
    group.add_argument(
        "--shift",
        metavar="SHARE",
        type=number(0, 1),
        default=0.1,
        help="move by up to this share of the size, in both directions (default: %(default)s)",
    )
    group.add_argument(
        "--zoom",
        metavar="SHARE",
        type=number(0, 1),
        default=0.1,
        help="stretch or shrink by up to this share (default: %(default)s)",
    )
    group.add_argument(
        "--no-flips",
        dest="flips",
        action="store_false",
        help="do not mirror images; by default half of them are, in either direction",
    )
    group = parser.add_argument_group("the detector of anomalies")
    group.add_argument(
        "--false-alarms",
        metavar="SHARE",
        type=number(0, 1, low_included=False),
        default=0.05,
        help="share of normal images that may be taken for anomalies (default: %(default)s)",
    )
