"""Runs opened to be looked at: the state of any checkpoint, and a directory that stays as it is."""

import hashlib
import shutil

import numpy as np
import pytest

from lowlevel import optimizers, variables
from lowlevel.checks import CheckpointError
from lowlevel.inspection import answers, explain, opened_run, page_data
from lowlevel.training import tasks
from tests.training import small_run

IMAGES, LABELS = small_run.DATASET.test.images[:2] / 255, small_run.DATASET.test.labels[:2]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run of five steps, which keeps its last three checkpoints and that of its best epoch."""
    path = tmp_path_factory.mktemp("opened") / "run"
    return small_run.train(path, max_steps=5, save_every=1)


def contents(directory):
    """The digest and the time of each file, the time of each directory."""
    return {
        path: (
            path.is_file() and hashlib.sha256(path.read_bytes()).digest(),
            path.stat().st_mtime_ns,
        )
        for path in [directory, *directory.rglob("*")]
    }


def test_it_is_the_run_that_was_trained_and_the_directory_stays_as_it_is(trained):
    before = contents(trained.directory.path)
    run, network = opened_run.open_run(trained.directory.path)
    assert variables.sha256(run.state.tensors()) == variables.sha256(trained.state.tensors())
    assert run.recipe == trained.recipe and network.network is run.network and run.data is None
    assert any(slot.numpy().any() for slot in run.state.optimizer.slots.values())
    steps, digests = [], set()
    for path in opened_run.some_checkpoints(run, 8):
        opened_run.restore(run, path)
        steps.append(int(run.state.step))
        digests.add(variables.sha256(run.network.variables.all()))
    assert steps == [3, 4, 5] and len(digests) == 3
    explain.trace_batch(run, *explain.as_batch(run, IMAGES, LABELS))
    assert contents(trained.directory.path) == before


def test_damaged_checkpoints_are_left_out_and_few_are_evenly_spaced(trained, tmp_path):
    path = tmp_path / "run"
    shutil.copytree(trained.directory.path, path)
    run, _ = opened_run.open_run(path)
    whole = run.directory.checkpoints()
    assert opened_run.some_checkpoints(run, 2) == [whole[0], whole[-1]]
    (whole[1] / "record.json").write_text("{")
    assert opened_run.some_checkpoints(run, 8) == [whole[0], whole[2]]


def test_an_exported_network_takes_a_plain_first_step_of_adam(trained, tmp_path):
    trained.task = tasks.classification(label_smoothing=0.2)
    trained.export(tmp_path / "exported")
    run, _ = opened_run.open_run(tmp_path / "exported")
    found = variables.sha256(run.network.variables.all())
    assert found == variables.sha256(trained.network.variables.all())
    page = explain.explain(run, IMAGES, LABELS)
    assert explain.FIRST_STEP in page.html and '"rule": "Adam", "learning_rate": 0.001' in page.html
    assert explain.FIRST_STEP not in explain.explain(trained, IMAGES, LABELS).html
    variable = page.trace.variables["weights/d1"]
    moved = np.abs(variable.gradient.array) > 1e-3  # elsewhere Adam's epsilon counts
    update = -opened_run.USUAL_RATE * np.sign(variable.gradient.array)
    np.testing.assert_allclose(variable.update.array[moved], update[moved], rtol=1e-2)
    answer = answers.of_trace(run, page.trace, explain.as_batch(run, IMAGES, LABELS))[0]
    assert max(answer["targets"]) == 1


def test_a_schedule_that_has_ended():
    run = small_run.make(schedule="cosine", schedule_steps=2)
    assert page_data.of_optimizer(run.state.optimizer, 1)["ended"] == ""
    run.state.step.assign(2)
    page = explain.explain(run, IMAGES, LABELS)
    assert page_data.ENDED in page.html
    assert not page.trace.variables["weights/d1"].update.array.any()
    assert page_data.of_optimizer(optimizers.SGD(0.0), 2)["ended"] == ""  # a rate, no schedule


def test_the_labels_are_smoothed_as_in_training(tmp_path):
    run = small_run.make(tmp_path / "run")
    run.task = tasks.classification(label_smoothing=0.2)
    run.open()
    small_run.go_on(run, max_steps=1)
    opened, _ = opened_run.open_run(tmp_path / "run")
    batch = explain.as_batch(opened, IMAGES, LABELS)
    trace = explain.trace_batch(opened, *batch)
    for answer, label in zip(answers.of_trace(opened, trace, batch), LABELS, strict=True):
        targets = np.full(10, 0.02)
        targets[label] = 0.82
        assert answer["targets"] == pytest.approx(targets.tolist())
        loss = -(targets * np.log(answer["probabilities"])).sum()
        assert answer["loss"] == pytest.approx(loss, rel=1e-5)


def test_what_is_no_run(tmp_path):
    for path in (tmp_path / "nowhere", tmp_path):
        with pytest.raises(CheckpointError, match=r"is not a run directory|contains no checkpoint"):
            opened_run.open_run(path)
