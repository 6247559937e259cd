"""Texts: any bytes are sentences or refused, and take memory as they are long."""

import os
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowlevel.checks import DataError
from lowlevel.data import sentences, text_file, vocabulary
from tests.hostile import datasets, properties

LINES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\n"), max_size=20)


@properties.few(100)
@given(properties.contents("text"))
def test_any_bytes_are_sentences_or_refused(content):
    properties.outcome("text", content)


@properties.few(100)
@given(st.binary(max_size=200))
def test_any_bytes_without_a_zero_are_text(content):
    content = content.replace(b"\0", b"")
    text = text_file.decode(content, "here")
    assert content in {text.encode(e, "replace") for e in ("utf-8", "utf-8-sig", "latin-1")}


@properties.few(100)
@given(st.lists(LINES, max_size=8), st.sampled_from(["\n", "\r", "\r\n"]))
def test_lines_are_read_back(lines, end):
    path = datasets.write(
        end.join([*lines, "end"]).encode("utf-8-sig"), properties.prepared("text")[1]
    )
    assert sentences.read_lines(path) == [*(line.strip() for line in lines), "end"]


@properties.few(60)
@given(st.lists(st.lists(st.from_regex(vocabulary.WORD, fullmatch=True), min_size=1), max_size=5))
def test_known_words_are_numbered_and_found_again(texts):
    texts = [" ".join(text) for text in texts]
    found = vocabulary.Vocabulary.of(texts * 2, 1000)
    for text, row in zip(texts, found.numbers(texts), strict=True):
        known = [found.known[number - 1] for number in row[row > vocabulary.UNKNOWN]]
        assert known == vocabulary.words(text)


def test_a_short_file_takes_little_memory():
    path = datasets.write(b"good\n", properties.prepared("text")[1])
    tracemalloc.start()
    text_file.read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**22


def test_a_pipe_in_a_folder_is_refused_and_not_waited_for(tmp_path):
    for name in sentences.FOLDERS:
        (tmp_path / name).mkdir()
        os.mkfifo(tmp_path / name / "0.txt")
    with pytest.raises(DataError, match=r"0\.txt is not a regular file"):
        sentences.read_directory(tmp_path)
