"""Checkpoints: whole or not there, checked to the last byte, strict when restored."""

import json
import os
import shutil

import numpy as np
import pytest
import tensorflow as tf

from lowlevel.checks import CheckpointError
from lowlevel.storage import checkpoint
from tests.comparison import values

RECORD = {"step": 3, "history": [{"loss": 0.1 + 0.2}]}


def make_tensors(seed=0):
    return {
        "variables/weights/c1": tf.Variable(values(3, 4, seed=seed)),
        "variables/biases/c1": tf.Variable(values(4, seed=seed + 1)),
        "optimizer/m/weights/c1": tf.Variable(values(3, 4, seed=seed + 2)),
        "step": tf.Variable(seed, dtype=tf.int64),
    }


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "epoch-0001-step-00000003"
    checkpoint.save(path, make_tensors(), RECORD)
    return path


def assert_same(one, other):
    for name in one:
        np.testing.assert_array_equal(one[name], other[name])


def test_round_trip(saved):
    assert checkpoint.read_record(saved) == RECORD
    tensors = make_tensors(seed=50)
    checkpoint.restore(saved, tensors)
    assert_same(tensors, make_tensors())
    assert [path.name for path in saved.parent.iterdir()] == [saved.name]


def test_plain_tensorflow_reads_it(saved):
    reader = tf.train.load_checkpoint(str(saved / "variables"))
    key = "variables/weights/c1/.ATTRIBUTES/VARIABLE_VALUE"
    np.testing.assert_array_equal(reader.get_tensor(key), make_tensors()["variables/weights/c1"])
    others = make_tensors(seed=50)
    restored = tf.train.Checkpoint(
        variables={
            "weights": {"c1": others["variables/weights/c1"]},
            "biases": {"c1": others["variables/biases/c1"]},
        }
    )
    restored.read(str(saved / "variables")).expect_partial().assert_existing_objects_matched()
    np.testing.assert_array_equal(
        others["variables/biases/c1"], make_tensors()["variables/biases/c1"]
    )


def test_a_part_can_be_restored_alone(saved):
    tensors = make_tensors(seed=50)
    part = {name: tensors[name] for name in tensors if name.startswith("variables/")}
    checkpoint.restore(saved, part, prefix="variables/")
    assert_same(part, make_tensors())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"variables/weights/c2": tf.Variable([1.0])}, "lacks variables/weights/c2"),
        (
            {"optimizer/m/weights/c1": None},
            "holds optimizer/m/weights/c1, which nothing here uses",
        ),
        (
            {"variables/biases/c1": tf.Variable([1.0] * 5)},
            r"variables/biases/c1 in .* is float32 \[4\], but float32 \[5\] is needed",
        ),
        ({"step": tf.Variable(1, dtype=tf.int32)}, r"step in .* is int64 \[\], but int32 \[\]"),
    ],
)
def test_restoring_is_strict_and_all_or_nothing(saved, change, message):
    tensors = {name: v for name, v in (make_tensors(50) | change).items() if v is not None}
    before = {name: variable.numpy() for name, variable in tensors.items()}
    with pytest.raises(CheckpointError, match=message):
        checkpoint.restore(saved, tensors)
    assert_same(tensors, before)


def files_of(path):
    return sorted(file.name for file in path.iterdir())


def test_every_damaged_file_is_noticed_and_named(saved, tmp_path):
    names = files_of(saved)
    assert names == [
        "manifest.json",
        "record.json",
        "variables.data-00000-of-00001",
        "variables.index",
    ]
    for name in names:
        content = (saved / name).read_bytes()
        for damaged in (b"", content[:-1], content + b" ", bytes([content[0] ^ 1]) + content[1:]):
            copy = tmp_path / "copy"
            shutil.copytree(saved, copy)
            (copy / name).write_bytes(damaged)
            if name == "manifest.json" and damaged == content + b" ":
                assert checkpoint.is_whole(copy)  # white space is no damage to JSON
            else:
                with pytest.raises(CheckpointError, match=r"copy is damaged") as caught:
                    checkpoint.read_record(copy)
                assert name in str(caught.value) or name == "manifest.json"
            shutil.rmtree(copy)
        shutil.copytree(saved, copy)
        (copy / name).unlink()
        assert not checkpoint.is_whole(copy)
        shutil.rmtree(copy)


