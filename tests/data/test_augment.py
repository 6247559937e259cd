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


def test_half_of_the_images_are_mirrored():
    images = values(400, 3, 5, 2, low=0)
    flipped = augment.random_flip(images, SEED).numpy()
    mirrored = (flipped == images[:, :, ::-1]).all(axis=(1, 2, 3))
    kept = (flipped == images).all(axis=(1, 2, 3))
    assert (mirrored ^ kept).all()
    assert 150 < mirrored.sum() < 250
    upside_down = augment.random_flip(images, SEED, vertical=True).numpy()
    np.testing.assert_array_equal(upside_down[mirrored], images[mirrored, ::-1])


def test_a_crop_moves_whole_pixels_and_mirrors_the_rim():
    images = np.repeat(blob(), 300, axis=0)
    moved = centre_of_mass(augment.random_crop(images, SEED, 4)) - centre_of_mass(images)
    moves = np.unique(moved.round().astype(int), axis=0)
    assert moves.min() == -4
    assert moves.max() == 4
    assert len(moves) > 70  # of 81
    assert np.abs(moved - moved.round()).max() < 0.05

    image = values(1, 6, 7, 3, low=0)
    padded = np.pad(image[0], [(2, 2), (2, 2), (0, 0)], mode="reflect")
    pieces = [padded[y : y + 6, x : x + 7] for y in range(5) for x in range(5)]
    for step in range(20):
        cropped = augment.random_crop(image, seeds.derive(0, "crop", step), 2)[0].numpy()
        assert any((cropped == piece).all() for piece in pieces)


def test_crops_and_flips_are_the_same_in_and_out_of_a_graph():
    images = values(5, 8, 8, 3, low=0)
    for change in (augment.random_flip, lambda x, seed: augment.random_crop(x, seed, 3)):
        compiled = tf.function(change)
        np.testing.assert_array_equal(change(images, SEED), compiled(images, SEED))
        other = seeds.derive(0, "augment", 1)
        assert (compiled(images, SEED).numpy() != change(images, other).numpy()).any()


def test_a_cutout_is_a_black_square_anywhere():
    images = np.ones((500, 12, 10, 2), np.float32)
    black = augment.random_cutout(images, SEED, 4).numpy() == 0
    assert (black[..., 0] == black[..., 1]).all()
    areas = black[..., 0].sum(axis=(1, 2))
    assert areas.max() == 16
    assert areas.min() >= 4  # a quarter of it in a corner
    assert black[..., 0].any(axis=0).all()
    rows = black[..., 0].any(axis=2).sum(axis=1)
    columns = black[..., 0].any(axis=1).sum(axis=1)
    np.testing.assert_array_equal(rows * columns, areas)
    np.testing.assert_array_equal(augment.random_cutout(images, SEED, 0), images)


def test_what_comes_in_from_outside():
    images = np.ones((50, 9, 9, 1), np.float32)
    zeros = augment.random_affine(images, SEED, rotation=30, shift=3).numpy()
    nearest = augment.random_affine(images, SEED, rotation=30, shift=3, fill="nearest").numpy()
    assert zeros.min() == 0
    np.testing.assert_allclose(nearest, 1, atol=1e-6)
    with pytest.raises(ConfigError, match="fill must be one of zero, nearest"):
        augment.random_affine(images, SEED, fill="white")


@pytest.mark.parametrize("padding", [-1, 4, 1.5])
def test_paddings_out_of_range(padding):
    with pytest.raises(ConfigError, match="padding must be a whole number"):
        augment.random_crop(values(1, 4, 4, 1), SEED, padding)
