"""Bottles and other objects, drawn from a seed: example data without photographs."""

import numpy as np

from lowlevel.data import shapes
from lowlevel.data.image_sources import ImagesInMemory

TRAIN_IMAGES, TEST_IMAGES = 400, 80
SIDE = 127
OTHERS = ("circle", "square", "triangle", "ring", "frame", "cross", "crescent", "star")


def _bottle(width, neck, shoulder):
    """Signed distance of a bottle, in units of half its height.

    Args:
        width, neck: half the width of the body, and of the neck.
        shoulder: how far below the middle the neck begins to widen, negative for above.
    """
    heights = [-1, -0.86, -0.84, shoulder, shoulder + 0.3, 1]
    widths = [1.3 * neck, 1.3 * neck, neck, neck, width, width]  # cap, neck, body

    def distance(x, y):
        return np.maximum(np.abs(x) - np.interp(y, heights, widths), np.abs(y) - 1)

    return distance


def load(
    seed: int = 0,
    side: int = SIDE,
    train_images: int = TRAIN_IMAGES,
    test_images: int = TEST_IMAGES,
) -> tuple[ImagesInMemory, ImagesInMemory, ImagesInMemory]:
    """Draws grey images `[side, side, 1]`.

    Returns:
        Three `ImagesInMemory`: bottles to train on, bottles to test on, and other things.
    """

    def bottle(random):
        width, neck = random.uniform(0.3, 0.42), random.uniform(0.1, 0.15)
        shape = _bottle(width, neck, random.uniform(-0.5, -0.1))
        return shapes.draw(random, shape, side, 1, radius=(0.38, 0.46), offset=0.03, turn=0.3)

    def other(random):
        shape = shapes.SHAPES[random.choice(OTHERS)]
        return shapes.draw(random, shape, side, 1, radius=(0.3, 0.42), offset=0.05)

    def draw_all(part, draw, count, source):
        random = np.random.default_rng([seed, part])
        images = np.stack([draw(random) for _ in range(count)])
        return ImagesInMemory(images, source)

    return (
        draw_all(0, bottle, train_images, "drawn bottle to train on"),
        draw_all(1, bottle, test_images, "drawn bottle"),
        draw_all(2, other, test_images, "drawn other thing"),
    )
