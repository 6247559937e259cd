"""Arrays that a user passes, as numpy arrays of real numbers."""

import numpy as np

from lowlevel.checks import DataError


def to_numbers(name: str, value: object) -> np.ndarray:
    """A numpy array of real numbers, of the dtype that it has; lists and tensors become arrays.

    Raises:
        DataError: it holds something else, its rows differ in length, or it is masked.
    """
    if isinstance(value, np.ma.MaskedArray):
        raise DataError(f"{name} must not be masked: fill it, or leave its rows out.")
    try:
        array = np.asarray(value)
    except ValueError:
        raise DataError(f"{name} must be an even list, all rows of one length.") from None
    if array.dtype.kind not in "buif" and array.dtype.name != "bfloat16":
        raise DataError(f"{name} must hold real numbers, not {array.dtype}.")
    return array
