"""The log for TensorBoard under kills: nothing in it is lost, and nothing is there twice."""

import shutil

from lowlevel.nets import mlp
from lowlevel.storage import tensorboard
from lowlevel.training import loop
from lowlevel.training.hook import Hook
from lowlevel.training.hooks import TensorBoardLog
from tests.training import small_run


class CopyDirectory(Hook):
    """Copies a run's directory after some steps, as a kill would leave it."""

    def __init__(self, run, steps, name):
        self.run, self.steps, self.name = run, steps, name

    def on_batch_end(self, step, values):
        self.run.finish_saving()
        if step in self.steps:
            path = self.run.directory.path
            shutil.copytree(path, path.with_name(self.name.format(step)))


def train(path, steps_to_copy=()):
    """Trains with a log, from the newest checkpoint to the end; returns all that is logged."""
    run = small_run.make(path, net=("mlp", mlp.Config((8, 8, 1), 10)))
    run.open()
    log = tensorboard.TensorBoard(path, int(run.state.step))
    if int(run.state.step) == 0:
        log.write_graph(run.train_step)
    hooks = [TensorBoardLog(log), CopyDirectory(run, steps_to_copy, "killed-{}")]
    loop.train(run, loop.RunLength(small_run.EPOCHS, save_every=2), hooks, quiet=True)
    return tensorboard.read(path)


def test_a_run_that_was_killed_has_the_log_of_an_unbroken_one(tmp_path):
    unbroken = train(tmp_path / "run", (1, 4, 5))
    steps = [step for _, step, tag, _ in unbroken if tag == "step/loss"]
    assert steps == [1, 2, 3, 4, 5, 6]
    assert [step for _, step, tag, _ in unbroken if tag == "graph"] == [0]
    assert len([tag for _, _, tag, _ in unbroken if tag == "epoch/loss"]) == 4
    for step in (1, 4, 5):
        assert train(tmp_path / f"killed-{step}") == unbroken, f"killed after step {step}"
