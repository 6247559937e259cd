#!/usr/bin/env python3
"""Times this package beside Keras, PyTorch and JAX: the same networks, batches and optimizer.

Each contender runs in a process of its own. Rounds are interleaved, so that whatever else the
machine does hits all of them, and each is compared with the round of this package beside it. Before
that, all train on the same batches without dropout, or predict for the same image, and what they
find must agree. The ratio is the contender's time divided by that of this package: above 1, this
package is faster.
"""

import importlib
import json
import statistics
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import numpy as np

from benchmarks import machine, works
from benchmarks.processes import FirstStep, Process, Script
from lowlevel.checks import ConfigError
from lowlevel.cli import command_line

CONTENDERS = {
    "lowlevel": "lowlevel_run",
    "keras": "keras_fit",
    "torch": "torch_loop",
    "jax": "jax_loop",
}
TOLERANCES = {"float32": 2e-3, "bfloat16": 5e-2}  # of losses after 20 steps, of themselves


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
    add("--setting", nargs="+", default=[""], help="only settings that contain one of these texts")
    add("--data-dir", metavar="DIR", help="MNIST's files, for the work 'script'")
    add("--json", type=Path, metavar="FILE", help="write the rows to a file")
    return parser.parse_args()


def time_work(name, precision, limit, args):
    """Times all contenders for a work; returns the rows of the table.

    Args:
        limit: multiply-adds a second that the machine can make in this precision.
    """
    work = works.WORKS[name]
    options = {"work": name, "precision": precision, "threads": args.threads}
    options["batch_size"] = batch_size = args.batch_size or work.batch_size
    with tempfile.TemporaryDirectory() as directory:
        directory = Path(directory)
        works.write_examples(directory, work, batch_size)
        runners = {}
        try:
            _start(runners, directory, options, args)
            seconds = {key: [] for key in runners}
            for runner in runners.values():
                if isinstance(runner, Process):
                    runner.run()  # traces
            for _ in range(args.rounds):
                for key, runner in runners.items():
                    seconds[key].append(runner.run())
            peaks = {key: runner.peak for key, runner in runners.items()}
        finally:
            for runner in runners.values():
                runner.end()
    return [_row(key, seconds, work, options, limit) | {"peak_mib": peaks[key]} for key in seconds]


def _start(runners, directory, options, args):
    """Starts each contender with each setting, and checks that their numbers agree."""
    expected, kind = None, works.WORKS[options["work"]].kind
    for contender in ("lowlevel", *args.contender):
        for setting in _settings(contender, kind, args):
            name = f"{contender}, {setting}"
            runner = _runner(contender, kind, directory, options | {"setting": setting}, args)
            if isinstance(runner.numbers, str):
                print(f"left out: {name}: {runner.numbers}", file=sys.stderr, flush=True)
                runner.end()
                continue
            runners[contender, setting] = runner
            expected = expected or runner.numbers
            _check_numbers(name, runner.numbers, expected, options["precision"])


def _settings(contender, kind, args):
    """The contender's settings for a kind of work; of others than ours only those asked for."""
    module = importlib.import_module(f"benchmarks.contenders.{CONTENDERS[contender]}")
    texts = [""] if contender == "lowlevel" else args.setting
    return [name for name in module.SETTINGS.get(kind, ()) if any(text in name for text in texts)]


def _runner(contender, kind, directory, options, args):
    """What runs a contender: a `Process`, a `FirstStep` or a `Script`."""
    if kind == "script":
        return Script(contender, options["setting"], args.data_dir)
    make = FirstStep if kind == "first step" else Process
    return make(CONTENDERS[contender], directory, options)


def _check_numbers(name, numbers, expected, precision):
    differences = np.abs(np.array(numbers) - expected) / np.abs(expected)
    if differences.max() > TOLERANCES[precision]:
        worst = int(differences.argmax())
        raise ConfigError(
            f"{name} does not compute the same: number {worst + 1} is {numbers[worst]:.6f}, "
            f"not {expected[worst]:.6f}."
        )


def _row(key, seconds, work, options, limit):
    """A row of the table: a dict for JSON."""
    ours = next(iter(seconds.values()))
    ratios = [theirs / own for theirs, own in zip(seconds[key], ours, strict=True)]
    step = statistics.median(seconds[key]) / work.batches
    share = None
    if work.passes is not None:
        multiply_adds = works.multiply_adds(work) * options["batch_size"]
        share = work.passes * multiply_adds / step / limit
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
        "share_of_limit": share,
    }


def show(rows):
    """Prints rows as lines of a table."""
    for row in rows:
        share, peak = row["share_of_limit"], row["peak_mib"]
        words = [
            f"{row['work']:18} {row['precision']:8} {row['batch_size']:5}  {row['contender']:9}",
            f"{row['setting']:29} {row['ms_per_step']:9.3f} ms  {row['ratio_to_ours']:5.2f}",
            f"({row['ratio_low']:.2f} to {row['ratio_high']:.2f})",
            "" if share is None else f" {share:5.1%}",
            "" if peak is None else f" {peak:5.0f} MiB",
        ]
        print(*words, flush=True)


def main():
    """Times what the command line asks for."""
    args = parse_arguments()
    command_line.quiet_tensorflow()
    print(f"copying: {machine.bytes_per_second() / 1e9:.1f} GB/s read and written")
    limits = {name: machine.multiply_adds_per_second(name) for name in ("float32", "bfloat16")}
    for precision, limit in limits.items():
        print(f"matrix product, {precision}: {limit / 1e9:.0f} G multiply-adds a second")
    print("work, precision, batch size, contender, setting, time of a step, ratio, share of limit,")
    print("peak of memory")
    rows = []
    for name in args.work:
        if works.WORKS[name].kind == "script" and args.data_dir is None:
            print(f"left out: {name}: it needs MNIST's files, --data-dir", file=sys.stderr)
            continue
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
