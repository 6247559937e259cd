#!/usr/bin/env python3
"""Shows where the time of a training step goes: by layer, by kind, and by single operation.

It takes the default network of a name, or the network and the settings of a run, and feeds its
training step with random inputs.
"""

import dataclasses
from pathlib import Path

from lowlevel.cli import arguments, command_line, network_arguments


def parse_arguments():
    parser = command_line.ArgumentParser(description=__doc__)
    parser.add_argument(
        "net", metavar="NET", help="the name of a network, such as conv_net, or a run directory"
    )
    parser.add_argument(
        "--batch-size",
        metavar="N",
        type=command_line.whole_number(1),
        help="examples in a step (default: the run's; 128 for the name of a network)",
    )
    parser.add_argument(
        "--precision",
        choices=arguments.PRECISIONS,
        help="what is computed in (default: the run's; float32 for the name of a network)",
    )
    parser.add_argument(
        "--steps",
        metavar="N",
        type=command_line.whole_number(1),
        default=20,
        help="steps to time (default: %(default)s)",
    )
    network_arguments.add_depth(parser)
    parser.add_argument(
        "--top",
        metavar="N",
        type=command_line.whole_number(1),
        default=10,
        help="lines of each table (default: %(default)s)",
    )
    parser.add_argument(
        "--tensorboard",
        metavar="DIR",
        type=Path,
        help="also write a profile there, for TensorBoard with tensorboard-plugin-profile",
    )
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    return parser.parse_args()


def main():
    args = parse_arguments()
    command_line.quiet_tensorflow()
    # Imported only now, so that --help and mistakes in the arguments are answered at once.
    from lowlevel.cli import networks
    from lowlevel.inspection import profile, profile_tables

    chosen = networks.choose(args.net)
    batch_size = args.batch_size or chosen.recipe.batch_size
    recipe = dataclasses.replace(chosen.recipe, batch_size=batch_size)
    precision = args.precision or chosen.precision
    found = profile.profile(
        chosen.name, chosen.config, recipe, precision, args.steps, args.tensorboard, args.quiet
    )
    print(f"{chosen.name}, {recipe.batch_size} examples, {precision}, {recipe.optimizer}")
    if recipe.jit_compile:
        print("the run's own step is compiled by XLA, which may be faster; here it is not")
    print(profile_tables.text(found, args.depth, args.top))
    if args.tensorboard is not None:
        print(f"\nwrote a profile to {args.tensorboard}")
    return 0


if __name__ == "__main__":
    command_line.run(main)
