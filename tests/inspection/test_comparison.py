"""Two traces side by side: what counts as a difference."""

import dataclasses

import numpy as np
import pytest

from lowlevel import nets
from lowlevel.inspection import explain
from lowlevel.inspection.comparison import TOLERANCE, compare
from lowlevel.nets import mlp
from lowlevel.training import tasks
from lowlevel.training.recipe import Recipe
from lowlevel.training.run import Run

IMAGES, LABELS = np.ones([2, 4, 4, 1], np.float32) / 3, np.array([1, 0], np.int32)


def trace_of(width=3):
    config = mlp.Config((4, 4, 1), 2, (width,))
    run = Run(nets.make("mlp", config), tasks.classification(), None, Recipe())
    return explain.trace_batch(run, IMAGES, LABELS)


@pytest.fixture(scope="module")
def trace():
    return trace_of()


def moved(trace, name, by, part="value"):
    """The trace with something added to the first number of an operation's output."""
    operation = trace.operations[name]
    kept = getattr(operation, part)
    array = kept.array.copy()
    array.flat[0] += by
    kept = dataclasses.replace(kept, array=array)
    changes = {"outputs": [kept]} if part == "value" else {part: kept}
    operations = trace.operations | {name: dataclasses.replace(operation, **changes)}
    return dataclasses.replace(trace, operations=operations)


def test_rounding_is_no_difference_and_more_is(trace):
    size = np.abs(trace.operations["d1/MatMul"].value.array).max()
    for share, first in ((0.5, None), (2, "d1")):
        by = share * TOLERANCE * size
        found = compare(trace, moved(trace, "d1/MatMul", by), "the other")
        assert found["first"] == first
        row = next(row for row in found["rows"] if row["layer"] == "d1")
        assert row["value"] == pytest.approx(by, rel=0.2) and row["weight"] == 0


def test_gradients_are_compared_but_do_not_make_the_first_layer(trace):
    found = compare(trace, moved(trace, "out/MatMul", 0.5, "gradient"), "the other")
    assert found["first"] is None and found["words"].startswith("Their activations are equal")
    by_layer = {row["layer"]: row["gradient"] for row in found["rows"]}
    assert by_layer["out"] == pytest.approx(0.5) and by_layer["d1"] == 0


def test_networks_with_other_weights_are_compared_by_their_answers(trace):
    other = dataclasses.replace(trace, variables=dict(trace.variables))
    kept = trace.variables["weights/d1"]
    before = dataclasses.replace(kept.before, array=3 * kept.before.array)
    other.variables["weights/d1"] = dataclasses.replace(kept, before=before)
    lengths = [np.linalg.norm(v.before.array.astype(float)) for v in trace.variables.values()]
    share = 2 * np.linalg.norm(kept.before.array.astype(float)) / np.linalg.norm(lengths)
    words = compare(trace, moved(other, "d1/MatMul", 1.0), "the other")["words"]
    assert words.startswith("They differ from layer d1 on, because their weights do")
    assert f"is {share:.2g} times the length" in words and words.endswith("2 of 2 examples.")
    other = moved(trace, "out/BiasAdd", 100.0)  # its weights are the same
    assert compare(trace, other, "the other")["words"] == "They first differ in layer out."


def test_layers_of_other_sizes_differ(trace):
    found = compare(trace, trace_of(width=4), "the wider one")
    row = next(row for row in found["rows"] if row["layer"] == "d1")
    assert (row["value"], row["gradient"], row["weight"]) == (None, None, None)
    assert found["words"] == "They first differ in layer d1."
