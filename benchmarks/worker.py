"""One contender in a process of its own: runs when it is told to, and says how long it took.

It answers on standard output with JSON: first with the numbers that contenders are compared by,
then, for each line of standard input, with the seconds of a round, and the peak of its memory so
far in MiB.
"""

import importlib
import json
import os
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

from benchmarks.contenders import Job, UnsupportedError
from benchmarks.works import WORKS


def main():
    """Answers commands until there are no more."""
    contender, directory, options = sys.argv[1], Path(sys.argv[2]), json.loads(sys.argv[3])
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is no answer

    def answer(value):
        print(json.dumps(value), file=answers, flush=True)

    _limit_threads(options.pop("threads"), contender)
    options["work"] = WORKS[options["work"]]
    with np.load(directory / "variables.npz") as file:
        options["variables"] = dict(file)
    try:
        module = importlib.import_module(f"benchmarks.contenders.{contender}")
        make = module.make_predictor if options["work"].kind == "predict" else module.make
        answer(make(_job(directory / "few.npz", options, dropout=False)).numbers())
        if options["work"].kind == "first step":
            return
        run = make(_job(directory / "round.npz", options, dropout=True)).run
        for _ in sys.stdin:
            start = time.perf_counter()
            run()
            seconds = time.perf_counter() - start
            answer([seconds, _peak_mib()])
    except (UnsupportedError, ImportError) as error:
        answer({"unsupported": str(error)})


def _peak_mib():
    """The most memory of this process so far; getrusage would include that of its parent."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def _job(path, options, dropout):
    """A `Job` on the examples of a file."""
    with np.load(path) as file:
        return Job(**options, **file, dropout=dropout)


def _limit_threads(threads, contender):
    """Lets the libraries use so many threads; None leaves it to them."""
    if threads is None:
        return
    os.environ["OMP_NUM_THREADS"] = os.environ["TF_NUM_INTRAOP_THREADS"] = str(threads)
    if contender == "jax_loop":
        os.sched_setaffinity(0, list(os.sched_getaffinity(0))[:threads])
    elif contender == "torch_loop":
        import torch

        torch.set_num_threads(threads)


if __name__ == "__main__":
    main()
