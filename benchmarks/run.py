#!/usr/bin/env python3
"""Times training beside Keras, PyTorch and JAX: the same network, batches, loss and optimizer.

Each contender runs in a process of its own. Rounds are interleaved, so that whatever else the
machine does hits all of them, and each is compared with the round of this package beside it. Before
that, all train on the same batches without dropout, and their losses must agree. The ratio is the
contender's time divided by that of this package: above 1, this package is faster.
"""

import importlib
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import numpy as np

from benchmarks import machine, works
from lowlevel.checks import ConfigError, DataError
from lowlevel.cli import command_line

CONTENDERS = {
    "lowlevel": "lowlevel_run",
    "keras": "keras_fit",
    "torch": "torch_loop",
    "jax": "jax_loop",
}
CHECKED_STEPS = 20
TOLERANCES = {"float32": 2e-3, "bfloat16": 5e-2}  # of losses after 20 steps, of themselves
TRAINING = 3  # forward and backward cost about three times the multiply-adds of forward


def parse_arguments():
    """Reads the command line."""
    parser = command_line.ArgumentParser(description=__doc__.splitlines()[0])
    add, at_least_one = parser.add_argument, command_line.whole_number(1)
    add("--work", nargs="+", choices=works.WORKS, default=list(works.WORKS), help="default: all")
    others = [name for name in CONTENDERS if name != "lowlevel"]
    add("--contender", nargs="+", choices=others, default=others, help="default: all")
    add("--precision", choices=("float32", "bfloat16"), help="default: those of the work")
    add("--batch-size", type=at_least_one, help="default: that of the work")
    add("--rounds", type=at_least_one, default=7, help="rounds to time (default: %(default)s)")
    add("--threads", type=at_least_one, help="for each contender (default: as it likes)")
    add("--setting", help="only settings that contain this text, for example 'scan'")
    add("--json", type=Path, metavar="FILE", help="write the rows to a file")
    return parser.parse_args()


class Process:
    """A contender's process.

    Attributes:
        losses: of a few batches, without dropout; or why there are none, a text.
    """

    def __init__(self, contender, directory, options):
        worker = str(Path(__file__).with_name("worker.py"))
        setting = options["setting"].replace(" ", "-")
        self._messages = directory / f"{contender}-{setting}.txt"  # shown if it dies
        with self._messages.open("w") as messages:
            self._process = subprocess.Popen(
                [sys.executable, worker, CONTENDERS[contender], directory, json.dumps(options)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=messages,
                text=True,
            )
        self.losses = self._answer()

    def train(self):
        """Trains for an epoch; returns the seconds it took."""
        print(file=self._process.stdin, flush=True)
        return self._answer()

    def end(self):
        """Ends the process."""
        self._process.kill()
        self._process.communicate()

    def _answer(self):
        line = self._process.stdout.readline()
        if not line:
            code = self._process.wait()
            print(self._messages.read_text(), file=sys.stderr)
            raise DataError(f"a contender has died with status {code}: its messages are above.")
        answer = json.loads(line)
        return answer["unsupported"] if isinstance(answer, dict) else answer


def time_work(name, precision, limit, args):
    """Times all contenders for a work; returns the rows of the table.

    Args:
        limit: multiply-adds a second that the machine can make in this precision.
    """
    work = works.WORKS[name]
    batch_size = args.batch_size or work.batch_size
    with tempfile.TemporaryDirectory() as directory:
        directory = Path(directory)
        np.savez(directory / "variables.npz", **works.initial_variables(work))
        for part, batches in (("few", CHECKED_STEPS), ("epoch", work.batches)):
            inputs, targets = works.make_examples(work, batch_size, batches)
            np.savez(directory / f"{part}.npz", inputs=inputs, targets=targets)
        options = {"work": name, "precision": precision, "batch_size": batch_size}
        options["threads"] = args.threads
        runners = {}
        try:
            _start(runners, directory, options, args)
            seconds = {key: [] for key in runners}
            for process in runners.values():
                process.train()  # traces
            for _ in range(args.rounds):
                for key, process in runners.items():
                    seconds[key].append(process.train())
        finally:
            for process in runners.values():
                process.end()
    return [_row(key, seconds, work, options, limit) for key in seconds]


def _start(runners, directory, options, args):
    """Starts a process for each contender and setting, and checks that their losses agree."""
    expected = None
    for contender in ("lowlevel", *args.contender):
        module = importlib.import_module(f"benchmarks.contenders.{CONTENDERS[contender]}")
        for setting in module.SETTINGS:
            if contender != "lowlevel" and args.setting and args.setting not in setting:
                continue
            name = f"{contender}, {setting}"
            process = Process(contender, directory, options | {"setting": setting})
            if isinstance(process.losses, str):
                print(f"left out: {name}: {process.losses}", file=sys.stderr, flush=True)
                process.end()
                continue
            runners[contender, setting] = process
            expected = expected or process.losses
            _check_losses(name, process.losses, expected, options["precision"])


def _check_losses(name, losses, expected, precision):
    differences = np.abs(np.array(losses) - expected) / np.abs(expected)
    if differences.max() > TOLERANCES[precision]:
        step = int(differences.argmax())
        raise ConfigError(
            f"{name} does not compute the same: at step {step + 1} its loss is {losses[step]:.6f}, "
            f"not {expected[step]:.6f}."
        )


def _row(key, seconds, work, options, limit):
    """A row of the table: a dict for JSON."""
    ours = next(iter(seconds.values()))
    ratios = [theirs / own for theirs, own in zip(seconds[key], ours, strict=True)]
    step = statistics.median(seconds[key]) / work.batches
    multiply_adds = works.multiply_adds(work)
    return {
        "work": options["work"],
        "precision": options["precision"],
        "batch_size": options["batch_size"],
        "contender": key[0],
        "setting": key[1],
        "ms_per_step": 1000 * step,
        "ratio_to_ours": statistics.median(ratios),
        "ratio_low": min(ratios),
        "ratio_high": max(ratios),
        "share_of_limit": TRAINING * multiply_adds * options["batch_size"] / step / limit,
    }


def show(rows):
    """Prints rows as lines of a table."""
    for row in rows:
        print(
            f"{row['work']:16} {row['precision']:9} {row['batch_size']:4}  {row['contender']:9} "
            f"{row['setting']:30} {row['ms_per_step']:9.3f} ms  {row['ratio_to_ours']:6.2f} "
            f"({row['ratio_low']:.2f} to {row['ratio_high']:.2f})  {row['share_of_limit']:5.1%}",
            flush=True,
        )


def main():
    """Times what the command line asks for."""
    args = parse_arguments()
    command_line.quiet_tensorflow()
    print(f"copying: {machine.bytes_per_second() / 1e9:.1f} GB/s read and written")
    limits = {name: machine.multiply_adds_per_second(name) for name in ("float32", "bfloat16")}
    for precision, limit in limits.items():
        print(f"matrix product, {precision}: {limit / 1e9:.0f} G multiply-adds a second")
    print("work, precision, batch size, contender, setting, time of a step, ratio, share of limit")
    rows = []
    for name in args.work:
        for precision in works.WORKS[name].precisions:
            if args.precision in (None, precision):
                found = time_work(name, precision, limits[precision], args)
                show(found)
                rows += found
                if args.json:
                    args.json.write_text(json.dumps({"rows": rows}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    command_line.run(main)
