"""The archive of the sentence polarity data: read without unpacking it."""

import io
import tarfile

import pytest

from lowlevel.checks import DataError
from lowlevel.data import sentence_polarity

GOOD = {
    "rt-polaritydata.README.1.0.txt": b"about",
    "rt-polaritydata/rt-polarity.neg": "bad caf\xe9\nworse".encode("latin-1"),
    "rt-polaritydata/rt-polarity.pos": b"good\n\n",
}


def write(path, members):
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            if content is None:
                member.type = tarfile.DIRTYPE
            else:
                member.size = len(content)
            archive.addfile(member, io.BytesIO(content or b""))
    return path


def test_reads_the_two_files(tmp_path):
    data = sentence_polarity.read_archive(write(tmp_path / "a.tar.gz", GOOD))
    assert data.texts == ["bad café", "worse", "good"]
    assert data.labels.tolist() == [0, 0, 1]
    assert [path.name for path in tmp_path.iterdir()] == ["a.tar.gz"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (dict.fromkeys(GOOD), r"rt-polarity\.neg in .* is not a file"),
        ({sentence_polarity.MEMBERS[1]: b"\0"}, r"rt-polarity\.pos in .* is not text"),
    ],
)
def test_archives_of_other_things(tmp_path, change, message):
    with pytest.raises(DataError, match=message):
        sentence_polarity.read_archive(write(tmp_path / "a.tar.gz", GOOD | change))


def test_a_missing_member_and_damage(tmp_path):
    path = write(tmp_path / "a.tar.gz", {"other/rt-polarity.neg": b"bad"})
    with pytest.raises(DataError, match=r"contains no rt-polaritydata/rt-polarity\.neg"):
        sentence_polarity.read_archive(path)
    whole = write(path, GOOD | {"filler": bytes(range(256)) * 99}).read_bytes()
    for damaged in (whole[:60], b"no archive", b""):
        path.write_bytes(damaged)
        with pytest.raises(DataError, match="is damaged: "):
            sentence_polarity.read_archive(path)


def test_the_download_is_checked_and_read(tmp_path, monkeypatch):
    """With an archive in the cache nobody is asked, and one that is not the official is refused."""
    monkeypatch.setenv("LOWLEVEL_CACHE", str(tmp_path))
    monkeypatch.setattr(sentence_polarity.download, "find_mirror", None)
    cache = tmp_path / sentence_polarity.DOWNLOAD.dataset
    cache.mkdir()
    write(cache / sentence_polarity.ARCHIVE, GOOD)
    with pytest.raises(DataError, match="does not hold the bytes of sentence-polarity"):
        sentence_polarity.load()
    digest = sentence_polarity.DOWNLOAD.digest(cache / sentence_polarity.ARCHIVE)
    monkeypatch.setitem(sentence_polarity.DOWNLOAD.sha256, sentence_polarity.ARCHIVE, digest)
    assert len(sentence_polarity.load()) == 3
