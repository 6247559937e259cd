#!/usr/bin/env python3
"""Times a cluster of workers of one core each beside one process, and what their talk costs.

Beside the cluster run one process of one core, one of as many cores as there are workers, and as
many processes as workers that do not talk: each computes batches as large as a worker's share. What
the cluster needs more than they do is communication, and waiting for one another. Rounds are
interleaved, each figure is a median, and all but the last must find the same losses.
"""

import os
import statistics
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import numpy as np

from benchmarks import works
from benchmarks.processes import Process
from lowlevel.checks import DataError
from lowlevel.cli import command_line, workers

NETS = ("conv_net", "mini_inception", "text_classifier", "vision_transformer")
LINES = {  # bytes a second, in each direction
    "100 Mbit/s": 100e6 / 8,
    "10 Gbit/s": 10e9 / 8,
    "NVLink, 450 GB/s": 450e9,  # the fourth generation, all 18 links of a GPU
}
TOLERANCE = 5e-3  # of losses in 20 steps, of themselves: they part as rounding adds up


def parse_arguments():
    """Reads the command line."""
    parser = command_line.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", nargs="+", choices=NETS, default=NETS, help="default: all")
    parser.add_argument(
        "--workers", type=command_line.whole_number(2), default=2, help="default: %(default)s"
    )
    parser.add_argument(
        "--rounds", type=command_line.whole_number(1), default=7, help="default: %(default)s"
    )
    parser.add_argument(
        "--only-arithmetic", action="store_true", help="time nothing: only how much is said"
    )
    return parser.parse_args()


class Together:
    """Processes that make their rounds at the same time."""

    def __init__(self, directory, options, environments):
        """Starts one process for each environment."""
        self._processes = []
        for index, environment in enumerate(environments):
            own = options | {"setting": f"{len(environments)} {index}"}
            process = Process("lowlevel_run", directory, own, environment)
            self._processes.append(process)

    def losses(self):
        """The losses of the first process after some steps, when all have them."""
        losses = [process.numbers for process in self._processes]
        return losses[0]

    def run(self):
        """Makes a round; returns the seconds until the last has ended."""
        for process in self._processes:
            process.begin_round()
        return max([process.end_round() for process in self._processes])

    def end(self):
        """Ends all processes."""
        for process in self._processes:
            process.end()


def time_work(name, count, rounds):
    """The seconds of a step of each contender, in each round.

    Args:
        name: of the work.
        count: how many workers there are.
        rounds: how many rounds to time.
    """
    work = works.WORKS[name]
    ports = workers.free_ports(count)
    cluster = [workers.environment(index, ports, 1) for index in range(count)]
    share = work.batch_size // count
    contenders = {  # name: (batch size, environments)
        "one core": (work.batch_size, [_alone(1)]),
        f"{count} cores": (work.batch_size, [_alone(count)]),
        "cluster": (work.batch_size, cluster),
        "not talking": (share, [_alone(1)] * count),
    }
    runners, expected = {}, None
    with tempfile.TemporaryDirectory() as directory:
        try:
            for key, (batch_size, environments) in contenders.items():
                there = Path(directory) / key
                there.mkdir()
                works.write_examples(there, work, batch_size)
                options = {"work": name, "precision": "float32", "threads": None}
                options["batch_size"] = batch_size
                runners[key] = Together(there, options, environments)
                losses = np.array(runners[key].losses())
                expected = losses if expected is None else expected
                if batch_size == work.batch_size and not np.allclose(losses, expected, TOLERANCE):
                    raise DataError(f"{key} finds other losses: {losses}, not {expected}.")
            seconds = {key: [] for key in runners}
            for number in range(rounds + 1):  # the first one traces
                for key, runner in runners.items():
                    taken = runner.run() / work.batches
                    seconds[key] += [taken] if number else []
        finally:
            for runner in runners.values():
                runner.end()
    return seconds


def _alone(threads):
    """The environment of a process of so many threads that is in no cluster."""
    found = workers.environment(0, [], threads)
    return {name: value for name, value in found.items() if name != "TF_CONFIG"}


def show(name, seconds):
    """Prints the times of a step, and what of the cluster's time is communication."""
    of_one = seconds["one core"]
    for key, values in seconds.items():
        if key == "not talking":
            continue
        faster = statistics.median(a / b for a, b in zip(of_one, values, strict=True))
        print(f"{name:20} {key:12} {1000 * statistics.median(values):8.1f} ms a step  {faster:.2f}")
    pairs = zip(seconds["not talking"], seconds["cluster"], strict=True)
    share = 1 - statistics.median(apart / together for apart, together in pairs)
    print(f"{name:20} communication and waiting: {100 * share:.0f} % of the cluster's step")


def show_traffic(count):
    """Prints for each network what a worker says in a step, and how long that takes on a line."""
    from benchmarks import traffic
    from lowlevel import nets

    for name in nets.NETS:
        found = traffic.of_net(name)
        times = (f"{1000 * found.seconds(count, width):.3g}" for width in LINES.values())
        print(f"{name:20} {found.sums:4} sums {found.bytes:12,} bytes", *times, sep="  ")
    print("milliseconds at", ", ".join(LINES))


def main():
    """Times each work, then computes what is said."""
    args = parse_arguments()
    command_line.quiet_tensorflow()
    cores = len(os.sched_getaffinity(0))
    if cores < args.workers:
        print(f"this machine has {cores} cores: {args.workers} workers share them", file=sys.stderr)
    for name in () if args.only_arithmetic else args.work:
        show(name, time_work(name, args.workers, args.rounds))
    show_traffic(args.workers)
    return 0


if __name__ == "__main__":
    command_line.run(main)
