"""Brings a picture of a handwritten digit into the form of MNIST: light ink on black, centred.

The picture may be a drawing or a photograph: in uneven light, with noise, with a thin or a thick
pen.
"""

import numpy as np

from lowlevel.checks import DataError, import_extra

WORKING_SIDE = 320  # larger pictures are reduced to it, which averages noise away
SIDE_OF_FIT = 60  # pixels; the light is smooth, so it is fitted to no more
FITS = 12  # of the light on the paper, each without what the last one showed to be ink
PAPER_DEVIATIONS = 2.5  # how far from the light paper can be, in standard deviations of its noise
INK_DEVIATIONS = 5  # and how far ink must be
MIN_CONTRAST = 0.05  # between ink and paper
INK_LEVEL = 0.3  # share of the darkest ink above which a pixel belongs to the digit
INK_BOX_SHARE = 20 / 28  # MNIST's digits fill a box of 20 x 20 in images of 28 x 28


def to_digit(
    grey: np.ndarray,
    height: int,
    width: int,
    invert: bool | None = None,
    source: object = "the image",
) -> np.ndarray:
    """Converts a grey image to MNIST's form.

    An image that already has the network's size is only inverted. In any other, the light on the
    paper is taken away, and the ink is cut out, scaled to fit a box of 20/28 of the size, made as
    light as MNIST's, and centred by its centre of mass.

    Args:
        grey: float `[height, width]` in [0, 1].
        height, width: the size the network takes.
        invert: whether the ink is darker than the paper; None looks at what differs from the paper.
        source: what the error calls the image.

    Returns:
        float32 `[height, width, 1]` in [0, 1].

    Raises:
        DataError: there is no ink.
    """
    if grey.shape == (height, width):
        return _take_as_it_is(grey, invert, source)
    small = _reduce(grey)
    light = light_on_paper(small)
    difference = small - light
    dark = invert
    if invert is None:
        dark = bool((difference**3).sum() < 0)  # ink is far from the paper, noise is near
    ink = -difference / np.maximum(light, MIN_CONTRAST) if dark else difference
    ink = _normalize(ink, invert, source)
    return _centre(_scale(_cut_out(ink), height, width), height, width)


def is_dark_on_light(grey: np.ndarray) -> bool:
    """Whether the rim of an image `[height, width]` is lighter than its mean: ink on paper."""
    return bool(_rim_level(grey) > grey.mean())


def _rim_level(grey):
    return np.median(np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]]))


def _take_as_it_is(grey, invert, source):
    if is_dark_on_light(grey) if invert is None else invert:
        grey = 1 - grey
    if grey.max() - _rim_level(grey) < MIN_CONTRAST:
        raise _no_ink(invert, source)
    return np.float32(grey)[..., np.newaxis]


def _no_ink(invert, source):
    if invert is None:
        return DataError(f"{source} contains no digit: nothing in it stands out.")
    contrast = "darker" if invert else "lighter"
    return DataError(f"{source} contains no digit: nothing in it is {contrast} than the paper.")


def light_on_paper(grey: np.ndarray) -> np.ndarray:
    """The light on the paper, as smooth as a quadratic function of the position.

    It is fitted to pixels by least squares, and again to those that were near the last fit, so that
    ink counts less and less.

    Args:
        grey: float `[height, width]` in [0, 1].

    Returns:
        float64 `[height, width]`.
    """
    height, width = grey.shape
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)
    some = slice(None, None, max(1, min(height, width) // SIDE_OF_FIT))
    some_terms, some_grey = terms[some, some], grey[some, some]
    coefficients = [np.median(grey), 0, 0, 0, 0, 0]
    for _ in range(FITS):
        distance = np.abs(some_grey - some_terms @ coefficients)
        paper = distance <= max(PAPER_DEVIATIONS * _deviation(distance), 1 / 255)
        coefficients = np.linalg.lstsq(some_terms[paper], some_grey[paper], rcond=None)[0]
    return terms @ coefficients


def _deviation(distance):
    """The standard deviation of noise whose median distance from zero this is."""
    return 1.4826 * np.median(distance)


def _reduce(grey):
    height, width = grey.shape
    scale = WORKING_SIDE / max(height, width)
    if scale >= 1:
        return np.float64(grey)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.float64(_resize(grey, size))


def _resize(grey, size):
    """Averages boxes of an image; the size is (width, height), as Pillow has it."""
    pillow = import_extra("PIL.Image", "images")
    image = pillow.fromarray(np.float32(grey))
    return np.asarray(image.resize(size, pillow.Resampling.BOX))


def _normalize(ink, invert, source):
    """Ink as a share of the darkest, in [0, 1], without specks of noise.

    Raises:
        DataError: there is none.
    """
    noise = _deviation(np.abs(ink))
    levels = np.uint8(np.round(np.clip(ink, 0, 1) * 255))
    median = import_extra("PIL.ImageFilter", "images").MedianFilter(3)
    smooth = np.float64(import_extra("PIL.Image", "images").fromarray(levels).filter(median)) / 255
    found = smooth > max(MIN_CONTRAST, INK_DEVIATIONS * noise)
    if not found.any():
        raise _no_ink(invert, source)
    return np.clip((smooth - noise) / (np.quantile(smooth[found], 0.98) - noise), 0, 1)


def _cut_out(ink):
    """The box of the ink `[height, width]`, with nothing in it below half of `INK_LEVEL`."""
    rows, columns = np.nonzero(ink > INK_LEVEL)
    box = ink[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    return np.where(box < INK_LEVEL / 2, 0, box)


def _scale(ink, height, width):
    """Ink in a box of MNIST's size, as light as MNIST's, whatever the width of the pen."""
    scale = INK_BOX_SHARE * min(height / ink.shape[0], width / ink.shape[1])
    box_height, box_width = (max(1, round(side * scale)) for side in ink.shape)
    box = _resize(ink, (box_width, box_height))
    return np.clip(box / np.quantile(box[box > 0.1], 0.9), 0, 1)


def _centre(box, height, width):
    """The box in a black image, its centre of mass in the middle, as far as it fits."""
    (box_height, box_width), mass = box.shape, box.sum()
    centre_y = (box.sum(axis=1) * (np.arange(box_height) + 0.5)).sum() / mass
    centre_x = (box.sum(axis=0) * (np.arange(box_width) + 0.5)).sum() / mass
    top = int(np.clip(round(height / 2 - centre_y), 0, height - box_height))
    left = int(np.clip(round(width / 2 - centre_x), 0, width - box_width))
    digit = np.zeros((height, width, 1), np.float32)
    digit[top : top + box_height, left : left + box_width, 0] = box
    return digit
