"""The detector's two files: damage is refused, and nothing is made of what a header claims."""

import io
import zipfile

import numpy as np
import pytest
from hypothesis import given

from tests.hostile import properties, watch


@properties.few(100)
@given(properties.contents("detector_arrays"))
def test_any_bytes_are_arrays_or_refused(content):
    properties.outcome("detector_arrays", content)


@properties.few(60)
@given(properties.contents("detector_facts"))
def test_any_bytes_are_facts_or_refused(content):
    properties.outcome("detector_facts", content)


def changed(name, body, packing=zipfile.ZIP_STORED):
    """The good arrays with other bytes for one of them."""
    content, stream = properties.prepared("detector_arrays")[2]["arrays"], io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as good, zipfile.ZipFile(stream, "w", packing) as new:
        for member in good.namelist():
            new.writestr(member, body if member == f"{name}.npy" else good.read(member))
    return stream.getvalue()


def header(shape, dtype="<f8"):
    stream = io.BytesIO()
    fields = {"descr": dtype, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(stream, fields)
    return stream.getvalue()


CLAIMS = {
    "a terabyte": header((2**37,)) + bytes(8),
    "256 megabytes, packed": header((2**25,)),  # the zeros are added in the test
    "objects": header((1,), "|O") + b"cos\nsystem\n(S'true'\ntR.",
    "sizes below 0": header((-1, -3)) + bytes(24),
    "a gigabyte of nothing": header((2**30,), "|V0"),
}


@pytest.mark.parametrize("claim", CLAIMS)
def test_claims_are_refused_before_memory_is_taken(claim):
    """Each takes less than `watch.BYTES`, which `outcome` asserts."""
    packing = zipfile.ZIP_DEFLATED if "packed" in claim else zipfile.ZIP_STORED
    body = CLAIMS[claim] + bytes(2**28 if "packed" in claim else 0)
    content = changed("weights", body, packing)
    assert len(content) < 2**20
    assert "is damaged" in str(properties.outcome("detector_arrays", content))


def test_whole_arrays_written_anew_are_read():
    content = changed("none", b"")
    assert not watch.refused(properties.outcome("detector_arrays", content))
