"""Trained networks from disk: the same from each kind of file, of a run the right epoch."""

import json

import numpy as np
import pytest
import tensorflow as tf

from lowlevel.checks import CheckpointError
from lowlevel.nets import mlp
from lowlevel.prediction import export, trained
from lowlevel.storage.run_directory import BEST_EPOCH, PREDICTS_WITH, RunDirectory
from lowlevel.training.hooks import Checkpoint
from tests.comparison import values
from tests.training import small_run

NET = ("mlp", mlp.Config((8, 8, 1), 10, (12,)))
IMAGES = tf.constant(values(5, 8, 8, 1, low=0))


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A run, and its network as a weights file and as a SavedModel."""
    root = tmp_path_factory.mktemp("saved")
    run = small_run.train(root / "run", max_steps=3, net=NET)
    export.save_weights(root / "run", root / "weights.h5")
    export.save_savedmodel(root / "run", root / "model")
    return root, run


@pytest.mark.parametrize("name", ["run", "weights.h5", "model"])
def test_each_kind_of_file_gives_the_network_of_the_run(saved, name):
    root, run = saved
    network = trained.load(root / name)
    expected = run.task.answer(run.network, IMAGES)
    answers = network.answer(IMAGES)
    assert answers.keys() == expected.keys() == {"logits", "probabilities", "class"}
    for key in expected:
        np.testing.assert_array_equal(answers[key], expected[key])
    assert network.config == json.loads(json.dumps(run.config))
    assert str(network.source).startswith(str(root / name))


def test_a_path_may_be_text(saved):
    root, _ = saved
    assert trained.load(str(root / "run")).sha256 == trained.load(root / "model").sha256


def write_run(path, losses, predicts_with=None):
    """A run directory of a network that is filled with the number of the epoch."""
    run = small_run.make(net=NET)
    config = run.config | ({PREDICTS_WITH: predicts_with} if predicts_with else {})
    directory = RunDirectory(path)
    directory.open(config)
    history = []
    for epoch, loss in enumerate(losses, start=1):
        for variable in run.network.variables.all().values():
            variable.assign(tf.fill(variable.shape, float(epoch)))
        run.state.step.assign(3 * epoch)
        history.append({"epoch": epoch, "step": 3 * epoch, "val_loss": loss})
        record = run.state.record() | {"history": history, "config": config}
        directory.save(run.state.tensors(), record)
    return directory


def epoch_of(path):
    """The number of the epoch that a network of `write_run` was loaded from."""
    (number,) = {int(n) for v in trained.load(path).variables.values() for n in np.unique(v)}
    return number


LOSSES = [0.9, 0.2, 0.5, 0.4, 0.3, 0.6]  # the second epoch is the best, the sixth the newest


@pytest.mark.parametrize("predicts_with, epoch", [(None, 6), ("newest", 6), (BEST_EPOCH, 2)])
def test_the_epoch_that_a_run_predicts_with(tmp_path, predicts_with, epoch):
    write_run(tmp_path, LOSSES, predicts_with)
    assert epoch_of(tmp_path) == epoch


def damage(checkpoint):
    with (checkpoint / "record.json").open("a") as file:
        file.write(" ")


def test_a_damaged_best_epoch_gives_way_to_the_newest(tmp_path, capsys):
    best, *_, newest = write_run(tmp_path, LOSSES, BEST_EPOCH).checkpoints()
    damage(best)
    assert epoch_of(tmp_path) == 6
    said = capsys.readouterr().err
    assert f"the checkpoint {best} is damaged" in said
    assert f"using {newest} instead" in said


def test_a_damaged_newest_epoch_gives_way_to_the_one_before(tmp_path, capsys):
    *_, before, newest = write_run(tmp_path, LOSSES).checkpoints()
    damage(newest)
    assert epoch_of(tmp_path) == 5
    assert f"using {before} instead" in capsys.readouterr().err


def test_a_run_without_a_finished_epoch_predicts_with_what_there_is(tmp_path):
    run = small_run.make(net=NET)
    config = run.config | {PREDICTS_WITH: BEST_EPOCH}
    directory = RunDirectory(tmp_path)
    directory.open(config)
    saved = directory.save(run.state.tensors(), run.state.record() | {"config": config})
    assert trained.find_checkpoint(tmp_path)[1] == saved
    assert trained.load(tmp_path).variables.keys() == run.network.variables.all().keys()


def test_a_best_epoch_cannot_be_found_in_a_damaged_history(tmp_path):
    run = small_run.make(net=NET)
    config = run.config | {PREDICTS_WITH: BEST_EPOCH}
    directory = RunDirectory(tmp_path)
    directory.open(config)
    path = directory.save(run.state.tensors(), run.state.record() | {"config": config})
    record = json.loads((path / "record.json").read_text()) | {"history": [{"epoch": 1}]}
    trained.checkpoint.save(path.with_name("epoch-0001-step-00000003"), run.state.tensors(), record)
    with pytest.raises(CheckpointError, match="each row of the history needs an epoch and a step"):
        trained.load(tmp_path)


def test_checkpoints_of_the_hook_have_no_config_to_predict_with(tmp_path):
    run = small_run.make(net=NET)
    small_run.go_on(run, 1, hooks=[Checkpoint(tmp_path)])
    with pytest.raises(CheckpointError, match=r"but no config to predict with: `Model.restore`"):
        trained.load(tmp_path)


def test_nothing_to_load(tmp_path):
    with pytest.raises(CheckpointError, match="nowhere does not exist"):
        trained.load(tmp_path / "nowhere")
    with pytest.raises(CheckpointError, match="contains no checkpoint of a run"):
        trained.load(tmp_path)


@pytest.mark.parametrize("text", [None, "{", "[" * 100_000], ids=["missing", "cut off", "deep"])
def test_a_savedmodel_of_others(tmp_path, text):
    (tmp_path / "saved_model.pb").write_bytes(b"")
    if text is not None:
        (tmp_path / "lowlevel.json").write_text(text)
    with pytest.raises(CheckpointError, match=r"is not a SavedModel of scripts/export\.py"):
        trained.load(tmp_path)


def test_a_checkpoint_that_does_not_fit_its_config(tmp_path):
    run = small_run.make(net=NET)
    config = run.config | {"net_config": run.config["net_config"] | {"widths": (13,)}}
    directory = RunDirectory(tmp_path)
    directory.open(config)
    directory.save(run.state.tensors(), run.state.record() | {"config": config})
    with pytest.raises(CheckpointError, match=r"variables/weights/d1 in .* is float32 \[64, 12\]"):
        trained.load(tmp_path)
