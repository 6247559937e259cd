"""The Auto MPG table: how far cars of 1970 to 1982 went on a gallon."""

import csv
import dataclasses
import io
import math

import numpy as np

from lowlevel.checks import DataError, reason_of
from lowlevel.data import download, text_file
from lowlevel.data.examples import Arrays
from lowlevel.data.tensors import to_tensors
from lowlevel.files import FilePath

NUMBERS = ("cylinders", "displacement", "horsepower", "weight", "acceleration", "model_year")
ORIGINS = ("usa", "europe", "japan")
FEATURES = (*NUMBERS, *ORIGINS)
TARGET = "mpg"
LARGEST = 1e9  # limit of a number in the table
MIN_CARS = 10  # cars, so that none of the parts is empty

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
        targets: float32 `[cars]`, miles per gallon; NaN where they are not known.
        names: what the file calls each car, or its line.
        dropped: the lines of cars that are left out because a number is missing.
        source: the file.
    """

    features: np.ndarray
    targets: np.ndarray
    names: tuple
    dropped: tuple
    source: str

    def __len__(self) -> int:
        return len(self.targets)

    def part(self, indices: np.ndarray) -> "Table":
        """Some of the cars, by number."""
        return dataclasses.replace(
            self,
            features=self.features[indices],
            targets=self.targets[indices],
            names=tuple(self.names[index] for index in indices),
        )

    def examples(self, statistics: dict) -> Arrays:
        """The cars as `Arrays`: their columns standardized by these statistics, and targets."""
        return Arrays(*to_tensors((standardize(self.features, statistics), self.targets)))


def load() -> Table:
    """The table from the user's cache, downloaded into it if necessary.

    Raises:
        DataError: the table cannot be downloaded, or the cached file is not the official one.
        MissingExtraError: pooch is not installed.
    """
    return read(download.fetch(FILES) / NAME)


def read(path: FilePath, with_targets: bool = True) -> Table:
    """Reads a CSV file with a column for each of `NUMBERS`, and the columns mpg and origin.

    Of other columns, only a car's name is read.

    Args:
        path: the file.
        with_targets: whether a car whose miles per gallon are not known is left out. If not, the
            column mpg may be missing.

    Raises:
        DataError: it cannot be read, lacks a column or has one twice, or a row has more or fewer
            cells than there are columns, or holds something that is not a number; the text names
            the line.
    """
    reader = csv.DictReader(io.StringIO(text_file.read(path), newline=""), strict=True)
    features, targets, names, dropped = [], [], [], []
    try:
        columns = reader.fieldnames or ()
        _check_columns(columns, path, with_targets)
        for row in reader:
            where = f"line {reader.line_num} of {path}"
            if None in row or None in row.values():
                raise DataError(f"{where} does not have {len(columns)} cells.")
            numbers = [_number(row[name], name, where) for name in NUMBERS]
            target = _number(row.get(TARGET, ""), TARGET, where)
            if row["origin"] not in ORIGINS:
                raise DataError(
                    f"the origin in {where} is {_show(row['origin'])}, "
                    f"not one of {', '.join(ORIGINS)}."
                )
            if None in numbers or (with_targets and target is None):
                dropped.append(reader.line_num)
                continue
            targets.append(math.nan if target is None else target)
            features.append([*numbers, *(row["origin"] == name for name in ORIGINS)])
            names.append(row.get("name") or f"line {reader.line_num}")
    except csv.Error as error:
        raise DataError(f"{path} cannot be read as CSV: {reason_of(error)}.") from error
    if not targets:
        raise DataError(f"{path} contains no cars.")
    return Table(
        np.array(features, np.float32),
        np.array(targets, np.float32),
        tuple(names),
        tuple(dropped),
        str(path),
    )


def _check_columns(names, path, with_targets):
    wanted = (*[TARGET] * with_targets, *NUMBERS, "origin")
    missing = [name for name in wanted if name not in names]
    if missing:
        raise DataError(f"{path} lacks the columns {', '.join(missing)}.")
    twice = [name for name in wanted if names.count(name) > 1]
    if twice:
        raise DataError(f"{path} has the columns {', '.join(twice)} twice.")


def _number(text, name, where):
    """A float, or None for an empty cell or a question mark."""
    if text.strip() in ("", "?"):
        return None
    try:
        value = float(text.replace("_", "no number"))  # Python would read 1_5 as 15
    except ValueError:
        value = math.nan
    if not abs(value) <= LARGEST:
        raise DataError(f"{name} in {where} is not a number that can be used: {_show(text)}.")
    return value


def _show(text):
    """A cell for a message, shortened."""
    return repr(text if len(text) <= 40 else f"{text[:37]}...")


def split(
    table: Table, share: float = 0.2, seed: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Numbers of the cars to train on, for validation, and to test on, the same in every run.

    A share of all is to test on; of the others, the last share is for validation. All are in random
    order: the table is in that of years, and validation should see more than the latest cars.

    Raises:
        DataError: there are fewer than `MIN_CARS` cars.
    """
    if len(table) < MIN_CARS:
        raise DataError(f"{table.source} holds {len(table)} cars; {MIN_CARS} are needed.")
    order = np.random.default_rng(seed).permutation(len(table))
    tested = round(len(table) * share)
    validated = math.ceil((len(table) - tested) * share)
    return order[tested:-validated], order[-validated:], order[:tested]


def statistics_of(features: np.ndarray) -> dict[str, list[float]]:
    """The mean and the standard deviation of each column, as lists: `{"mean": ..., "std": ...}`.

    Args:
        features: `[cars, columns]`, of the cars to train on alone. The deviation of a column
            whose values are all equal counts as 1.
    """
    std = features.std(axis=0, dtype=np.float64)
    std[np.ptp(features, axis=0) == 0] = 1
    return {"mean": features.mean(axis=0, dtype=np.float64).tolist(), "std": std.tolist()}


def standardize(features: np.ndarray, statistics: dict) -> np.ndarray:
    """Columns `[cars, columns]` in standard deviations from the mean, float32."""
    mean, std = (np.array(statistics[name], np.float32) for name in ("mean", "std"))
    return (features - mean) / std
