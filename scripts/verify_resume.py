#!/usr/bin/env python3
"""Proves that a training script resumes exactly: kills it again and again, and compares each step.

The script runs to its end once. Then it runs again, is killed at random moments and started again
with the same command, until all kills are made and it has come to its end. After each step, every
variable, every slot of the optimizer and the choice of examples must be those of the unbroken run,
bit for bit. The runs are kept in a temporary directory, which is deleted unless they differ.
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from lowlevel.cli import command_line

CHOSEN_HERE = ("--run-dir", "--fingerprints", "--fresh", "--resume", "--export")


def parse_arguments():
    parser = command_line.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--kills",
        metavar="N",
        type=command_line.whole_number(1),
        default=5,
        help="how often to kill the script (default: %(default)s)",
    )
    parser.add_argument(
        "--seed",
        type=command_line.whole_number(0),
        default=0,
        help="the seed of the moments at which it is killed (default: 0)",
    )
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    parser.add_argument("script", metavar="SCRIPT", type=Path, help="for example train_mnist.py")
    parser.add_argument(
        "arguments", metavar="ARGS", nargs=argparse.REMAINDER, help="the script's own options"
    )
    args = parser.parse_args()
    if not args.script.exists():
        args.script = Path(__file__).resolve().parent / args.script.name
    if not args.script.is_file():
        parser.error(f"there is no script {args.script}")
    for option in CHOSEN_HERE:
        if any(word.partition("=")[0] == option for word in args.arguments):
            parser.error(f"{option} is chosen by this script; leave it out")
    return args


def main():
    args = parse_arguments()
    command_line.quiet_tensorflow()
    # Imported only now, so that --help and mistakes in the arguments are answered at once.
    from lowlevel.cli import killing
    from lowlevel.progress import Progress

    directory = Path(tempfile.mkdtemp(prefix="verify-resume-"))
    words = [sys.executable, str(args.script), *args.arguments, "--quiet"]
    difference = None
    try:
        unbroken = killing.Unbroken(words, directory / "unbroken")
        with Progress("kills", args.kills, quiet=args.quiet) as progress:
            difference = killing.kill_and_compare(unbroken, args.kills, args.seed, progress.advance)
    finally:
        if difference is None:
            shutil.rmtree(directory)
    if difference is not None:
        print(f"{difference}; the runs are in {directory}")
        return 1
    print(f"identical over {unbroken.steps} steps, {args.kills} kills")
    return 0


if __name__ == "__main__":
    command_line.run(main)
