"""How far two arrays are from each other, and what rounding explains."""

import numpy as np

WHOLE = 1e-3  # of the largest number: what rounding becomes on its way through many layers
ALONE = 2e-5  # what it becomes in one layer, from equal inputs
ALIKE = 1e-6  # of two explanations: the last digit
GRADIENT = 5e-3  # of a gradient's length: it has come through all layers after it
SWITCHED = 5e-2  # the same, behind a ReLU of which rounding has switched single numbers
AVERAGE = 1e-6  # of a moving average
LOSS = 1e-3  # of a loss, after some steps


def distance(here: np.ndarray, there: np.ndarray | None) -> float:
    """The largest difference; infinity if shapes differ, one is missing, or it is not finite."""
    if there is None or np.shape(here) != np.shape(there):
        return np.inf
    with np.errstate(invalid="ignore"):
        difference = np.abs(np.asarray(here, np.float64) - there).max(initial=0)
    return float(difference) if np.isfinite(difference) else np.inf


def shown(number: float) -> float | None:
    """A distance to show; None if it is infinite."""
    return number if np.isfinite(number) else None


def size(array: np.ndarray) -> float:
    """The largest absolute number of an array."""
    return float(max(np.abs(array).max(initial=0), 1e-6))


def rounding(here: np.ndarray) -> float:
    """What two ways to compute one layer may differ by: more where a batch norm adds up more."""
    added = here.size / max(here.shape[-1] if here.ndim else 1, 1)
    return float((ALONE + 4 * np.finfo(np.float32).eps * added**0.5) * size(here))


def length(array: np.ndarray) -> float:
    """The root of the sum of squares."""
    return float(np.linalg.norm(np.asarray(array, np.float64)))
