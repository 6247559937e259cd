"""What the package draws: reproducible, of the promised sizes, in all classes."""

import numpy as np

from lowlevel.data import bottles, shapes


def test_shapes_are_the_same_for_the_same_seed():
    first, again, other = (shapes.load(seed, 60, 20) for seed in (0, 0, 1))
    assert first.sha256() == again.sha256() != other.sha256()
    assert first.image_shape == (32, 32, 3)
    assert first.class_names == tuple(shapes.SHAPES)
    assert set(first.train.labels) == set(range(10))
    assert not np.array_equal(first.train.images[:20], first.test.images)


def test_every_shape_covers_some_of_the_image_and_not_all():
    random = np.random.default_rng(0)
    for name, distance in shapes.SHAPES.items():
        y, x = np.mgrid[-1.2:1.2:100j, -1.2:1.2:100j]
        share = (distance(x, y) < 0).mean()
        assert 0.08 < share < 0.75, name
        image = shapes.draw(random, distance, 32)
        assert image.shape == (32, 32, 3)
        assert image.std() > 10


def test_bottles():
    train, normal, other = bottles.load(train_images=6, test_images=4)
    assert (len(train), len(normal), len(other)) == (6, 4, 4)
    assert train[:].shape == (6, 127, 127, 1)
    assert train.sha256() == bottles.load(train_images=6, test_images=4)[0].sha256()
    assert train[:].std(axis=(1, 2, 3)).min() > 10
