#!/usr/bin/env python3
"""Starts several workers on this machine that train one network together.

    python scripts/launch.py -n 2 scripts/train_mnist.py --dataset sample

Each worker is a process with its share of every batch and of the threads. Under Slurm, srun starts
the workers, and this script tells each who it is:

    srun --ntasks=4 python scripts/launch.py --slurm scripts/train_mnist.py
"""

import argparse
import os
import sys
from pathlib import Path

from lowlevel.cli import command_line, slurm, workers


def parse_arguments():
    parser = command_line.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "-n",
        "--workers",
        metavar="N",
        type=command_line.whole_number(1),
        help="how many workers to start (default: 2)",
    )
    parser.add_argument(
        "--slurm",
        action="store_true",
        help="be one worker, a task that srun has started; all its tasks are the workers",
    )
    parser.add_argument("script", metavar="SCRIPT", type=Path, help="a training script")
    parser.add_argument(
        "arguments", nargs=argparse.REMAINDER, metavar="ARGUMENT", help="the script's own options"
    )
    args = parser.parse_args()
    if not args.script.is_file():
        parser.error(f"{args.script} is not a script")
    if args.slurm and args.workers is not None:
        parser.error("--slurm: srun says how many workers there are, not -n")
    args.workers = args.workers or 2
    if args.workers > 64:
        parser.error("-n: a machine runs at most 64 workers")
    return args


def main():
    args = parse_arguments()
    command = [sys.executable, str(args.script), *args.arguments]
    if args.slurm:
        os.environ["TF_CONFIG"] = slurm.tf_config()
        os.execv(sys.executable, command)
    threads = max(1, len(os.sched_getaffinity(0)) // args.workers)
    return workers.run(command, args.workers, threads)


if __name__ == "__main__":
    command_line.run(main)
