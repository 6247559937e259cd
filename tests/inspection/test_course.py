"""The course of a training: norms and maps of each checkpoint, within the room for them."""

import numpy as np

from lowlevel.inspection import course, explain, opened_run
from lowlevel.inspection.arrays_file import Arrays
from tests.training import small_run


def test_each_checkpoint_and_the_run_is_left_at_the_last(tmp_path):
    small_run.train(tmp_path / "run", max_steps=3, save_every=1)
    run, _ = opened_run.open_run(tmp_path / "run")
    test = small_run.DATASET.test
    batch = explain.as_batch(run, test.images[:2] / 255, test.labels[:2])
    paths = run.directory.checkpoints()
    arrays, traces = Arrays(), []

    def make_trace(*batch):
        traces.append(explain.trace_batch(run, *batch))
        return traces[-1]

    found = course.of_checkpoints(run, paths[:2], make_trace, batch, arrays)
    assert [entry["step"] for entry in found] == [1, 2] == [trace.step for trace in traces]
    assert int(run.state.step) == 2
    for entry, trace in zip(found, traces, strict=True):
        assert entry["loss"] == float(np.mean(trace.losses))
        for name, variable in trace.variables.items():
            norms = entry["norms"][name]
            for kind, kept in (
                ("value", variable.before),
                ("gradient", variable.gradient),
                ("update", variable.update),
            ):
                length = np.linalg.norm(kept.array.astype(np.float64))
                np.testing.assert_allclose(norms[kind], length, rtol=1e-6)
    maps = found[1]["maps"]
    assert list(maps)[:2] == ["weights/c1", "c1"] and "d1" not in maps
    assert found[0]["norms"] != found[1]["norms"]

    def shape(name):
        return arrays.entries[maps[name]["array"]]["shape"]

    assert shape("weights/c1") == [3, 3, 1, 16]
    assert shape("c1") == [1, 8, 8, course.MAPS_OF_A_LAYER]  # of the first example


def test_maps_that_have_no_room_are_left_out(tmp_path, monkeypatch):
    run = small_run.make()
    test = small_run.DATASET.test
    trace = explain.trace_batch(run, test.images[:2] / np.float32(255), test.labels[:2])
    monkeypatch.setattr(course, "MAX_NUMBERS", 700)
    maps = course.of_trace(trace, Arrays())["maps"]
    assert "c1" in maps and "c2" not in maps  # 8 x 8 x 8 numbers each
    assert "pool1" in maps  # 4 x 4 x 8
