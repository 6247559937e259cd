#!/usr/bin/env python3
"""Says what a trained network sees in image files: of a run, a SavedModel or a weights file."""

from pathlib import Path

from lowlevel import command_line
from lowlevel.checks import ConfigError


def parse_arguments():
    parser = command_line.ArgumentParser(description=__doc__)
    parser.add_argument(
        "network",
        metavar="RUN_OR_EXPORT",
        type=Path,
        help="the directory of a run, or a SavedModel or an .h5 file that export.py wrote",
    )
    parser.add_argument("images", nargs="+", metavar="IMAGE", help="a PNG or JPEG file of any size")
    parser.add_argument(
        "--top",
        metavar="N",
        type=command_line.whole_number(1),
        default=1,
        help="print this many classes of each image, the likeliest first (default: 1)",
    )
    parser.add_argument(
        "--plot",
        metavar="FILE",
        type=Path,
        help="draw each image beside its probabilities, as a .png file",
    )
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
    from lowlevel.evaluation import plots
    from lowlevel.evaluation.predictor import Predictor

    predictor = Predictor(args.network)
    images = np.stack(
        [
            image_file.read_for(predictor.image_files, predictor.image_shape, path)
            for path in args.images
        ]
    )
    longest = max(len(name) for name in args.images)
    if not predictor.class_names and (args.plot or args.top > 1):
        raise ConfigError("an autoencoder knows no classes: --plot and --top are for others.")
    if not predictor.class_names:
        for name, error in zip(args.images, predictor.outputs(images)["error"], strict=True):
            print(f"{name:{longest}}  reconstruction error {error:.5f}")
        return 0

    prediction = predictor.predict(images)
    for name, row in zip(args.images, prediction.probabilities, strict=True):
        best = row.argsort()[::-1][: args.top]
        answers = "  ".join(f"{predictor.class_names[index]} {row[index]:.4f}" for index in best)
        print(f"{name:{longest}}  {answers}")
    if args.plot:
        titles = [Path(name).name for name in args.images]
        plots.draw_probabilities(args.plot, images, prediction, titles, predictor.class_names)
        print(f"drew {args.plot}")
    return 0


if __name__ == "__main__":
    command_line.run(main)
