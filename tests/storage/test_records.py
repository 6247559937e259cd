"""Each damage of a record is named; a record that a run writes passes."""

import copy
import json
import math

import pytest

from lowlevel.checks import CheckpointError
from lowlevel.storage import records
from tests.training import small_run

NAMES = ["loss", "accuracy"]
GOOD = {
    "step": 7,
    "history": [
        {"epoch": 1, "step": 3, "loss": 0.5, "seconds": 0.25},
        {"epoch": 2, "step": 6, "loss": 0.25, "seconds": 0.25},
    ],
    "running": {"loss": [1.5, 40.0], "accuracy": [3, 40]},
    "seconds": 0.5,
}
MISSING = object()


def changed(*keys, to):
    """The good record with another value at these keys, or with none."""
    record = copy.deepcopy(GOOD)
    *way, last = keys
    place = record
    for key in way:
        place = place[key]
    if to is MISSING:
        del place[last]
    else:
        place[last] = to
    return record


def test_good_records_pass():
    assert records.check(GOOD, "x", NAMES) is GOOD
    assert records.check_history(GOOD, "x") is GOOD["history"]
    start = {"step": 0, "history": [], "running": {"loss": [0.0, 0.0]}, "seconds": 0}
    assert records.check(start, "x", ["loss"]) is start
    between_epochs = GOOD | {"step": 6, "seconds": 0.0}
    assert records.check(between_epochs, "x", NAMES) is between_epochs
    first_epoch_later = GOOD | {"history": GOOD["history"][1:]}
    assert records.check_history(first_epoch_later, "x") == GOOD["history"][1:]


def test_what_a_run_writes_passes():
    run = small_run.make(net=("mlp", small_run.nets.get("mlp").Config((8, 8, 1), 10, (4,))))
    for max_steps in (1, 3, 4):
        small_run.go_on(run, max_steps=max_steps)
        record = json.loads(json.dumps(run.state.record()))
        assert records.check(record, "x", run.task.metric_names)["step"] == max_steps


HISTORY = {
    "no history": (["history"], MISSING, "history must be a list"),
    "a history that is a dict": (["history"], {}, "history must be a list"),
    "a row that is a list": (["history", 0], [1, 3], "each row .* needs an epoch and a step"),
    "a row without epoch": (["history", 1, "epoch"], MISSING, "needs an epoch and a step"),
    "a row without step": (["history", 1, "step"], MISSING, "needs an epoch and a step"),
    "an epoch that is a fraction": (["history", 0, "epoch"], 1.0, "needs an epoch and a step"),
    "a step that is true": (["history", 0, "step"], True, "needs an epoch and a step"),
    "a step below 0": (["history", 0, "step"], -3, "needs an epoch and a step"),
    "an epoch twice": (["history", 1, "epoch"], 1, "epochs and steps of the history must grow"),
    "an epoch without steps": (["history", 1, "step"], 3, "must grow"),
    "epoch 0": (["history", 0, "epoch"], 0, "must grow"),
    "a first epoch without steps": (["history", 0, "step"], 0, "must grow"),
    "steps that fall": (["history", 0, "step"], 9, "must grow"),
    "a metric that is text": (["history", 1, "loss"], "low", "holds numbers alone"),
    "a metric that is null": (["history", 0, "loss"], None, "holds numbers alone"),
    "a metric that is true": (["history", 0, "loss"], True, "holds numbers alone"),
    "a metric beyond floats": (["history", 1, "loss"], 10**400, "holds numbers alone"),
    "a step beyond 64 bits": (["history", 1, "step"], 2**63, "needs an epoch and a step"),
    "a metric that is nan": (["history", 0, "loss"], math.nan, "holds numbers alone"),
    "a metric without bounds": (["history", 1, "loss"], -math.inf, "holds numbers alone"),
}
REST = {
    "an epoch far ahead": (["history", 1, "epoch"], 10**9, "epochs of the history must be 1, 2, 3"),
    "no running": (["running"], MISSING, "running must hold loss, accuracy"),
    "running that is a list": (["running"], [], "running must hold loss, accuracy"),
    "a metric too few": (["running", "accuracy"], MISSING, "running must hold loss, accuracy"),
    "a metric too many": (["running", "mae"], [1, 1], "running must hold loss, accuracy"),
    "a sum that is a number": (["running", "loss"], 1.5, "two numbers for loss"),
    "one number": (["running", "loss"], [1.5], "two numbers for loss"),
    "three numbers": (["running", "accuracy"], [1, 2, 3], "two numbers for accuracy"),
    "a sum that is text": (["running", "accuracy"], ["1", 2], "two numbers for accuracy"),
    "a sum that is infinite": (["running", "loss"], [math.inf, 1], "two numbers for loss"),
    "no seconds": (["seconds"], MISSING, "seconds must be a number of at least 0"),
    "seconds below 0": (["seconds"], -0.5, "seconds must be a number of at least 0"),
    "seconds that are text": (["seconds"], "1", "seconds must be a number of at least 0"),
    "no step": (["step"], MISSING, "step must be a whole number"),
    "a step that is null": (["step"], None, "step must be a whole number"),
    "a fraction of a step": (["step"], 7.5, "step must be a whole number"),
    "a step before the last epoch": (["step"], 5, "not before the end of the last epoch"),
}


@pytest.mark.parametrize("name", HISTORY | REST)
def test_damage_is_named(name):
    keys, value, message = (HISTORY | REST)[name]
    with pytest.raises(
        CheckpointError, match=f"the record of some/path is damaged: .*{message}.*[.]$"
    ):
        records.check(changed(*keys, to=value), "some/path", NAMES)


@pytest.mark.parametrize("name", HISTORY)
def test_damage_of_the_history_is_named_where_it_alone_is_read(name):
    keys, value, message = HISTORY[name]
    with pytest.raises(CheckpointError, match=message):
        records.check_history({"history": changed(*keys, to=value).get("history")}, "some/path")


@pytest.mark.parametrize("name", REST)
def test_the_history_can_be_read_when_the_rest_is_damaged(name):
    keys, value, _ = REST[name]
    record = changed(*keys, to=value)
    assert records.check_history(record, "x") == record["history"]


def test_a_record_of_another_step_than_the_variables():
    records.check_step(GOOD, "x", 7)
    with pytest.raises(CheckpointError, match="it is of step 7, its variables are of step 6"):
        records.check_step(GOOD, "x", 6)
