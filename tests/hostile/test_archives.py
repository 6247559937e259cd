"""Archives of CIFAR-10 and of sentences: what lies in them is read, bombs are not unpacked."""

import gzip
import io
import tarfile
import time
import tracemalloc

import pytest
from hypothesis import given

from lowlevel.checks import DataError
from lowlevel.data import archive, cifar10, sentence_polarity
from tests.hostile import properties

READ = {"cifar10": cifar10.read, "polarity": sentence_polarity.read_archive}
INSIDE = {"cifar10": cifar10.TEST_FILES[0], "polarity": sentence_polarity.MEMBERS[0]}
ZEROS = bytes(2**20)


@properties.few(60)
@given(properties.contents("cifar10"))
def test_any_bytes_are_cifar10_or_refused(content):
    properties.outcome("cifar10", content)


@properties.few(60)
@given(properties.contents("polarity"))
def test_any_bytes_are_sentences_or_refused(content):
    properties.outcome("polarity", content)


def member(name, size=0, kind=tarfile.REGTYPE):
    info = tarfile.TarInfo(name)
    info.size, info.type = size, kind
    return info.tobuf(tarfile.GNU_FORMAT)


def packed(*parts):
    stream = io.BytesIO()
    with gzip.GzipFile(fileobj=stream, mode="wb", compresslevel=1) as file:
        for part in parts:
            file.write(part)
    return stream.getvalue()


def long_name(megabytes, kind=tarfile.GNUTYPE_LONGNAME):
    """A name of so many megabytes, in a few kilobytes."""
    return packed(member("././@LongLink", megabytes * 2**20, kind), *[ZEROS] * megabytes)


BOMBS = {
    "a name of 300 megabytes": lambda name: long_name(300),
    "attributes of 300 megabytes": lambda name: long_name(300, tarfile.XHDTYPE),
    "a name that claims a terabyte": lambda name: packed(
        member("././@LongLink", 2**40, tarfile.GNUTYPE_LONGNAME), ZEROS
    ),
    "a file that claims a terabyte": lambda name: packed(member(name, 2**40), ZEROS),
    "a file to be skipped of 600 megabytes": lambda name: packed(
        member(f"{cifar10.DIRECTORY}/other", 600 * 2**20), *[ZEROS] * 600
    ),
}


@pytest.mark.parametrize("name", READ)
@pytest.mark.parametrize("bomb", BOMBS)
def test_bombs_are_refused_and_not_unpacked(tmp_path, name, bomb):
    path = tmp_path / "archive"
    path.write_bytes(BOMBS[bomb](INSIDE[name]))
    tracemalloc.start()
    start = time.process_time()
    with pytest.raises(DataError, match=r"holds more than|lies outside|instead of|is damaged"):
        READ[name](path)
    seconds, (_, peak) = time.process_time() - start, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**24
    assert seconds < 1


@pytest.mark.parametrize("name", READ)
def test_there_are_not_more_members_than_an_honest_archive_has(tmp_path, name):
    path = tmp_path / "archive"
    path.write_bytes(packed(member(f"{cifar10.DIRECTORY}/x") * (archive.MOST_MEMBERS + 1)))
    with pytest.raises(DataError, match="holds more than 100 files"):
        READ[name](path)


def test_a_link_to_another_file_is_no_text(tmp_path):
    path = tmp_path / "archive"
    info = tarfile.TarInfo(INSIDE["polarity"])
    info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
    path.write_bytes(packed(info.tobuf()))
    with pytest.raises(DataError, match="is not a file"):
        sentence_polarity.read_archive(path)
