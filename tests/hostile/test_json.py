"""JSON: any value is read as it is, unless lists and objects lie too deep in one another."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowlevel import files
from tests.hostile import properties

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@properties.few(100)
@given(VALUES)
def test_any_value_is_read_back(value):
    assert files.parse_json(json.dumps(value)) == value


@pytest.mark.parametrize("depth", [1, files.MAX_DEPTH, files.MAX_DEPTH + 1, 900, 100_000])
@pytest.mark.parametrize("left, right", ["[]", ('{"a":', "}"), ("[0, [], ", "]")])
def test_depth(depth, left, right):
    text = left * depth + "1" + right * depth
    if depth <= files.MAX_DEPTH:
        assert files.parse_json(text) == json.loads(text)
    else:
        with pytest.raises(ValueError, match=f"more than {files.MAX_DEPTH} lists or objects"):
            files.parse_json(text)


def test_a_wide_value_is_not_deep():
    assert files.parse_json(json.dumps([[0]] * 10_000)) == [[0]] * 10_000


@pytest.mark.parametrize("text", ["", "{", "nul", "1" * 5000, "\ufeff1", "[1,]"])
def test_damage_is_a_value_error(text):
    with pytest.raises(ValueError):
        files.parse_json(text)


def test_what_python_reads_beyond_json_is_left_to_the_checks():
    assert math.isnan(files.parse_json("NaN"))
