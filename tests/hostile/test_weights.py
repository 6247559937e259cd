"""HDF5 files: damage that only HDF5 sees neither ends this process nor holds it up."""

import h5py
import numpy as np
import pytest
from hypothesis import given

from lowlevel.checks import CheckpointError
from lowlevel.storage import hdf5, weights_file
from tests.hostile import networks, properties, watch


@properties.few(8)
@given(properties.contents("weights"))
def test_any_bytes_are_weights_or_refused(content):
    properties.outcome("weights", content)


@pytest.fixture
def path(tmp_path):
    """A weights file of an older version, which may be changed."""
    path = tmp_path / "weights.h5"
    path.write_bytes(properties.prepared("weights")[2]["older weights"])
    return path


def many_ways(file):
    """As many ways to one group as the atoms of a body, in a few kilobytes."""
    group = file.create_group("g0")
    for _ in range(90):
        inner = group.create_group("left")
        group["right"] = inner
        group = inner


def in_itself(file):
    file["weights/again"] = file["weights"]


def huge(file):
    """A dataset that claims two terabytes, and has none."""
    del file["weights/out"]
    file.create_dataset("weights/out", (2**39,), np.float32)


def packed(file):
    """Sixteen megabytes of zeros in a few kilobytes, where there should be six numbers."""
    del file["weights/out"]
    file.create_dataset("weights/out", data=np.zeros(2**22, np.float32), compression="gzip")


CLAIMS = {
    many_ways: "is there under another name too",
    in_itself: "is there under another name too",
    huge: r"is float32 \[549755813888\], but float32 \[3, 2\] is needed",
    packed: r"is float32 \[4194304\], but float32 \[3, 2\] is needed",
}


@pytest.mark.parametrize("change", CLAIMS)
def test_what_a_file_claims_is_refused_at_once(path, change):
    with h5py.File(path, "r+") as file:
        change(file)
    assert path.stat().st_size < 200_000
    with pytest.raises(CheckpointError, match=CLAIMS[change]):
        weights_file.restore(path, networks.variables())


def test_numbers_in_another_order_of_bytes_are_refused(path):
    with h5py.File(path, "r+") as file:
        values = file["weights/out"][...]
        del file["weights/out"]
        file["weights/out"] = values.astype(">f4")
    with pytest.raises(CheckpointError, match=r"is >f4 \[3, 2\], but float32 \[3, 2\] is needed"):
        weights_file.restore(path, networks.variables())


@pytest.mark.parametrize(
    "end", ["os.abort()", "os._exit(0)", "print('no JSON')", "while True: pass"]
)
def test_a_process_that_ends_or_never_ends_is_a_damaged_file(path, monkeypatch, end):
    monkeypatch.setattr(hdf5, "START", f"import os\n{end}")
    monkeypatch.setattr(hdf5, "SECONDS", 0.5)
    with pytest.raises(CheckpointError, match=r"weights\.h5 is damaged: HDF5 cannot read it\.$"):
        weights_file.read_config(path)


def test_nothing_is_imported_from_the_working_directory(path, tmp_path, monkeypatch):
    (tmp_path / "h5py.py").write_text("import os\nos.abort()\n")
    monkeypatch.chdir(tmp_path)
    assert weights_file.read_config(path) == networks.CONFIG


def test_whole_files_are_read_as_they_were_written(path):
    expected, found = networks.variables(), networks.variables()
    for value in found.values():
        value.assign(value + 1)
    weights_file.restore(path, found)
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value)
    assert not watch.refused(properties.outcome("weights", path.read_bytes()))
