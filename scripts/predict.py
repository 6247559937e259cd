#!/usr/bin/env python3
"""Applies a trained network (a run, a SavedModel or a weights file) to image files."""

import functools
from pathlib import Path

from lowlevel.checks import ConfigError, printable
from lowlevel.cli import command_line, network_arguments, reading, telling

DRAWN_SIDE = 800  # pixels of a picture with boxes


def parse_arguments():
    parser = command_line.ArgumentParser(description=__doc__)
    network_arguments.add_network(parser)
    parser.add_argument(
        "images",
        nargs="+",
        metavar="IMAGE",
        help="a file of any size: PNG, JPEG, GIF, WebP, BMP or TIFF",
    )
    telling.add_top(parser)
    parser.add_argument(
        "--least-score",
        metavar="SCORE",
        type=command_line.number(0, 1),
        help="for a detector: leave out boxes with a lower score (default: 0.3)",
    )
    network_arguments.add_plot(parser, "each image beside its probabilities, or with its boxes")
    args = parser.parse_args()
    if args.plot is not None:
        command_line.check_plot(parser, args.plot, args.images)
    return args


def main():
    args = parse_arguments()
    command_line.quiet_tensorflow()
    # Imported only now, so that --help and mistakes in the arguments are answered at once.
    import numpy as np

    from lowlevel.data import image_file
    from lowlevel.prediction.predictor import Predictor

    predictor = Predictor(args.network)
    check_arguments(args, predictor)
    read = functools.partial(image_file.read_for, predictor.image_files, predictor.image_shape)
    paths, images = reading.read_each(args.images, read)
    if paths:
        tell(args, predictor, paths, np.stack(images))
    return reading.status(len(args.images), len(paths))


def tell(args, predictor, paths, images):
    """Prints the answer to each image, and draws them if asked to."""
    from lowlevel.reports import plots

    names = [printable(path) for path in paths]
    if predictor.detects:
        tell_boxes(args, predictor, paths, images)
        return
    longest = max(map(len, names))
    if not predictor.class_names:
        for name, error in zip(names, predictor.outputs(images)["error"], strict=True):
            if args.json:
                telling.print_json(image=name, reconstruction_error=float(error))
            else:
                print(f"{name:{longest}}  reconstruction error {error:.5f}")
        return

    prediction = predictor.predict(images)
    telling.tell_classes(names, prediction, predictor.class_names, args.top, args.json)
    if args.plot:
        titles = [Path(name).name for name in names]
        plots.draw_probabilities(args.plot, images, prediction, titles, predictor.class_names)
        telling.tell_plot(args.plot, args.json)


def check_arguments(args, predictor):
    """Raises ConfigError if an option is for networks of another kind."""
    if not predictor.class_names and (args.plot or args.top > 1):
        raise ConfigError("an autoencoder has no classes: --plot and --top are for other networks.")
    if predictor.detects and args.top > 1:
        raise ConfigError("a detector gives each box one class: --top is for classifiers.")
    if not predictor.detects and args.least_score is not None:
        raise ConfigError("--least-score is for detectors; this network draws no boxes.")


def tell_boxes(args, predictor, paths, images):
    """Prints the boxes in each image, in pixels of the file, and draws them if asked to."""
    import numpy as np

    from lowlevel.data import image_file
    from lowlevel.prediction import detection
    from lowlevel.reports import box_plots

    least_score = detection.MIN_SCORE if args.least_score is None else args.least_score
    outputs = predictor.outputs(images)
    sizes = [image_file.read_size(path) for path in paths]
    names = [printable(path) for path in paths]
    found, longest = [], max(map(len, names))
    for index, (name, size) in enumerate(zip(names, sizes, strict=True)):
        boxes, classes, scores = detection.of_image(outputs, index, least_score)
        boxes = boxes * np.tile(np.divide(size, predictor.image_shape[:2]), 2)
        boxes = np.clip(boxes, 0, np.tile(size, 2))
        found.append((boxes, classes, scores))
        rows = [
            {"class": predictor.class_names[number], "score": float(score)}
            | dict(zip(("top", "left", "bottom", "right"), map(float, box), strict=True))
            for box, number, score in zip(*found[-1], strict=True)
        ]
        if args.json:
            telling.print_json(image=name, boxes=rows)
            continue
        for row in rows:
            corners = "  ".join(f"{side} {value:.1f}" for side, value in [*row.items()][2:])
            print(f"{name:{longest}}  {row['class']} {row['score']:.4f}  {corners}")
        if not rows:
            print(f"{name:{longest}}  nothing found")
    if args.plot:
        pictures = [
            image_file.read_resized(path, (*reduced(size), 3))
            for path, size in zip(paths, sizes, strict=True)
        ]
        titles = [Path(name).name for name in names]
        box_plots.draw(args.plot, pictures, found, predictor.class_names, None, titles, sizes)
        telling.tell_plot(args.plot, args.json)


def reduced(size):
    """Height and width of a picture that is drawn: at most `DRAWN_SIDE`, in the same ratio."""
    scale = min(1, DRAWN_SIDE / max(size))
    return tuple(max(1, round(side * scale)) for side in size)


if __name__ == "__main__":
    command_line.run(main)
