"""Anonymous memory, which no file stands behind, does not grow with data on disk: 1 to 16 times."""

import os
import subprocess
import sys

import numpy as np

from tests.conftest import ROOT
from tests.idx_files import encode

# For each number of examples in turn, trains an epoch on floats, digests bytes and evaluates on
# them, and prints the most anonymous memory that it has used so far, in KiB.
CHILD = """
import hashlib, sys, threading, time
import numpy as np
from lowlevel import losses, optimizers
from lowlevel.data import idx
from lowlevel.data.labelled_images import LabelledImages
from lowlevel.model import Model

peak = 0
def watch():
    global peak
    while True:
        with open("/proc/self/status") as file:
            now = next(int(line.split()[1]) for line in file if line.startswith("RssAnon"))
        peak = max(peak, now)
        time.sleep(0.005)

threading.Thread(target=watch, daemon=True).start()
model = Model.of("mlp")
model.compile(optimizers.SGD(0.1), losses.softmax_cross_entropy)
for count in sys.argv[1:]:
    labels = np.arange(int(count)) % 10
    floats = np.load(f"floats-{count}", mmap_mode="r")
    model.fit(floats, labels, 512, verbose=0, validation_split=0.1)
    images = LabelledImages(idx.map_file(f"bytes-{count}", 3)[..., None], labels, "bytes")
    images.update(hashlib.sha256())
    model.run.evaluate(images.examples)
    print(peak, flush=True)
"""
EXAMPLES = 2_000  # 6 MB as floats, 1.6 MB as bytes


def test_anonymous_memory_is_flat_from_1_to_16_times_the_data(tmp_path):
    counts = [EXAMPLES, 16 * EXAMPLES]
    for count in counts:
        with (tmp_path / f"floats-{count}").open("wb") as file:
            np.save(file, np.zeros((count, 28, 28, 1), np.float32))
        (tmp_path / f"bytes-{count}").write_bytes(encode(np.zeros((count, 28, 28), np.uint8)))
    done = subprocess.run(
        [sys.executable, "-c", CHILD, *map(str, counts)],
        capture_output=True, text=True, check=True, cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    small, large = (int(line) // 1024 for line in done.stdout.split())
    print(small, large)
    assert large < small + 40, "MiB; the larger files have 96 MiB and 24 MiB"
