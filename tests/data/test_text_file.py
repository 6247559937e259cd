"""Text files: what is text is read as it is meant, what is none gets one sentence."""

from pathlib import Path

import pytest

from lowlevel.checks import DataError
from lowlevel.data import text_file


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_reads_what_was_written(tmp_path, encoding):
    path = tmp_path / "text"
    path.write_bytes("naïve café\r\n".encode(encoding))
    assert text_file.read(path) == "naïve café\r\n"


def test_what_is_no_text(tmp_path):
    path = tmp_path / "picture.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
    with pytest.raises(DataError, match=r"picture\.png is not text: there is a zero byte in it\."):
        text_file.read(path)


@pytest.mark.parametrize("name", ["none", "."])
def test_what_cannot_be_read(tmp_path, name):
    with pytest.raises(DataError, match="cannot be read: "):
        text_file.read(tmp_path / name)


def test_too_large_a_file_and_one_that_never_ends(tmp_path, monkeypatch):
    monkeypatch.setattr(text_file, "MAX_BYTES", 10)
    path = tmp_path / "text"
    path.write_bytes(b"0123456789")
    assert text_file.read(path) == "0123456789"
    path.write_bytes(b"0123456789\n")
    for large in (path, Path("/dev/zero")):
        with pytest.raises(DataError, match=f"{large} holds more than 10 bytes"):
            text_file.read(large)
