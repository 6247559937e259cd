"""The Auto MPG table: how far cars of 1970 to 1982 went on a gallon."""

import csv
import dataclasses
import math
from pathlib import Path

import numpy as np

from lowlevel.checks import DataError, reason_of
from lowlevel.data import download

NUMBERS = ("cylinders", "displacement", "horsepower", "weight", "acceleration", "model_year")
ORIGINS = ("usa", "europe", "japan")
FEATURES = (*NUMBERS, *ORIGINS)
TARGET = "mpg"

NAME = "mpg.csv"
FILES = download.Files(
    dataset="auto-mpg",
    mirrors=("https://raw.githubusercontent.com/mwaskom/seaborn-data/master/",),
    sha256={NAME: "c14b8b855ea7ee86cb9736bf8caaf281c4685ca08826f3eb2acaccaaf40f0d5a"},
    hashed_decompressed=False,
)


@dataclasses.dataclass(frozen=True)
class Table:
    """Cars.

    Attributes:
        features: float32 `[cars, 9]`, in the order of `FEATURES`: cylinders; displacement in cubic
            inches; horsepower; weight in pounds; seconds to 60 miles an hour; the year after
            1900; 1 for the origin and 0 for the other two.
        targets: float32 `[cars]`, miles per gallon.
        dropped: how many rows of the file lack a number and are left out.
        source: the file.
    """

    features: np.ndarray
    targets: np.ndarray
    dropped: int
    source: str

    def __len__(self):
        return len(self.targets)


def load():
    """The table from the user's cache, downloaded into it if need be.

    Raises:
        DataError: it cannot be downloaded, or the cached file is not it.
        MissingExtraError: pooch is not installed.
    """
    return read(download.fetch(FILES) / NAME)


def read(path):
    """Reads a CSV file with a column for each of `NUMBERS`, and the columns mpg and origin.

    Raises:
        DataError: it cannot be read, lacks a column, or holds what is no number; the text names the
            line.
    """
    path = Path(path)
    features, targets, dropped = [], [], 0
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file, strict=True)
            missing = {TARGET, "origin", *NUMBERS} - set(reader.fieldnames or ())
            if missing:
                raise DataError(f"{path} lacks the columns {', '.join(sorted(missing))}.")
            for row in reader:
                where = f"line {reader.line_num} of {path}"
                numbers = [_number(row[name], name, where) for name in (TARGET, *NUMBERS)]
                if row["origin"] not in ORIGINS:
                    raise DataError(f"the origin in {where} is {row['origin']!r}.")
                if None in numbers:
                    dropped += 1
                    continue
                targets.append(numbers[0])
                features.append([*numbers[1:], *(row["origin"] == name for name in ORIGINS)])
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path} cannot be read: {reason_of(error)}.") from error
    if not targets:
        raise DataError(f"{path} holds no cars.")
    return Table(np.array(features, np.float32), np.array(targets, np.float32), dropped, str(path))


def _number(text, name, where):
    """A float, or None for an empty cell or a question mark."""
    if text in ("", "?"):
        return None
    try:
        value = float(text)
    except (TypeError, ValueError):
        value = math.nan
    if not math.isfinite(value):
        raise DataError(f"{name} in {where} is no number: {text!r}.")
    return value


def split(table, share=0.2, seed=0):
    """Numbers of the cars to train and to test on: a share to test on, the same in every run."""
    order = np.random.default_rng(seed).permutation(len(table))
    held_out = max(1, round(len(table) * share))
    return np.sort(order[held_out:]), np.sort(order[:held_out])