@pytest.mark.parametrize("manifest", ["", "[]", "3", "null", '{"a": 1}', '{"../x": {}}'])
def test_a_foreign_manifest(saved, manifest):
    (saved / "manifest.json").write_text(manifest)
    with pytest.raises(CheckpointError, match="is damaged"):
        checkpoint.read_record(saved)


@pytest.mark.parametrize("entry", [1, [], {}, {"byte3": 5}, {"bytes": "5"}, {"bytes": None}])
def test_a_damaged_entry_of_a_manifest(saved, entry):
    manifest = json.loads((saved / "manifest.json").read_text()) | {"record.json": entry}
    (saved / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(CheckpointError, match=r"record\.json is not as it was written"):
        checkpoint.read_record(saved)


def test_a_file_that_a_desktop_has_left_does_not_matter(saved):
    (saved / ".DS_Store").write_text("")
    (saved / "record.json~").mkdir()
    assert checkpoint.is_whole(saved)
    (saved / "variables.data-00001-of-00002").write_text("")
    with pytest.raises(CheckpointError, match=r"damaged: variables\.data-00001-of-00002 is"):
        checkpoint.read_record(saved)


@pytest.mark.parametrize("name", ["record.json", "manifest.json", "variables.index"])
def test_a_file_without_an_end_is_not_read(saved, name):
    for make in (os.mkfifo, lambda path: path.symlink_to("/dev/zero")):
        (saved / name).unlink()
        make(saved / name)
        with pytest.raises(CheckpointError, match="is damaged"):
            checkpoint.read_record(saved)


def test_numbers_that_are_not_finite_are_not_restored(tmp_path):
    tensors = make_tensors()
    before = [value.numpy() for value in tensors.values()]
    name, first = next(iter(tensors.items()))
    first.assign(first * np.nan)
    checkpoint.save(tmp_path / "bad", tensors, {})
    first.assign(before[0])
    with pytest.raises(CheckpointError, match=f"{name} in .*bad holds a number that is not fini"):
        checkpoint.restore(tmp_path / "bad", tensors)
    np.testing.assert_array_equal(before[0], first)


def test_what_a_killed_process_has_left_does_not_stand_in_the_way(tmp_path, monkeypatch):
    """In a container, the next process may have the same number."""
    with monkeypatch.context() as patched:
        patched.setattr(checkpoint.shutil, "rmtree", lambda *_, **__: None)
        patched.setattr("pathlib.Path.rename", lambda *_: (_ for _ in ()).throw(OSError("killed")))
        with pytest.raises(CheckpointError, match="killed"):
            checkpoint.save(tmp_path / "one", make_tensors(), {})
    assert list(tmp_path.iterdir())
    checkpoint.save(tmp_path / "one", make_tensors(), {})
    assert checkpoint.is_whole(tmp_path / "one")


def test_garbage_with_a_matching_manifest_does_not_restore(saved):
    """Somebody who forges the manifest too gets an error, not wrong numbers."""
    for name in ("variables.index", "variables.data-00000-of-00001"):
        copy = saved.parent / "copy"
        shutil.copytree(saved, copy)
        (copy / name).write_bytes(os.urandom(200))
        with pytest.raises(CheckpointError, match="cannot be read"):
            checkpoint.restore(copy, make_tensors(50))
        shutil.rmtree(copy)


def test_a_whole_one_is_left_and_a_damaged_one_replaced(saved):
    checkpoint.save(saved, make_tensors(seed=9), {"other": 1})
    assert checkpoint.read_record(saved) == RECORD
    (saved / "record.json").write_text("{}")
    checkpoint.save(saved, make_tensors(seed=9), {"other": 1})
    assert checkpoint.read_record(saved) == {"other": 1}


def test_failing_at_any_point_leaves_nothing(saved, monkeypatch):
    before = {name: (saved / name).read_bytes() for name in files_of(saved)}

    def fail(*arguments, **keywords):
        raise OSError(28, "No space left on device")

    target = saved.with_name("epoch-0002-step-00000006")
    for module, function in [
        (json, "dumps"),
        (checkpoint.files, "sync"),
        (checkpoint.files, "fingerprint"),
        (type(target), "rename"),
        (os, "fsync"),
    ]:
        with monkeypatch.context() as patch:
            patch.setattr(module, function, fail)
            with pytest.raises(CheckpointError, match=r"No space left on device.*are untouched"):
                checkpoint.save(target, make_tensors(), RECORD)
        assert [path.name for path in saved.parent.iterdir()] == [saved.name]
    assert {name: (saved / name).read_bytes() for name in files_of(saved)} == before
