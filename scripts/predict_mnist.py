#!/usr/bin/env python3
"""Classifies images of handwritten digits with a trained network.

The images are files of any size, or test images by number. The default network is the one that
ships with the project.
"""

from pathlib import Path

import numpy as np

from lowlevel import shipped
from lowlevel.checks import DataError, check_integer, printable
from lowlevel.cli import command_line, digit_files, network_arguments, reading, telling


def parse_arguments():
    parser = command_line.ArgumentParser(description=__doc__)
    parser.add_argument(
        "images", nargs="*", metavar="IMAGE", help="a file: PNG, JPEG, GIF, WebP, BMP or TIFF"
    )
    parser.add_argument(
        "--index",
        nargs="+",
        metavar="N",
        type=command_line.whole_number(0),
        default=[],
        help="test images by number: of --data-dir, else of MNIST if it is in your cache, else of "
        "the sample of it that comes with the package",
    )
    parser.add_argument(
        "--data-dir", metavar="DIR", help="read the test images from IDX files here"
    )
    parser.add_argument(
        "--run-dir",
        metavar="DIR",
        type=Path,
        default=shipped.MNIST,
        help="the run that trained the network (default: the one that ships with the package)",
    )
    invert = parser.add_mutually_exclusive_group()
    invert.add_argument(
        "--invert",
        action="store_true",
        default=None,
        help="the ink is darker than the paper (default: judged by the border of each image)",
    )
    invert.add_argument(
        "--no-invert", dest="invert", action="store_false", help="the ink is lighter"
    )
    telling.add_top(parser)
    network_arguments.add_plot(parser, "each image beside its probabilities")
    args = parser.parse_args()
    if not args.images and not args.index:
        parser.error("name an image file, or test images with --index")
    if args.data_dir and not args.index:
        parser.error("--data-dir is where --index looks; give both")
    if args.plot is not None:
        command_line.check_plot(parser, args.plot, args.images)
    return args


def main():
    args = parse_arguments()
    command_line.quiet_tensorflow()
    # Imported only now, so that --help and mistakes in the arguments are answered at once.
    from lowlevel.prediction.predictor import Predictor
    from lowlevel.reports import plots

    predictor = Predictor(args.run_dir)
    paths, images = digit_files.read(args.images, predictor.image_shape, args.invert)
    named_images = list(zip(paths, images, strict=True))
    if args.index:
        named_images += test_images(args.index, args.data_dir, predictor.class_names)
    names = [name for name, _ in named_images]
    for name, image in named_images:
        if image.shape[:2] != predictor.image_shape[:2]:
            raise DataError(
                f"{name} is an image of {image.shape[:2]} (height, width); "
                f"the network takes images of {predictor.image_shape[:2]}."
            )
    if not named_images:
        return 2
    images = np.stack([image for _, image in named_images])
    prediction = predictor.predict(images)

    telling.tell_classes(names, prediction, predictor.class_names, args.top, args.json, gap="  ")
    if args.plot:
        titles = [printable(Path(name).name) for name in names]
        plots.draw_probabilities(args.plot, images, prediction, titles, predictor.class_names)
        telling.tell_plot(args.plot, args.json)
    return reading.status(len(args.images) + len(args.index), len(names))


def test_images(indices, data_dir, class_names):
    """(name with the true class, image) of each test image, as `digit_files.read` gives images."""
    from lowlevel.data import digit_datasets

    dataset = digit_datasets.load_offline(data_dir)
    for there, known in zip(dataset.class_names, class_names, strict=False):
        if there != known:
            raise DataError(
                f"the classes of {dataset.name} are {', '.join(dataset.class_names)}, those of the "
                f"network {', '.join(class_names)}; --data-dir names its own test images."
            )
    named_images = []
    for index in indices:
        check_integer(
            f"an index into the test images of {dataset.name}", index, 0, len(dataset.test) - 1
        )
        label = int(dataset.test.labels[index])
        truth = class_names[label] if label < len(class_names) else f"class {label}"
        name = f"{dataset.name} test image {index} (a {truth})"
        named_images.append((name, dataset.test.images[index] / np.float32(255)))
    return named_images


if __name__ == "__main__":
    command_line.run(main)
