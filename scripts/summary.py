#!/usr/bin/env python3
"""Prints what a network is made of and costs, layer by layer.

Columns are output shapes, parameters, multiply-adds forward and backward, bytes of memory that are
kept for the backward pass, and how much of the input a layer sees. With --time it also times
training steps, and with --diagram it draws the layers as a graph.
"""

from pathlib import Path

from lowlevel.cli import command_line, network_arguments


def parse_arguments():
    parser = command_line.ArgumentParser(description=__doc__)
    parser.add_argument(
        "net", metavar="NET", help="the name of a network, such as conv_net, or a run directory"
    )
    network_arguments.add_depth(parser)
    parser.add_argument(
        "--time",
        action="store_true",
        help="add a column: each layer's share of the time of a training step, as profile.py "
        "measures it with the run's settings (for the name of a network, with 128 examples)",
    )
    parser.add_argument(
        "--diagram",
        metavar="FILE",
        type=Path,
        help="also draw the layers as a graph, to a .png or an .svg file",
    )
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    args = parser.parse_args()
    if args.diagram is not None and args.diagram.suffix not in (".png", ".svg"):
        parser.error(f"--diagram needs the name of a .png or an .svg file, not {args.diagram}")
    return args


def main():
    args = parse_arguments()
    command_line.quiet_tensorflow()
    # Imported only now, so that --help and mistakes in the arguments are answered at once.
    from lowlevel import nets
    from lowlevel.cli import networks
    from lowlevel.inspection import costs, diagram, profile, summary, summary_table

    chosen = networks.choose(args.net)
    name, config, precision = chosen.name, chosen.config, chosen.precision
    shares = None
    if args.time:
        found = profile.profile(name, config, chosen.recipe, precision, quiet=args.quiet)
        shares = profile.shares(found.operations, args.depth)
    layers = summary.summarize(name, config, args.depth)
    print(summary_table.text(layers, costs.of_net(name, config, precision, args.depth), shares))
    if args.diagram is not None:
        input_shape = nets.get(name).input_spec(config).shape[1:]
        diagram.draw(args.diagram, layers, name, input_shape)
        print(f"drew {args.diagram}")
    return 0


if __name__ == "__main__":
    command_line.run(main)
