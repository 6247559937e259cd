"""Long runs: after the first thousand steps neither memory nor open files grow, nor are traced."""

import os
from pathlib import Path

import pytest

from lowlevel.inspection import retracing
from lowlevel.model import Model
from lowlevel.nets import mlp
from lowlevel.prediction.predictor import Predictor
from lowlevel.prediction.serving import TrainedNetwork
from lowlevel.training.hook import Hook
from tests.training import small_run

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux's /proc"),
]
MIB = 2**20
MLP = "mlp", mlp.Config(small_run.DATASET.image_shape, small_run.DATASET.num_classes)


def resident_bytes():
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def open_files():
    return len(os.listdir("/proc/self/fd"))


class Watch(Hook):
    """Notes, after each epoch, the memory and the open files of this process."""

    def __init__(self):
        self.notes = []

    def on_epoch_end(self, row):
        self.notes.append((row["step"], resident_bytes(), open_files()))


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("saved", [False, True])
def test_twenty_thousand_steps(tmp_path, saved, jit_compile):
    run = small_run.make(
        tmp_path / "run" if saved else None, net=MLP, batch_size=1, jit_compile=jit_compile
    )
    if saved:
        run.open()
    watch = Watch()
    with retracing.watch(run) as traces:
        small_run.go_on(run, epochs=209, hooks=[watch])
    late = [note for note in watch.notes if note[0] >= 1000]
    assert late[-1][0] >= 20_000
    assert max(note[1] for note in late) - late[0][1] < 20 * MIB
    assert max(note[2] for note in late) <= late[0][2]
    traces.assert_once(run.train_step)


@pytest.mark.parametrize("door", ["Predictor", "Model"])
def test_two_thousand_single_predictions(door):
    run = small_run.make(net=MLP)
    images = small_run.DATASET.test.images[:1]
    if door == "Predictor":
        facts = run.data.facts
        predict = Predictor(TrainedNetwork(run.network, run.task, facts, "a test")).predict
    else:
        model = Model(run.network.forward, run.network.variables, run.network.input_spec)
        predict, images = model.predict, images / 255.0
    for _ in range(200):
        predict(images)
    memory, files = resident_bytes(), open_files()
    for _ in range(2000):
        predict(images)
    assert resident_bytes() - memory < 20 * MIB
    assert open_files() <= files
