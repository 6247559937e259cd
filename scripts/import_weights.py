#!/usr/bin/env python3
"""Makes a run of weights that another program has written, for predict.py and the like.

It takes a .keras or a .weights.h5 file of Keras, or a .safetensors file with our names or with
those of a PyTorch state_dict. Names, shapes and settings must fit the network; nothing in the file
is run. Prints where each variable was, name by name: our name and shape, theirs and its shape.
"""

from pathlib import Path

from lowlevel.cli import command_line


def parse_arguments():
    parser = command_line.ArgumentParser(description=__doc__)
    parser.add_argument("file", metavar="FILE", type=Path, help="the file of weights")
    parser.add_argument(
        "run", metavar="RUN", type=Path, help="the new directory of the run, without an optimizer"
    )
    parser.add_argument(
        "--like",
        metavar="NET",
        help="the network that the weights are for: the name of one, such as conv_net, with its "
        "usual sizes, or the directory of a run, whose sizes, classes and preprocessing are taken; "
        "not needed for a .safetensors file of export.py",
    )
    return parser.parse_args()


def main():
    args = parse_arguments()
    command_line.quiet_tensorflow()
    # Imported only now, so that --help and mistakes in the arguments are answered at once.
    from lowlevel.exchange import imported, places
    from lowlevel.prediction import export

    export.check_new_directory(args.run)
    network, found = imported.read(args.file, args.like)
    imported.save(network, args.run, args.file)
    print(places.table(found, network.variables))
    print(f"wrote {args.run}")
    return 0


if __name__ == "__main__":
    command_line.run(main)
