"""Random affine changes: exact where they can be, and reproducible."""

import numpy as np
import pytest
import tensorflow as tf

from lowlevel import seeds
from lowlevel.checks import ConfigError
from lowlevel.data import augment
from tests.comparison import values

SEED = seeds.derive(0, "augment")


def blob(size=29):
    """A round blob in the middle of a black image."""
    y, x = np.mgrid[:size, :size] - size // 2
    return np.exp(-(x**2 + y**2) / 18).astype(np.float32)[np.newaxis, ..., np.newaxis]


def centre_of_mass(images):
    images = np.asarray(images)[..., 0]
    y, x = np.mgrid[: images.shape[1], : images.shape[2]]
    mass = images.sum(axis=(1, 2))
    return (
        np.stack([(images * y).sum(axis=(1, 2)), (images * x).sum(axis=(1, 2))], 1) / mass[:, None]
    )


def test_nothing_asked_nothing_changed():
    images = values(3, 8, 9, 2, low=0)
    np.testing.assert_allclose(augment.random_affine(images, SEED), images, atol=1e-6)


def test_shift_moves_each_image_by_its_own_amount_within_the_bound():
    images = np.repeat(blob(), 200, axis=0)
    moved = centre_of_mass(augment.random_affine(images, SEED, shift=3)) - centre_of_mass(images)
    assert np.abs(moved).max() <= 3.05
    assert np.abs(moved).max(axis=0).min() > 2.7
    assert np.unique(moved.round(3), axis=0).shape[0] > 190
    assert np.abs(moved.mean(axis=0)).max() < 0.6


def test_rotation_keeps_what_is_round_and_zoom_scales_it():
    images = np.repeat(blob(), 100, axis=0)
    rotated = augment.random_affine(images, SEED, rotation=180)
    np.testing.assert_allclose(rotated, images, atol=0.03)  # interpolation blunts the peak
    areas = np.sum(augment.random_affine(images, SEED, zoom=0.2), axis=(1, 2, 3)) / images[0].sum()
    assert 1 / 1.2**2 - 0.01 < areas.min() < 0.8
    assert 1.25 < areas.max() < 1 / 0.8**2 + 0.01


def test_rotation_turns_by_up_to_its_angle():
    bar = np.zeros((200, 29, 29, 1), np.float32)
    bar[:, 14, 4:25] = 1
    rotated = np.asarray(augment.random_affine(bar, SEED, rotation=30))[..., 0]
    y, x = np.mgrid[:29, :29] - 14
    inertia = [(rotated * moment).sum(axis=(1, 2)) for moment in (x * x, y * y, x * y)]
    angles = np.degrees(0.5 * np.arctan2(2 * inertia[2], inertia[0] - inertia[1]))
    assert 28 < np.abs(angles).max() < 31
    assert (angles > 0).any()
    assert (angles < 0).any()


def test_the_seed_fixes_the_result_in_and_out_of_a_graph():
    images = values(4, 12, 12, 1, low=0)
    arguments = {"rotation": 20, "zoom": 0.1, "shift": 2}
    eager = augment.random_affine(images, SEED, **arguments)
    compiled = tf.function(lambda x: augment.random_affine(x, SEED, **arguments))(images)
    np.testing.assert_allclose(eager, compiled, atol=1e-6)
    other = augment.random_affine(images, seeds.derive(0, "augment", 1), **arguments)
    assert np.abs(eager - other).max() > 0.1


@pytest.mark.parametrize("arguments", [{"rotation": -1}, {"zoom": 1}, {"shift": float("nan")}])
def test_amounts_out_of_range(arguments):
    with pytest.raises(ConfigError):
        augment.random_affine(values(1, 4, 4, 1), SEED, **arguments)
