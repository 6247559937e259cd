"""How many steps a call makes."""

import pytest

from lowlevel.training import pace


@pytest.mark.parametrize(
    ("steps", "seconds", "expected"),
    [(1, 0.001, 200), (200, 0.2, 200), (100, 0.4, 50), (1, 3.0, 1), (7, 0.0, 1_400_000)],
)
def test_a_call_takes_a_fifth_of_a_second(steps, seconds, expected):
    measured = pace.Pace()
    assert measured.steps == 1
    measured.measure(steps, seconds)
    assert measured.steps == pytest.approx(expected, rel=0.01)
