"""Converts the words of texts to numbers."""

import collections
import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from lowlevel.checks import DataError, check_integer
from lowlevel.data.examples import Arrays
from lowlevel.data.sentences import Sentences
from lowlevel.data.tensors import to_tensors

PADDING = -1
UNKNOWN = 0  # the number of every word that is not in the vocabulary
WORD = re.compile(r"\w+(?:'\w+)?|[^\w\s]")


def words(text: str) -> list[str]:
    """The words and the punctuation marks of a text, in lower case.

    Raises:
        DataError: it is not text.
    """
    if not isinstance(text, str):
        raise DataError(f"a text must be a string, not {text!r}.")
    return WORD.findall(text.lower())


def check_texts(texts: object) -> None:
    """Refuses one string in place of several: its letters would be texts. Raises DataError."""
    if isinstance(texts, str | bytes) or not isinstance(texts, Iterable):
        raise DataError(f"texts must be a list of strings, not {texts!r}.")


class Vocabulary:
    """Numbers for words: 0 for every unknown word, then 1, 2, ... for those of a list.

    Attributes:
        known: the list.
    """

    def __init__(self, known: Any) -> None:
        """Raises DataError unless `known` is a list of different words."""
        if (
            not isinstance(known, list)
            or not all(isinstance(word, str) for word in known)
            or len(set(known)) != len(known)
        ):
            raise DataError("a vocabulary must be a list of distinct words.")
        self.known = known
        self._numbers = {word: number for number, word in enumerate(known, start=UNKNOWN + 1)}

    @classmethod
    def of(cls, texts: Iterable[str], max_words: int) -> "Vocabulary":
        """The most common words of texts, at most `max_words`; ties go to the first.

        Words that occur once are left out: they teach a network what unknown words mean.

        Raises:
            DataError: the texts are no list of strings.
            ConfigError: the number is not a whole number above 0.
        """
        check_integer("max_words", max_words, 1)
        check_texts(texts)
        counts = collections.Counter(word for text in texts for word in words(text))
        return cls([word for word, count in counts.most_common(max_words) if count > 1])

    def numbers(self, texts: Sequence[str]) -> np.ndarray:
        """Texts as numbers of words: int32 `[texts, words of the longest]`, `PADDING` at the end.

        Raises:
            DataError: a text has no words, or they are no list of strings.
        """
        check_texts(texts)
        rows = []
        for number, text in enumerate(texts):
            row = [self._numbers.get(word, UNKNOWN) for word in words(text)]
            if not row:
                raise DataError(f"text number {number} has no words: {text!r}.")
            rows.append(row)
        result = np.full((len(rows), max(map(len, rows), default=0)), PADDING, np.int32)
        for number, row in enumerate(rows):
            result[number, : len(row)] = row
        return result

    def examples(self, sentences: Sentences) -> Arrays:
        """`Sentences` as `Arrays`: the numbers of their words, and their labels."""
        return Arrays(*to_tensors((self.numbers(sentences.texts), sentences.labels)))
