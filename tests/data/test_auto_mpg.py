"""The table of cars: what is right is read exactly, of what is wrong the line is named."""

import hashlib

import numpy as np
import pytest

from lowlevel.checks import DataError
from lowlevel.data import auto_mpg

HEADER = "mpg,cylinders,displacement,horsepower,weight,acceleration,model_year,origin,name"
ROWS = (
    "18.0,8,307.0,130.0,3504,12.0,70,usa,chevrolet malibu",
    "25.5,4,98,,2046,19,71,usa,ford pinto",
    '26,4,97,46.5,1835,20.5,70,europe,"volkswagen, deluxe"',
    "19,3,70,?,2330,13.5,72,japan,mazda",
    "27,4,97,88,2130,14.5,70,japan,datsun",
)


def write(path, *rows, header=HEADER, encoding="utf-8"):
    path.write_bytes("\n".join([header, *rows, ""]).encode(encoding))
    return path


def test_reads_what_was_written(tmp_path):
    table = auto_mpg.read(write(tmp_path / "cars.csv", *ROWS))
    assert len(table.dropped) == 2
    assert len(table) == 3
    assert table.targets.tolist() == [18, 26, 27]
    assert table.features.dtype == table.targets.dtype == np.float32
    assert table.features.tolist() == [
        [8, 307, 130, 3504, 12, 70, 1, 0, 0],
        [4, 97, 46.5, 1835, 20.5, 70, 0, 1, 0],
        [4, 97, 88, 2130, 14.5, 70, 0, 0, 1],
    ]


def test_order_of_columns_encoding_and_line_ends_do_not_matter(tmp_path):
    plain = auto_mpg.read(write(tmp_path / "cars.csv", *ROWS))
    turned = [",".join(reversed(row.split(","))) for row in (HEADER, ROWS[0], ROWS[4])]
    other = auto_mpg.read(write(tmp_path / "b.csv", *turned[1:], header=turned[0]))
    np.testing.assert_array_equal(other.features, plain.features[[0, 2]])
    for encoding in ("utf-8-sig", "latin-1"):
        path = write(tmp_path / "c.csv", *ROWS, ROWS[0] + " citroën", encoding=encoding)
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
        assert len(auto_mpg.read(path)) == 4


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("18,8,307,130,3504,12,70", r"line 3 of .*cars\.csv does not have 9 cells"),
        (ROWS[0] + ",1,2", "line 3 of .* does not have 9 cells"),
        (ROWS[0].replace("3504", "heavy"), "weight in line 3 of .* is not a number.*: 'heavy'"),
        (ROWS[0].replace("3504", "3_504"), "weight in line 3 of .* is not a number.*: '3_504'"),
        (ROWS[0].replace("3504", "nan"), "weight in line 3 of .* is not a number.*: 'nan'"),
        (ROWS[0].replace("3504", "-inf"), "weight in line 3 of .* is not a number.*: '-inf'"),
        (ROWS[0].replace("3504", "1e39"), "weight in line 3 of .* is not a number.*: '1e39'"),
        (ROWS[0].replace("usa", "1"), "the origin in line 3 of .* is '1', not one of usa, europe"),
        (ROWS[0].replace("usa", "x" * 99), r"the origin in line 3 of .* is 'x{37}\.\.\.'"),
        ("1" * 200_000, "cannot be read as CSV: field larger than field limit"),
        ('18,"8', "cannot be read as CSV: unexpected end of data"),
        ("\0", "is not text"),
    ],
)
def test_damaged_and_hostile_rows(tmp_path, row, message):
    with pytest.raises(DataError, match=message) as caught:
        auto_mpg.read(write(tmp_path / "cars.csv", ROWS[2], row))
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "lacks the columns mpg, cylinders, .*, origin"),
        (HEADER.replace("weight,", "") + "\n", r"lacks the columns weight\."),
        (HEADER + ",weight,mpg\n", "has the columns mpg, weight twice"),
        (HEADER + "\n\n", "contains no cars"),
        (f"{HEADER}\n{ROWS[1]}\n", "contains no cars"),
    ],
)
def test_files_without_cars(tmp_path, content, message):
    path = tmp_path / "cars.csv"
    path.write_text(content)
    with pytest.raises(DataError, match=message):
        auto_mpg.read(path)


def table_of(cars):
    random = np.random.default_rng(0)
    features = random.normal(50, 9, (cars, len(auto_mpg.FEATURES))).astype(np.float32)
    return auto_mpg.Table(features, np.arange(cars, dtype=np.float32), ("",) * cars, (), "drawn")


def test_the_split_is_fixed_and_without_overlap():
    table = table_of(100)
    parts = auto_mpg.split(table)
    assert [len(part) for part in parts] == [64, 16, 20]
    assert sorted(np.concatenate(parts)) == list(range(100))
    for one, other in zip(parts, auto_mpg.split(table), strict=True):
        np.testing.assert_array_equal(one, other)
    validation = table.part(parts[1])
    assert validation.targets.tolist() == parts[1].tolist()
    assert validation.targets.min() < 50 < validation.targets.max()  # not the table's end
    assert set(auto_mpg.split(table, seed=1)[2]) != set(parts[2])


def test_no_part_of_the_smallest_table_is_empty():
    for cars in range(auto_mpg.MIN_CARS, 40):
        assert all(len(part) > 0 for part in auto_mpg.split(table_of(cars)))
    with pytest.raises(DataError, match="drawn holds 9 cars; 10 are needed"):
        auto_mpg.split(table_of(9))


def test_standardized_columns_have_mean_0_and_deviation_1():
    features = table_of(300).features
    features[:, 7] = 1 / 3  # a column where all are alike
    figures = auto_mpg.statistics_of(features)
    assert figures["std"][7] == 1
    columns = auto_mpg.standardize(features, figures)
    assert columns.dtype == np.float32
    np.testing.assert_allclose(columns.mean(axis=0), 0, atol=1e-5)
    expected = np.ones(len(auto_mpg.FEATURES))
    expected[7] = 0
    np.testing.assert_allclose(columns.std(axis=0), expected, atol=1e-5)


def test_the_real_table(auto_mpg_file):
    table = auto_mpg.read(auto_mpg_file)
    assert (len(table), len(table.dropped)) == (392, 6)
    assert table.features[:, -3:].sum(axis=0).tolist() == [245, 68, 79]
    digest = hashlib.sha256(auto_mpg_file.read_bytes()).hexdigest()
    assert auto_mpg.FILES.sha256[auto_mpg.NAME] == digest
