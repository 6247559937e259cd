#!/usr/bin/env python3
"""Prints what a network is made of and costs: layers, output shapes, parameters, multiply-adds."""

from lowlevel import command_line


def parse_arguments():
    parser = command_line.ArgumentParser(description=__doc__)
    parser.add_argument("net", metavar="NET", help="the name of a network, such as conv_net")
    parser.add_argument(
        "--depth",
        metavar="N",
        type=command_line.whole_number(1),
        help="fold layers into blocks: keep this many parts of their names (default: all)",
    )
    return parser.parse_args()


def main():
    args = parse_arguments()
    command_line.quiet_tensorflow()
    # Imported only now, so that --help and mistakes in the arguments are answered at once.
    from lowlevel.inspection import summary

    print(summary.table(summary.summarize(args.net, depth=args.depth)))
    return 0


if __name__ == "__main__":
    command_line.run(main)
