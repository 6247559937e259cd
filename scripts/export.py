#!/usr/bin/env python3
"""Writes a trained network for other programs: as a SavedModel, or its weights as HDF5."""

from pathlib import Path

from lowlevel.cli import command_line


def parse_arguments():
    parser = command_line.ArgumentParser(description=__doc__)
    parser.add_argument("run", metavar="RUN", type=Path, help="the directory of a run")
    parser.add_argument(
        "--savedmodel",
        metavar="DIR",
        type=Path,
        help="write a SavedModel to this new directory, with preprocessing, for any batch size",
    )
    parser.add_argument(
        "--weights",
        metavar="FILE",
        type=Path,
        help="write all variables by name to this new .h5 file",
    )
    args = parser.parse_args()
    if args.savedmodel is None and args.weights is None:
        parser.error("nothing to write: give --savedmodel or --weights")
    if args.weights is not None and args.weights.suffix not in (".h5", ".hdf5"):
        parser.error(f"--weights needs the name of a .h5 file, not {str(args.weights)!r}")
    targets = [path.resolve() for path in (args.savedmodel, args.weights) if path is not None]
    if len(set(targets)) < len(targets):
        parser.error(f"--savedmodel and --weights cannot both be {args.weights}")
    return args


def main():
    args = parse_arguments()
    command_line.quiet_tensorflow()
    # Imported only now, so that --help and mistakes in the arguments are answered at once.
    from lowlevel.prediction import export

    if args.savedmodel is not None:
        export.check_new_directory(args.savedmodel)
    if args.weights is not None:
        export.check_new_file(args.weights)
    if args.savedmodel is not None:
        export.save_savedmodel(args.run, args.savedmodel)
        print(f"wrote the SavedModel {args.savedmodel}")
    if args.weights is not None:
        export.save_weights(args.run, args.weights)
        print(f"wrote {args.weights}")
    return 0


if __name__ == "__main__":
    command_line.run(main)
