"""Sentences of two classes, from two files or two folders."""

import dataclasses
import hashlib
import re
from pathlib import Path
from typing import Any

import numpy as np

from lowlevel.checks import DataError
from lowlevel.data import text_file
from lowlevel.files import FilePath

CLASS_NAMES = ("negative", "positive")
FILES = ("rt-polarity.neg", "rt-polarity.pos")
FOLDERS = ("neg", "pos")
MAX_CHARACTERS = 20_000  # in a sentence
LINE_END = re.compile(r"\r\n?|\n")


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

    def __len__(self) -> int:
        return len(self.texts)

    def part(self, indices: np.ndarray) -> "Sentences":
        """Some of the sentences, by number."""
        return Sentences([self.texts[i] for i in indices], self.labels[indices], self.source)

    def sha256(self) -> str:
        """Digest of texts and labels."""
        digest = hashlib.sha256()
        for text, label in zip(self.texts, self.labels, strict=True):
            digest.update(f"{label} {text}\n".encode("utf-8", "surrogatepass"))
        return digest.hexdigest()


def read_directory(directory: FilePath) -> Sentences:
    """Reads the two files `FILES` of a directory, or else its two folders, see `read_folders`.

    Raises:
        DataError: it holds neither, or one of them cannot be read.
    """
    directory = Path(directory)
    negative, positive = (directory / name for name in FILES)
    if negative.is_file() or positive.is_file():
        return read_files(positive, negative)
    if any((directory / name).is_dir() for name in FOLDERS):
        return read_folders(directory)
    raise DataError(
        f"{directory} contains neither the files {' and '.join(FILES)} nor the folders "
        f"{' and '.join(FOLDERS)}."
    )


def read_files(positive: FilePath, negative: FilePath) -> Sentences:
    """Reads two files with a sentence on each line; empty lines are left out.

    Raises:
        DataError: a file cannot be read, is not text, has no sentences, or has one too long.
    """
    texts = [[line for line in read_lines(path) if line] for path in (negative, positive)]
    for path, found in zip((negative, positive), texts, strict=True):
        if not found:
            raise DataError(f"{path} contains no sentence.")
    return make(texts[0], texts[1], f"{positive} and {negative}")


def read_folders(directory: FilePath) -> Sentences:
    """Reads the folders `neg` and `pos` of a directory: each .txt file in them is one text.

    Raises:
        DataError: a folder is missing or has no .txt files, or a file is empty, too long, not text,
            or cannot be read.
    """
    directory = Path(directory)
    negative, positive = (_read_texts(directory / name) for name in FOLDERS)
    return make(negative, positive, str(directory))


def make(negative: list[str], positive: list[str], source: str) -> Sentences:
    """`Sentences` of two lists of texts."""
    labels = np.array([0] * len(negative) + [1] * len(positive), np.int32)
    return Sentences([*negative, *positive], labels, source)


def read_lines(path: FilePath) -> list[str]:
    """The lines of a file, see `split_lines`. Also raises DataError if it cannot be read."""
    return split_lines(text_file.read(path), path)


def split_lines(text: str, source: object) -> list[str]:
    """The lines of a text, including empty ones, stripped of surrounding blanks.

    Args:
        text: the text.
        source: where it comes from, for messages.

    Raises:
        DataError: a line is too long for a sentence.
    """
    lines = [line.strip() for line in LINE_END.split(text)]
    for number, line in enumerate(lines, start=1):
        check_length(line, f"line {number} of {source}")
    return lines if lines[-1] else lines[:-1]  # what follows the last newline is not a line


def check_length(text: Any, where: object) -> None:
    """Raises DataError if a text is too long: memory for a batch grows with its longest text.

    So does what is not text.
    """
    if not isinstance(text, str):
        raise DataError(f"{where} must be a string, not {text!r}.")
    if len(text) > MAX_CHARACTERS:
        raise DataError(
            f"{where} has {len(text)} characters; a sentence may have {MAX_CHARACTERS}."
        )


def _read_texts(folder):
    paths = sorted(folder.glob("*.txt"))
    if not paths:
        raise DataError(f"{folder} contains no .txt file.")
    texts = []
    for path in paths:
        if not path.is_file():  # a pipe may never end
            raise DataError(f"{path} is not a regular file.")
        text = " ".join(read_lines(path)).strip()
        if not text:
            raise DataError(f"{path} contains no text.")
        check_length(text, path)
        texts.append(text)
    return texts


def split(sentences: Sentences, share: float = 0.1, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of the sentences to train and to test on: the same share of each class, always.

    Raises:
        DataError: there is a class with fewer than two sentences.
    """
    random = np.random.default_rng(seed)
    train, test = [], []
    for label, name in enumerate(CLASS_NAMES):
        order = random.permutation(np.flatnonzero(sentences.labels == label))
        if len(order) < 2:
            raise DataError(
                f"{sentences.source} hold {len(order)} {name} sentences; two are needed, one to "
                f"train on and one to test on."
            )
        held_out = max(1, round(len(order) * share))
        test.extend(order[:held_out])
        train.extend(order[held_out:])
    return np.sort(train), np.sort(test)
