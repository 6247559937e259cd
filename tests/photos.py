"""Photographs of handwritten digits, made up: a sheet of paper in uneven light, a little turned."""

import io

import numpy as np
from PIL import Image, ImageFilter

SIZE = (480, 640)  # height and width


def photograph(digit, random, stroke=0):
    """A JPEG file of a digit on paper, as bytes.

    The paper lies turned by up to 15 degrees, its light falls off by up to a half to one side, the
    ink is grey or black, and the lens and the sensor blur and add noise.

    Args:
        digit: uint8 `[28, 28]`, light on black.
        random: a `numpy.random.Generator`.
        stroke: pixels of the digit by which its strokes are thicker, or, if below 0, thinner.
    """
    height, width = SIZE
    side = int(random.uniform(0.4, 0.9) * height)
    drawn = Image.fromarray(digit).resize((side, side), Image.Resampling.BICUBIC)
    if stroke:
        change = ImageFilter.MaxFilter if stroke > 0 else ImageFilter.MinFilter
        drawn = drawn.filter(change(2 * round(abs(stroke) * side / 28 / 2) + 1))
    sheet = Image.new("L", (width, height))
    place = int(random.uniform(0, width - side)), int(random.uniform(0, height - side))
    sheet.paste(drawn, place)
    sheet = sheet.rotate(
        random.uniform(-15, 15),
        Image.Resampling.BICUBIC,
        center=(place[0] + side / 2, place[1] + side / 2),
    )
    sheet = sheet.filter(ImageFilter.GaussianBlur(random.uniform(0, 3)))
    ink = np.asarray(sheet, float) / 255 * random.uniform(0.5, 0.9)
    y, x = np.mgrid[-0.5 : 0.5 : height * 1j, -0.5 : 0.5 : width * 1j]
    angle, fall = random.uniform(0, 2 * np.pi), random.uniform(0, 0.5)
    along = np.cos(angle) * x + np.sin(angle) * y
    along = (along - along.min()) / (along.max() - along.min())
    light = random.uniform(0.7, 1) * (1 - fall * along ** random.uniform(0.7, 2))
    grey = light * (1 - ink) + random.normal(0, random.uniform(0.01, 0.04), SIZE)
    photo = Image.fromarray(np.clip(grey * 255, 0, 255).astype(np.uint8))
    file = io.BytesIO()
    photo.save(file, "JPEG", quality=int(random.uniform(50, 95)))
    return file.getvalue()
