#!/usr/bin/env python3
"""Estimates how far cars go on a gallon, with a network trained by train_auto_mpg.py.

The cars are rows of a CSV file with the columns of the table that the network was trained on; the
column mpg may be missing. Where it is there, its number is printed beside the estimate.
"""

import json
import math

from lowlevel.checks import DataError, printable
from lowlevel.cli import command_line, network_arguments, reading


def parse_arguments():
    parser = command_line.ArgumentParser(description=__doc__)
    network_arguments.add_network(parser)
    parser.add_argument("table", metavar="TABLE", help="a CSV file, a car in each row")
    parser.add_argument("--json", action="store_true", help="print a JSON object for each car")
    return parser.parse_args()


def main():
    args = parse_arguments()
    command_line.quiet_tensorflow()
    # Imported only now, so that --help and mistakes in the arguments are answered at once.
    from lowlevel.data import auto_mpg
    from lowlevel.prediction.car_predictor import CarPredictor

    predictor = CarPredictor(args.network)
    table = auto_mpg.read(args.table, with_targets=False)
    estimates = predictor.predict(table.features)
    longest = max(map(len, table.names))
    for name, estimate, truth in zip(table.names, estimates, table.targets, strict=True):
        known = not math.isnan(truth)
        if args.json:
            about = {"car": name, "mpg": float(estimate)} | (
                {"truth": float(truth)} if known else {}
            )
            print(json.dumps(about))
        else:
            beside = f"  ({truth:.1f} in the table)" if known else ""
            print(f"{printable(name):{longest}}  {estimate:.1f} miles per gallon{beside}")
    for line in table.dropped:
        command_line.complain(DataError(f"line {line} of {args.table} lacks a number."))
    return reading.status(len(table) + len(table.dropped), len(table))


if __name__ == "__main__":
    command_line.run(main)
