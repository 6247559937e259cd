"""The table of cars: any numbers are read back, and any other bytes are refused."""

import csv
import io

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lowlevel.data import auto_mpg
from tests.hostile import datasets, properties, watch

NUMBERS = st.floats(-auto_mpg.LARGEST, auto_mpg.LARGEST, width=32)
NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"))
CARS = st.lists(
    st.tuples(*[NUMBERS] * 7, st.sampled_from(auto_mpg.ORIGINS), NAMES),
    min_size=1,
    max_size=12,
)
COLUMNS = (auto_mpg.TARGET, *auto_mpg.NUMBERS, "origin", "name")


@properties.few(100)
@given(properties.contents("table"))
def test_any_bytes_are_cars_or_refused(content):
    properties.outcome("table", content)


@properties.few(60)
@given(CARS, st.permutations(range(len(COLUMNS))), st.sampled_from(["\n", "\r\n"]))
def test_any_cars_are_read_back(cars, order, end):
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator=end)
    for row in (COLUMNS, *cars):
        writer.writerow([row[column] for column in order])
    path = datasets.write(stream.getvalue().encode("utf-8-sig"), properties.prepared("table")[1])
    table = auto_mpg.read(path)
    np.testing.assert_array_equal(table.targets, [car[0] for car in cars])
    np.testing.assert_array_equal(table.features[:, :6], [car[1:7] for car in cars])
    names = [auto_mpg.ORIGINS[number] for number in table.features[:, 6:].argmax(axis=1)]
    assert names == [car[7] for car in cars]


@properties.few(60)
@given(st.text(st.sampled_from("0123456789.eE+-_ xinfaNn,\"'"), max_size=12))
def test_a_cell_is_a_number_or_refused(cell):
    header = ",".join(COLUMNS)
    content = f"{header}\n18,8,307,130,3504,12,{cell},usa,a\n".encode()
    result = properties.outcome("table", content)
    try:
        expected = float(cell)
    except ValueError:
        expected = None
    if not watch.refused(result):
        assert result.features[0, 5] == np.float32(expected)
