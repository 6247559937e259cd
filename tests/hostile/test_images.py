"""Image files: pixels are read back, and any other bytes are refused before much is taken."""

import os
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from lowlevel.checks import ConfigError, DataError
from lowlevel.data import image_file
from lowlevel.nets import leaky_net
from tests.hostile import datasets, properties

SIDES = st.integers(1, 9)


@properties.few(150)
@given(properties.contents("image"))
def test_any_bytes_are_an_image_or_refused(content):
    properties.outcome("image", content)


@properties.few(60)
@given(SIDES, SIDES, st.sampled_from([1, 3]), st.randoms(use_true_random=False))
def test_pixels_of_any_image_are_read_back(height, width, channels, random):
    shape = height, width, channels
    pixels = np.frombuffer(random.randbytes(height * width * channels), np.uint8).reshape(shape)
    image = Image.fromarray(pixels[..., 0] if channels == 1 else pixels)
    path = datasets.write(datasets.encode(image, "PNG"), properties.prepared("image")[1])
    assert image_file.read_size(path) == (height, width)
    np.testing.assert_array_equal(image_file.read_resized(path, shape), pixels)
    if channels == 1:
        np.testing.assert_array_equal(image_file.read_grey(path), pixels[..., 0] / np.float32(255))


def png(width, height, *chunks):
    """A grey PNG file of a size that its header claims."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in ((b"IHDR", header), *chunks, (b"IEND", b""))
    )


TOO_LARGE = {
    "50,000 x 50,000 pixels": png(50_000, 50_000, (b"IDAT", zlib.compress(bytes(10**6)))),
    "10,001 x 1 pixels": png(10_001, 1, (b"IDAT", zlib.compress(bytes(10_002)))),
}


def bombs():
    """Images with a hundred megabytes, packed, in a text, a profile, and the pixels."""
    packed, pixel = zlib.compress(bytes(10**8)), (b"IDAT", zlib.compress(b"\0\0"))
    yield png(1, 1, (b"zTXt", b"a\0\0" + packed), pixel)
    yield png(1, 1, (b"iCCP", b"a\0\0" + packed), pixel)
    yield png(1, 1, (b"iTXt", b"a\0\1\0\0\0" + packed), pixel)
    yield png(9, 9, (b"IDAT", packed))


CHILD = """
import resource, sys
from lowlevel.checks import DataError
from lowlevel.data import image_file
image_file.import_extra("PIL.ImageOps", "images")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for path in sys.argv[1:]:
    try:
        image_file.read_grey(path)
        image_file.read_resized(path, (8, 8, 3))
    except DataError:
        pass
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_bombs_take_little_memory(tmp_path):
    """Of a process of its own: what Pillow takes is not Python's."""
    paths = []
    for number, content in enumerate([*TOO_LARGE.values(), *bombs()]):
        assert len(content) < 200_000
        paths.append(str(datasets.write(content, tmp_path, str(number))))
    words = [sys.executable, "-c", CHILD, *paths]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 32


@pytest.mark.parametrize("name", TOO_LARGE)
def test_too_large_an_image_is_refused(tmp_path, name):
    with pytest.raises(DataError, match="is too large"):
        image_file.read_size(datasets.write(TOO_LARGE[name], tmp_path))


@pytest.mark.parametrize("shape", [(2**14, 2**14, 2), (2**40, 1, 1), (1, 1, 2**70)])
def test_no_network_takes_images_that_no_memory_holds(shape):
    with pytest.raises(ConfigError, match="must have at most 268435456 numbers in all"):
        leaky_net.Config(image_shape=shape)


@pytest.mark.parametrize("scans", [10, 5000])
def test_a_progressive_image_goes_over_its_pixels_some_times(tmp_path, scans):
    image = Image.new("L", (1500, 1500), 128)
    content = datasets.encode(image, "JPEG", progressive=True)
    last = content[content.rindex(image_file.START_OF_SCAN) : -2]
    path = datasets.write(content[:-2] + scans * last + content[-2:], tmp_path)
    assert path.stat().st_size < 200_000
    if scans == 10:
        np.testing.assert_allclose(image_file.read_grey(path), 128 / 255)
    else:
        with pytest.raises(DataError, match="goes over its 1500 x 1500 pixels too often"):
            image_file.read_grey(path)


def test_a_pipe_in_a_folder_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "image.png")
    with pytest.raises(DataError, match=r"image\.png cannot be read: it is not a regular file"):
        image_file.read_grey(tmp_path / "image.png")
