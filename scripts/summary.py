#!/usr/bin/env python3
"""Prints what a network is made of and costs: layers, output shapes, parameters, multiply-adds.

With --diagram it also draws the layers as a graph.
"""

from pathlib import Path

from lowlevel.cli import arguments, command_line


def parse_arguments():
    parser = command_line.ArgumentParser(description=__doc__)
    parser.add_argument("net", metavar="NET", help="the name of a network, such as conv_net")
    arguments.add_depth(parser)
    parser.add_argument(
        "--diagram",
        metavar="FILE",
        type=Path,
        help="also draw the layers as a graph, to a .png or an .svg file",
    )
    args = parser.parse_args()
    if args.diagram is not None and args.diagram.suffix not in (".png", ".svg"):
        parser.error(f"--diagram needs the name of a .png or an .svg file, not {args.diagram}")
    return args


def main():
    args = parse_arguments()
    command_line.quiet_tensorflow()
    # Imported only now, so that --help and mistakes in the arguments are answered at once.
    from lowlevel import nets
    from lowlevel.inspection import diagram, summary

    layers = summary.summarize(args.net, depth=args.depth)
    print(summary.table(layers))
    if args.diagram is not None:
        net = nets.get(args.net)
        input_shape = net.input_spec(net.Config()).shape[1:]
        diagram.draw(args.diagram, layers, args.net, input_shape)
        print(f"drew {args.diagram}")
    return 0


if __name__ == "__main__":
    command_line.run(main)
