#!/usr/bin/env python3
"""Starts several workers on this machine that train one network together.

    python scripts/launch.py -n 2 scripts/train_mnist.py --dataset sample

Each worker is a process with its share of every batch and of the threads.
"""

import argparse
import os
import sys
from pathlib import Path

from lowlevel.cli import command_line, workers


def parse_arguments():
    parser = command_line.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "-n",
        "--workers",
        metavar="N",
        type=command_line.whole_number(1),
        default=2,
        help="how many workers to start (default: %(default)s)",
    )
    parser.add_argument("script", metavar="SCRIPT", type=Path, help="a training script")
    parser.add_argument(
        "arguments", nargs=argparse.REMAINDER, metavar="ARGUMENT", help="the script's own options"
    )
    args = parser.parse_args()
    if not args.script.is_file():
        parser.error(f"{args.script} is not a script")
    if args.workers > 64:
        parser.error("-n: a machine runs at most 64 workers")
    return args


def main():
    args = parse_arguments()
    threads = max(1, len(os.sched_getaffinity(0)) // args.workers)
    command = [sys.executable, str(args.script), *args.arguments]
    return workers.run(command, args.workers, threads)


if __name__ == "__main__":
    command_line.run(main)
