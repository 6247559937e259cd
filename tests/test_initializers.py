"""Initializers have the distributions of the Keras initializers of the same names."""

import keras
import numpy as np
import pytest

from lowlevel import initializers, seeds

RANDOM = [
    "glorot_uniform",
    "glorot_normal",
    "he_uniform",
    "he_normal",
    "lecun_uniform",
    "lecun_normal",
]


@pytest.mark.parametrize("name", RANDOM)
@pytest.mark.parametrize("shape", [(300, 200), (3, 3, 64, 128)], ids=["dense", "conv"])
def test_distribution(name, shape):
    ours = getattr(initializers, name)(shape, seeds.derive(0, name)).numpy()
    theirs = keras.initializers.get(name)(shape).numpy()
    quantiles = np.linspace(0, 1, 21)
    spread = theirs.std()
    # 60,000 draws or more: quantiles scatter by about a hundredth of the spread; the ends, where
    # uniform and truncated distributions stop, are met as closely.
    np.testing.assert_allclose(
        np.quantile(ours, quantiles), np.quantile(theirs, quantiles), atol=0.04 * spread
    )
    assert ours.dtype == np.float32


@pytest.mark.parametrize("name", RANDOM)
def test_the_seed_fixes_the_numbers(name):
    initializer = getattr(initializers, name)
    first, same, other = (initializer((4, 5), seeds.derive(s, "w")).numpy() for s in (1, 1, 2))
    np.testing.assert_array_equal(first, same)
    assert (first != other).all()


def test_constants():
    np.testing.assert_array_equal(initializers.zeros((2, 3)), np.zeros((2, 3)))
    np.testing.assert_array_equal(initializers.ones((2, 3)), np.ones((2, 3)))
