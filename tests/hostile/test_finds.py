"""Every reader over whole files, and over each file that a reader once could not bear.

The names of the files in `finds/` tell what they are; those ending in .gz are packed.
"""

import gzip

import pytest

from tests.hostile import properties, readers, watch
from tests.hostile.fuzz import FINDS, LARGEST

PATHS = sorted(path for path in FINDS.rglob("*") if path.is_file())


@pytest.mark.parametrize("name", readers.READERS)
def test_whole_files_are_read(name):
    for seed, content in properties.prepared(name)[2].items():
        result = properties.outcome(name, content)
        assert not watch.refused(result), f"{seed}: {result}"


@pytest.mark.parametrize("path", PATHS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_was_found_is_read_right_or_refused(path):
    content = path.read_bytes()
    assert len(content) < LARGEST
    properties.outcome(
        path.parent.name, gzip.decompress(content) if path.suffix == ".gz" else content
    )
