"""Words as numbers: the commonest have their own, all others share one."""

import numpy as np
import pytest

from lowlevel.checks import DataError
from lowlevel.data.vocabulary import PADDING, UNKNOWN, Vocabulary, words


def test_words_and_marks():
    assert words(" It's Fine , 'really' fine!2x\t") == [
        "it's", "fine", ",", "'", "really", "'", "fine", "!", "2x"
    ]  # fmt: skip
    assert words("CAFÉ naïve 電影") == ["café", "naïve", "電影"]
    assert words(" \n\t") == []


def test_the_commonest_come_first_and_of_equals_the_first_seen():
    texts = ["c b a", "b x c x", "b a"]
    assert Vocabulary.of(texts, max_words=9).known == ["b", "c", "a", "x"]
    assert Vocabulary.of(texts, max_words=3).known == ["b", "c", "a"]
    assert Vocabulary.of(reversed(texts), max_words=3).known == ["b", "a", "x"]


def test_a_word_that_occurs_once_teaches_what_unknown_words_mean():
    vocabulary = Vocabulary.of(["a b", "a c"], max_words=9)
    assert vocabulary.known == ["a"]
    assert vocabulary.numbers(["a b"]).tolist() == [[1, UNKNOWN]]


def test_numbers_are_padded_and_unknown_words_share_one():
    numbers = Vocabulary(["good", "film"]).numbers(["a Good film", "zorblat", "film FILM"])
    assert numbers.dtype == np.int32
    assert numbers.tolist() == [[UNKNOWN, 1, 2], [UNKNOWN, PADDING, PADDING], [2, 2, PADDING]]
    assert Vocabulary([]).numbers(["good , film"]).tolist() == [[UNKNOWN] * 3]
    assert Vocabulary(["good"]).numbers([]).shape == (0, 0)


def test_numbers_fit_a_table_with_a_row_more_than_there_are_words():
    texts = [f"word{i} word{i // 2}" for i in range(50)]
    numbers = Vocabulary.of(texts, max_words=10).numbers(texts)
    assert (numbers.min(), numbers.max()) == (UNKNOWN, 10)


def test_a_text_without_words():
    with pytest.raises(DataError, match="text number 1 has no words: ' '"):
        Vocabulary(["a"]).numbers(["a", " "])


@pytest.mark.parametrize("known", [None, "ab", {"a": 1}, ["a", 1], ["a", "a"], ["a", None]])
def test_what_is_no_vocabulary(known):
    with pytest.raises(DataError, match="a vocabulary must be a list of distinct words"):
        Vocabulary(known)
