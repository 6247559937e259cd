"""IDX files: any array is read as it was written, and any other bytes are refused."""

import gzip
import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowlevel.checks import DataError
from lowlevel.data import idx, mnist
from tests import idx_files
from tests.hostile import datasets, properties

SHAPES = st.tuples(*[st.integers(0, 6)] * 3) | st.tuples(st.integers(0, 40))


@properties.few(150)
@given(properties.contents("idx"))
def test_any_bytes_are_an_array_or_refused(content):
    properties.outcome("idx", content)


@properties.few(60)
@given(SHAPES, st.randoms(use_true_random=False), st.booleans())
def test_an_array_of_any_shape_is_read_back(shape, random, gzipped):
    array = np.frombuffer(random.randbytes(math.prod(shape)), np.uint8).reshape(shape)
    content = idx_files.encode(array)
    path = datasets.write(
        gzip.compress(content) if gzipped else content, properties.prepared("idx")[1]
    )
    np.testing.assert_array_equal(idx.read(path, len(shape)), array)


@properties.few(40)
@given(st.tuples(*[st.sampled_from([0, 1, 2**15, 2**31, 2**32 - 1])] * 3), st.booleans())
def test_no_memory_is_taken_for_what_a_header_claims(claimed, gzipped):
    content = bytes([0, 0, 8, 3]) + np.array(claimed, ">u4").tobytes() + bytes(5)
    path = datasets.write(
        gzip.compress(content) if gzipped else content, properties.prepared("idx")[1]
    )
    tracemalloc.start()
    with pytest.raises(DataError, match=r"is truncated|is too long"):
        idx.read(path, 3)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**18


@properties.few(30)
@given(st.lists(st.integers(0, 4), min_size=4, max_size=4), st.integers(0, 3), st.integers(1, 3))
def test_files_that_do_not_fit_together_are_refused(counts, highest, height):
    """Numbers of images and labels, and sizes of images, in any combination."""
    folder = properties.prepared("idx")[1] / "four"
    train, train_labels, test, test_labels = counts
    labels = (np.arange(count) % (highest + 1) for count in (train_labels, test_labels))
    images = np.zeros((train, height, 2)), np.zeros((test, 2, 2))
    idx_files.write_dataset(
        folder, *(part for pair in zip(images, labels, strict=True) for part in pair)
    )
    fits = train == train_labels > 0 and test == test_labels > 0 and height == 2
    seen = min(max(train_labels, test_labels) - 1, highest)
    if fits and seen >= 1:
        assert mnist.read_directory(folder).num_classes == seen + 1
    else:
        with pytest.raises(DataError):
            mnist.read_directory(folder)
