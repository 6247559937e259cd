import numpy as np
import pytest

from lowlevel.arrays import to_numbers
from lowlevel.checks import DataError


@pytest.mark.parametrize("value", [[1, 2], np.ones(2, np.uint8), np.ones(2), [True], 3])
def test_numbers_stay_as_they_are(value):
    np.testing.assert_array_equal(to_numbers("values", value), value)
    assert to_numbers("values", value).dtype == np.asarray(value).dtype


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.ma.masked_array([1.0], [True]), "must not be masked"),
        ([[1], [1, 2]], "must be an even list"),
        (["a"], "must hold real numbers, not <U1"),
        ([None], "must hold real numbers, not object"),
        (np.ones(2, complex), "must hold real numbers, not complex128"),
    ],
)
def test_what_is_not_numbers(value, message):
    with pytest.raises(DataError, match=f"^values {message}"):
        to_numbers("values", value)
