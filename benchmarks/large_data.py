#!/usr/bin/env python3
"""Memory and speed of training on data from 1 to 16 times as large: in memory, and from disk.

    python benchmarks/large_data.py --dir DIR

DIR gets up to 1 GB of random images, which are deleted at the end. Each line is a process of its
own that trains for an epoch. Anonymous memory (RssAnon) is what no file stands behind. The peak
(VmHWM) also counts mapped pages of files, which the system takes back when it needs them. `mapped`
is a file that memory can hold, `large` the same file, treated as if it were larger than memory,
`files` JPEG files of 128 x 128 pixels, decoded batch by batch, and `cold` a mapped file of which
nothing is in the system's cache at first.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from lowlevel.cli import command_line

FACTORS = (1, 4, 16)
EXAMPLES = {"memory": 60_000, "mapped": 60_000, "large": 60_000, "files": 2_000}  # at factor 1
FORMS = ("memory", "mapped", "large", "cold", "files")
NETS = {"mlp": 2_000, "conv_net": 100, "mini_inception": 30}  # and how many steps are timed
BATCH_SIZE, WARM_UP, FILES, FILE_SIDE = 128, 10, 200, 128
SECONDS_BETWEEN_LOOKS = 0.01


def main():
    """Prints a table of memory, and one of speed."""
    parser = command_line.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--dir", type=Path, required=True, help="a directory on the disk to measure"
    )
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.measure:
        return measure(**json.loads(args.measure))
    args.dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=args.dir) as directory:
        print(f"{'images':8} {'times':>5} {'anonymous':>10} {'peak':>9} {'images/s':>9}  (mlp)")
        for form, count in EXAMPLES.items():
            for factor in FACTORS:
                found = run("mlp", form, Path(directory), (28, 28, 1), factor * count)
                print(f"{form:8} {factor:5} " + "{:6.0f} MiB {:5.0f} MiB {:9.0f}".format(*found))
        print(f"\n{'images/s':15}" + "".join(f"{form:>9}" for form in FORMS))
        for net, steps in NETS.items():
            shape = (32, 32, 3) if net == "mini_inception" else (28, 28, 1)
            print(f"{net:15}", end="", flush=True)
            for form in FORMS:
                few = steps if form != "files" else min(steps, 100)
                found = run(net, form, Path(directory), shape, (few + WARM_UP) * BATCH_SIZE)
                print(f"{found[2]:9.0f}", end="", flush=True)
            print()
    return 0


def write(form, directory, shape, count):
    """Random images: a file of bytes, or a folder of JPEG files, most of them links to others."""
    import numpy as np

    random = np.random.default_rng(0)
    if form != "files":
        path = directory / "images"
        with path.open("wb") as file:
            for start in range(0, count, 1_000):
                random.integers(0, 256, (min(1_000, count - start), *shape), np.uint8).tofile(file)
        return path
    from PIL import Image

    path = directory / f"files-{count}"
    for number in range(0 if path.exists() else count):
        file = path / "one" / f"{number}.jpg"
        if number >= FILES:
            os.link(path / "one" / f"{number % FILES}.jpg", file)
            continue
        file.parent.mkdir(parents=True, exist_ok=True)
        small = Image.fromarray(random.integers(0, 256, (16, 16, 3), np.uint8))
        small.resize((FILE_SIDE, FILE_SIDE)).save(file)
    return path


def run(net, form, directory, shape, count):
    """Trains in a process: (most anonymous memory in MiB, peak in MiB, images a second)."""
    path = write(form, directory, shape, count)
    options = {"net": net, "form": form, "path": str(path), "shape": shape, "count": count}
    words = [sys.executable, __file__, "--dir", str(path), "--measure", json.dumps(options)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    anonymous = 0
    while process.poll() is None:
        anonymous = max(anonymous, memory(process.pid, "RssAnon"))
        time.sleep(SECONDS_BETWEEN_LOOKS)
    peak, speed = json.loads(process.stdout.read())
    return anonymous, peak, speed


def memory(process, kind):
    """MiB of a kind of memory of a process; 0 if it has ended."""
    text = Path(f"/proc/{process}/status").read_text()
    return sum(int(line.split()[1]) for line in text.splitlines() if line.startswith(kind)) / 1024


def measure(net, form, path, shape, count):
    """Trains, and prints this process's peak in MiB and the images a second."""
    command_line.quiet_tensorflow()
    import numpy as np

    from lowlevel import nets
    from lowlevel.data import room
    from lowlevel.data.image_files import ImageFiles
    from lowlevel.data.labelled_images import LabelledImages
    from lowlevel.data.training_data import TrainingData
    from lowlevel.training import loop, tasks
    from lowlevel.training.recipe import Recipe
    from lowlevel.training.run import Run

    if form == "large":
        room.memory = lambda: 2**20
    if form == "files":
        images = ImageFiles(path, [f"one/{number}.jpg" for number in range(count)], tuple(shape))
    else:
        images = np.memmap(path, np.uint8, "r", shape=(count, *shape))
    images = np.array(images) if form == "memory" else images
    data = TrainingData(LabelledImages(images, np.arange(count) % 10, "random").examples)
    config = nets.get(net).Config(tuple(shape), 10)
    run = Run(
        nets.make(net, config), tasks.of_net(net, config), data, Recipe(batch_size=BATCH_SIZE)
    )
    loop.train(run, loop.RunLength(1, max_steps=WARM_UP), quiet=True)
    if form == "cold":
        with open(path, "rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    start = time.perf_counter()
    loop.train(run, loop.RunLength(1), quiet=True)
    seconds = time.perf_counter() - start
    peak = memory("self", "VmHWM")  # getrusage would include that of the parent
    print(json.dumps([peak, (count - WARM_UP * BATCH_SIZE) / seconds]))
    return 0


if __name__ == "__main__":
    command_line.run(main)
