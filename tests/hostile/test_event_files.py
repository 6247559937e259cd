"""Logs of TensorBoard, of which a run that is resumed deletes the later steps."""

import struct

import numpy as np
import pytest
import tensorflow as tf

from lowlevel.storage import tensorboard
from tests.hostile import index_files

STEPS = 4


@pytest.fixture
def path(tmp_path):
    """An event file of some steps."""
    for step in range(STEPS):
        with tf.summary.create_file_writer(str(tmp_path)).as_default(step):
            tf.summary.scalar("loss", 0.5)
    parts = [file.read_bytes() for file in sorted(tmp_path.iterdir())]
    path = tmp_path / "events.out.tfevents.all"
    path.write_bytes(b"".join(parts))
    return path


def steps(path):
    records = [record.numpy() for record in tf.data.TFRecordDataset(str(path))]
    return sorted({tf.compat.v1.Event.FromString(record).step for record in records})


def record(content, length=None):
    """A record with its checksums, which may claim another length."""
    length = struct.pack("<Q", len(content) if length is None else length)
    return b"".join(part + index_files.checksum(part) for part in (length, content))


def test_later_steps_are_deleted(path):
    tensorboard._forget_after(path, 2)
    assert steps(path) == [0, 1, 2]


DAMAGE = {
    "a record that claims to be as long as no memory": record(b"abc", 2**62),
    "a record that claims 16 GB": record(b"abc", 2**34),
    "a record that is no event": record(b"\xff\xff\xff"),
    "a record that was cut": record(b"abc")[:-1],
    "a length that was cut": b"\1\0\0",
    "zeros, as a crash may leave": bytes(100),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_end_is_deleted(path, damage):
    with path.open("ab") as file:
        file.write(DAMAGE[damage])
    tensorboard._forget_after(path, STEPS)
    assert steps(path) == list(range(STEPS))


def test_any_flipped_byte_leaves_a_file_that_can_be_read(path):
    content = path.read_bytes()
    for place in np.random.default_rng(0).integers(0, len(content), 25):
        path.write_bytes(content[:place] + bytes([content[place] ^ 64]) + content[place + 1 :])
        tensorboard._forget_after(path, STEPS)
        assert set(steps(path)) <= set(range(STEPS))
