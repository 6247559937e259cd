"""What the tests of all readers share: damaged files, and the rules that they must not break."""

import atexit
import functools
import tempfile
import tracemalloc
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st

from tests.hostile import readers, watch


def few(examples):
    """The settings of a test: the same examples in every run, however long each takes."""
    return settings(derandomize=True, deadline=None, max_examples=examples, database=None)


@functools.cache
def prepared(name):
    """A reader, a folder that it has prepared, and whole files by name."""
    temporary = tempfile.TemporaryDirectory(prefix=f"{name}-")
    atexit.register(temporary.cleanup)
    folder = Path(temporary.name)
    reader = readers.READERS[name]
    return reader, folder, reader.prepare(folder)


@st.composite
def contents(draw, name):
    """Bytes that a reader may meet: those of a whole file with some damage, or random ones."""
    reader, _, seeds = prepared(name)
    if draw(st.integers(0, 9)) == 0:
        return draw(st.binary(max_size=100))
    content, random = (
        draw(st.sampled_from(list(seeds.values()))),
        draw(st.randoms(use_true_random=False)),
    )
    for damage in draw(st.lists(st.sampled_from(reader.damages), min_size=1, max_size=3)):
        content = damage(content, random)
    return content


def outcome(name, content):
    """What a reader makes of bytes, see `watch.outcome`; memory that Python takes is counted."""
    reader, folder, _ = prepared(name)
    tracemalloc.start()
    try:
        return watch.outcome(reader, content, folder)
    finally:
        tracemalloc.stop()
