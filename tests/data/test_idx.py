"""IDX files: what is right is read exactly, what is wrong gets one sentence."""

import gzip
import tracemalloc

import numpy as np
import pytest

from lowlevel.checks import DataError
from lowlevel.data import idx
from tests.idx_files import encode

IMAGES = np.arange(2 * 3 * 4).reshape(2, 3, 4)
GOOD = encode(IMAGES)


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzipped"])
def test_reads_what_was_written(tmp_path, pack):
    path = tmp_path / "images"
    path.write_bytes(pack(GOOD))
    images = idx.read(path, num_dimensions=3)
    assert images.dtype == np.uint8
    np.testing.assert_array_equal(images, IMAGES)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\x89PNG\r\n\x1a\n", "is not an IDX file: it starts with 89504e47"),
        (b"\0\0\x0d" + GOOD[3:], "holds numbers of type 13, not unsigned bytes"),
        (encode(IMAGES[0]), "holds an array of rank 2; one of rank 3 is needed"),
        (GOOD[:10], "ends inside its header"),
        (GOOD[:-1], "is truncated: its header announces 2 x 3 x 4 bytes"),
        (GOOD + b"\0", "is too long: its header announces 2 x 3 x 4 bytes"),
        (GOOD[:4] + b"\xff" * 12, "is truncated"),
    ],
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzipped"])
def test_damaged_files(tmp_path, content, message, pack):
    path = tmp_path / "images"
    path.write_bytes(pack(content))
    with pytest.raises(DataError, match=message) as caught:
        idx.read(path, num_dimensions=3)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("damage", [lambda g: g[:-12], lambda g: g[:20] + b"\xff" * 9 + g[29:]])
def test_damaged_gzip(tmp_path, damage):
    path = tmp_path / "images.gz"
    path.write_bytes(damage(gzip.compress(encode(np.zeros((9, 9, 9))))))
    with pytest.raises(DataError, match="cannot be read"):
        idx.read(path, num_dimensions=3)


def test_every_single_flipped_byte_is_an_error_or_the_same_shape(tmp_path):
    path = tmp_path / "images"
    for position in range(len(GOOD)):
        damaged = bytearray(GOOD)
        damaged[position] ^= 0x55
        path.write_bytes(damaged)
        if position < 16:
            with pytest.raises(DataError):
                idx.read(path, num_dimensions=3)
        else:
            assert idx.read(path, num_dimensions=3).shape == IMAGES.shape


@pytest.mark.parametrize("claimed", [(1, 2, 3), (2**20, 2**10, 2**4)], ids=["few", "many"])
def test_gzip_bomb(tmp_path, claimed):
    """A few kilobytes that unpack to 64 MiB, whatever the header claims, cost no such memory."""
    path = tmp_path / "images.gz"
    header = bytes([0, 0, 8, 3]) + np.array(claimed, ">u4").tobytes()
    path.write_bytes(gzip.compress(header + bytes(2**26)))
    tracemalloc.start()
    with pytest.raises(DataError, match="too long" if claimed[0] == 1 else "truncated"):
        idx.read(path, num_dimensions=3)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**22


def test_missing_file_and_directory(tmp_path):
    with pytest.raises(DataError, match=r"nothing\.gz does not exist"):
        idx.read(tmp_path / "nothing.gz", num_dimensions=3)
    with pytest.raises(DataError, match="cannot be read"):
        idx.read(tmp_path, num_dimensions=3)
