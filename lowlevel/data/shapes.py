"""Coloured shapes on coloured grounds, drawn from a seed: example data in ten classes.

A shape is given by its signed distance: a function of two coordinates, in units of its radius, that
is negative inside and grows by about one for each unit of way. Distances make soft edges easy.
"""

from collections.abc import Callable

import numpy as np

from lowlevel.data.labelled_images import ImageDataset, LabelledImages

TRAIN_IMAGES, TEST_IMAGES = 10_000, 2_000
SIDE = 32


def _box(x, y, width, height):
    return np.maximum(np.abs(x) - width, np.abs(y) - height)


def _polygon(x, y, corners):
    """Regular polygon: the farthest of its sides."""
    angles = 2 * np.pi * np.arange(corners) / corners + np.pi / 2
    return np.max([x * np.cos(a) + y * np.sin(a) for a in angles], axis=0) - np.cos(np.pi / corners)


SHAPES = {
    "circle": lambda x, y: np.hypot(x, y) - 0.9,
    "square": lambda x, y: _box(x, y, 0.8, 0.8),
    "triangle": lambda x, y: _polygon(x, y, 3),
    "hexagon": lambda x, y: _polygon(x, y, 6),
    "ring": lambda x, y: np.abs(np.hypot(x, y) - 0.7) - 0.22,
    "frame": lambda x, y: np.abs(_box(x, y, 0.65, 0.65)) - 0.18,
    "cross": lambda x, y: np.minimum(_box(x, y, 0.95, 0.25), _box(x, y, 0.25, 0.95)),
    "bar": lambda x, y: _box(x, y, 1.0, 0.3),
    "crescent": lambda x, y: np.maximum(np.hypot(x, y) - 0.95, 0.8 - np.hypot(x - 0.5, y)),
    "star": lambda x, y: np.hypot(x, y) - 0.65 - 0.3 * np.cos(5 * np.arctan2(y, x)),
}


def load(
    seed: int = 0, train_images: int = TRAIN_IMAGES, test_images: int = TEST_IMAGES
) -> ImageDataset:
    """Draws the dataset: an `ImageDataset` of images `[examples, 32, 32, 3]` in ten classes.

    Shapes turn by any angle, have a radius of 7 to 13 pixels, and lie up to 4 pixels off the
    middle; shape and ground have random, different colours, and there is noise. The same seed
    gives the same images.
    """
    train = _draw_classes(np.random.default_rng([seed, 0]), train_images)
    test = _draw_classes(np.random.default_rng([seed, 1]), test_images)
    return ImageDataset("shapes", train, test, tuple(SHAPES))


def _draw_classes(random, count):
    distances = list(SHAPES.values())
    labels = random.integers(0, len(distances), count).astype(np.int32)
    images = np.stack([draw(random, distances[label], SIDE) for label in labels])
    return LabelledImages(images, labels, "shapes")


def draw(
    random: np.random.Generator,
    distance: Callable,
    side: int,
    channels: int = 3,
    radius: tuple[float, float] = (0.22, 0.4),
    offset: float = 0.12,
    turn: float = np.pi,
) -> np.ndarray:
    """Draws one shape.

    Args:
        random: a numpy `Generator`.
        distance: the shape's signed distance, a function of (x, y).
        side: height and width of the image in pixels.
        channels: 3 for colours, 1 for grey.
        radius: minimum and maximum radius, as shares of the side.
        offset: maximum distance from the middle, as a share of the side.
        turn: maximum angle in radians, either way.

    Returns:
        uint8 `[side, side, channels]`.
    """
    angle = random.uniform(-turn, turn)
    size = random.uniform(*radius) * side
    centre = side / 2 + random.uniform(-offset, offset, 2) * side
    rows, columns = np.mgrid[:side, :side] + 0.5
    dy, dx = (rows - centre[0]) / size, (columns - centre[1]) / size
    x = dx * np.cos(angle) + dy * np.sin(angle)
    y = dy * np.cos(angle) - dx * np.sin(angle)
    inside = np.clip(0.5 - distance(x, y) * size, 0, 1)[..., np.newaxis]  # [side, side, 1]

    ground = random.uniform(0, 255, channels)
    colour = (ground + random.uniform(70, 185, channels) * random.choice([-1, 1])) % 255
    slope = random.uniform(-40, 40, 2)
    light = (slope[0] * (rows / side - 0.5) + slope[1] * (columns / side - 0.5))[..., np.newaxis]
    image = ground * (1 - inside) + colour * inside + light
    return np.clip(image + random.normal(0, 8, (side, side, channels)), 0, 255).astype(np.uint8)
