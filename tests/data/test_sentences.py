"""Sentences: what is right is read line by line, what is wrong gets one sentence; the split."""

import numpy as np
import pytest

from lowlevel.checks import DataError
from lowlevel.data import sentences


def write(directory, positive=b"good\nfine\n", negative=b"bad\npoor\n"):
    directory.mkdir(exist_ok=True)
    for name, content in zip(sentences.FILES, (negative, positive), strict=True):
        (directory / name).write_bytes(content)
    return directory


def write_folders(directory, positive=("good", "fine"), negative=("bad", "poor")):
    for name, texts in zip(sentences.FOLDERS, (negative, positive), strict=True):
        (directory / name).mkdir(parents=True)
        for number, text in enumerate(texts):
            (directory / name / f"{number}.txt").write_text(text)
    return directory


@pytest.mark.parametrize("ends", [b"\n", b"\r\n", b"\r"])
def test_lines_are_sentences(tmp_path, ends):
    positive = ends.join([b"\xef\xbb\xbf a film , a joy ", b"", "naïve\x85 café".encode()])
    data = sentences.read_directory(write(tmp_path, positive, b"bad"))
    assert data.texts == ["bad", "a film , a joy", "naïve\x85 café"]
    assert data.labels.tolist() == [0, 1, 1]
    assert data.labels.dtype == np.int32
    assert len(data) == 3


def test_files_that_are_not_utf_8_are_latin_1(tmp_path):
    write(tmp_path, "café".encode("latin-1"))
    negative, positive = (tmp_path / name for name in sentences.FILES)
    assert sentences.read_files(positive, negative).texts[-1] == "café"


def test_files_of_folders_are_texts(tmp_path):
    write_folders(tmp_path, positive=("one line\nand another\n", "fine"))
    (tmp_path / "pos" / "notes.md").write_text("none of it")
    data = sentences.read_directory(tmp_path)
    assert data.texts == ["bad", "poor", "one line and another", "fine"]
    assert data.labels.tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize(
    ("positive", "message"),
    [
        (b"", r"rt-polarity\.pos contains no sentence"),
        (b"\n \n\t\n", r"rt-polarity\.pos contains no sentence"),
        (b"\x7fELF\0\0", "is not text: there is a zero byte"),
        (b"good\n" + b"x" * 20_001, r"line 2 of .*rt-polarity\.pos has 20001 characters"),
    ],
)
def test_damaged_and_hostile_files(tmp_path, positive, message):
    with pytest.raises(DataError, match=message):
        sentences.read_directory(write(tmp_path, positive))


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ((), "pos contains no .txt file"),
        (("good", " \n"), r"1\.txt contains no text"),
        (("x" * 15_000 + "\n" + "x" * 15_000,), r"0\.txt has 30001 characters"),
    ],
)
def test_damaged_and_hostile_folders(tmp_path, texts, message):
    with pytest.raises(DataError, match=message):
        sentences.read_directory(write_folders(tmp_path, positive=texts))


def test_what_is_missing(tmp_path):
    with pytest.raises(DataError, match=r"contains neither the files .* nor the folders"):
        sentences.read_directory(tmp_path)
    (tmp_path / "pos").mkdir()
    with pytest.raises(DataError, match=r"neg contains no \.txt file"):
        sentences.read_directory(tmp_path)
    (tmp_path / sentences.FILES[1]).write_text("good")
    with pytest.raises(DataError, match=r"rt-polarity\.neg cannot be read: No such file"):
        sentences.read_directory(tmp_path)


def test_the_split_is_fixed_stratified_and_without_overlap():
    data = sentences.make([f"n{i}" for i in range(200)], [f"p{i}" for i in range(100)], "lists")
    train, test = sentences.split(data)
    assert sorted([*train, *test]) == list(range(300))
    assert np.bincount(data.labels[test]).tolist() == [20, 10]
    assert data.part(test).texts == [data.texts[i] for i in test]
    for one, other in zip((train, test), sentences.split(data), strict=True):
        np.testing.assert_array_equal(one, other)
    assert set(sentences.split(data, seed=1)[1]) != set(test)
    assert set(test) != set(range(20)) | set(range(200, 210))  # they are drawn


def test_a_class_of_one_sentence_cannot_be_split():
    data = sentences.make(["bad", "poor"], ["good"], "lists")
    with pytest.raises(DataError, match="lists hold 1 positive sentences; two are needed"):
        sentences.split(data)


def test_the_digest_tells_texts_and_labels_apart():
    variants = [(["a"], ["b"]), (["b"], ["a"]), (["a", "b"], []), (["ab"], [])]
    digests = {sentences.make(*variant, "lists").sha256() for variant in variants}
    assert len(digests) == len(variants)
