"""Sentences of two classes, from two files or two folders, and the words in them as numbers."""

import collections
import dataclasses
import hashlib
import re
from pathlib import Path

import numpy as np

from lowlevel.checks import DataError, reason_of

PADDING = -1
UNKNOWN = 0  # the number of every word that is not in the vocabulary
WORD = re.compile(r"\w+(?:'\w+)?|[^\w\s]")


@dataclasses.dataclass(frozen=True)
class Sentences:
    """Sentences and their classes.

    Attributes:
        texts: list of sentences.
        labels: int32 `[sentences]`: 1 for positive ones, 0 for negative ones.
        source: where they come from.
    """

    texts: list
    labels: np.ndarray
    source: str

    def __len__(self):
        return len(self.texts)

    def part(self, indices):
        """Some of the sentences, by number."""
        return Sentences([self.texts[i] for i in indices], self.labels[indices], self.source)

    def sha256(self):
        """Digest of texts and labels."""
        digest = hashlib.sha256()
        for text, label in zip(self.texts, self.labels, strict=True):
            digest.update(f"{label} {text}\n".encode())
        return digest.hexdigest()


def read_files(positive, negative):
    """Reads two files with a sentence on each line; empty lines are left out.

    Raises:
        DataError: a file cannot be read or holds no sentence.
    """
    return _make(_lines(positive), _lines(negative), f"{positive} and {negative}")


def read_folder(directory):
    """Reads the folders `pos` and `neg` of a directory: each file in them is one text.

    Raises:
        DataError: a folder is missing or holds no .txt file, or one cannot be read.
    """
    directory = Path(directory)
    return _make(*(_texts(directory / name) for name in ("pos", "neg")), str(directory))


def _make(positive, negative, source):
    labels = np.array([1] * len(positive) + [0] * len(negative), np.int32)
    return Sentences([*positive, *negative], labels, source)


def _lines(path):
    lines = [line.strip() for line in _read(path).splitlines()]
    lines = [line for line in lines if line]
    if not lines:
        raise DataError(f"{path} holds no sentence.")
    return lines


def _texts(folder):
    paths = sorted(folder.glob("*.txt"))
    if not paths:
        raise DataError(f"{folder} holds no .txt file.")
    return [_read(path) for path in paths]


def _read(path):
    """A file's text: UTF-8, or, if it is not that, Latin-1."""
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {reason_of(error)}.") from error
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def split(sentences, share=0.1, seed=0):
    """Numbers of the sentences to train and to test on: the same share of each class, always."""
    random = np.random.default_rng(seed)
    train, test = [], []
    for label in (0, 1):
        order = random.permutation(np.flatnonzero(sentences.labels == label))
        held_out = max(1, round(len(order) * share))
        test.extend(order[:held_out])
        train.extend(order[held_out:])
    return np.sort(train), np.sort(test)


def words(text):
    """The words and the punctuation marks of a text, in lower case."""
    return WORD.findall(text.lower())


class Vocabulary:
    """Numbers for words: 0 for every unknown one, then 1, 2, ... for those of a list.

    Attributes:
        known: the list.
    """

    def __init__(self, known):
        """Raises DataError unless `known` is a list of different words."""
        if (
            not isinstance(known, list)
            or not all(isinstance(word, str) for word in known)
            or len(set(known)) != len(known)
        ):
            raise DataError("a vocabulary is a list of words, none of them twice.")
        self.known = known
        self._numbers = {word: number for number, word in enumerate(known, start=UNKNOWN + 1)}

    @classmethod
    def of(cls, texts, most):
        """The commonest words of texts, at most that many; of equally common ones, the first."""
        counts = collections.Counter(word for text in texts for word in words(text))
        return cls([word for word, _ in counts.most_common(most)])

    def numbers(self, texts):
        """Texts as numbers of words: int32 `[texts, words of the longest]`, `PADDING` at the end.

        Raises:
            DataError: a text has no words.
        """
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
