"""Fingerprints: equal for a run in parts, and a piece of state that is lost is found and named."""

import dataclasses
import json

import pytest
import tensorflow as tf

from lowlevel.checks import CheckpointError
from lowlevel.nets import mish_net
from lowlevel.training import fingerprints
from lowlevel.training.fingerprints import Fingerprints
from tests.training import small_run

MISH = (
    "mish_net",
    mish_net.Config(small_run.DATASET.image_shape, small_run.DATASET.num_classes),
)
RESUMED_AT = 4


def go_on(run, path, **length):
    small_run.go_on(run, hooks=[Fingerprints(run, path)], **length)
    return fingerprints.read(path)


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    return go_on(small_run.make(net=MISH), tmp_path_factory.mktemp("run") / "unbroken.jsonl")


@pytest.fixture
def resumed(tmp_path):
    """A run that was stopped in its second epoch, and opened again."""
    first = small_run.make(tmp_path / "run", net=MISH)
    first.open()
    small_run.go_on(first, max_steps=RESUMED_AT)
    run = small_run.make(tmp_path / "run", net=MISH)
    run.open()
    return run


def test_a_resumed_run_equals_the_unbroken_one(unbroken, resumed, tmp_path):
    found = go_on(resumed, tmp_path / "resumed.jsonl")
    assert list(unbroken) == [1, 2, 3, 4, 5, 6]
    assert list(found) == [5, 6]
    assert {"examples", "step", "variables/weights/stem"} <= unbroken[1].keys()
    assert unbroken[1] != unbroken[2]
    assert fingerprints.first_difference(unbroken, found) is None


def lose_slot(run):
    slot = run.state.optimizer.slots["velocity/weights/stem"]
    slot.assign(tf.zeros_like(slot))
    return "optimizer/velocity/weights/stem"


def lose_moving_average(run):
    average = next(iter(run.network.variables.updated_state().items()))
    average[1].assign(average[1] * 0)
    return f"variables/state/{average[0]}"


def lose_seed(run):
    run.recipe = dataclasses.replace(run.recipe, seed=run.recipe.seed + 1)
    return "examples"


@pytest.mark.parametrize("lose", [lose_slot, lose_moving_average, lose_seed])
def test_what_was_lost_is_named(unbroken, resumed, tmp_path, lose):
    lost = lose(resumed)
    step, names = fingerprints.first_difference(unbroken, go_on(resumed, tmp_path / "f.jsonl"))
    assert step == RESUMED_AT + 1
    assert lost in names


def test_a_cut_last_line_is_left_out(tmp_path):
    path = tmp_path / "file"
    path.write_text(json.dumps({"step": 1}) + '\n{"step": 2')
    assert fingerprints.read(path) == {1: {"step": 1}}


def test_a_step_that_the_unbroken_run_does_not_have(tmp_path):
    assert fingerprints.first_difference({}, {7: {"step": 7}}) == (7, ["step"])


def test_an_existing_file_is_kept(tmp_path):
    path = tmp_path / "file"
    path.touch()
    with pytest.raises(CheckpointError, match="cannot be written"):
        Fingerprints(small_run.make(), path)
