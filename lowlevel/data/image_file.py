"""Reads image files: as they are, resized, or for a network that reads digits."""

import io
import struct
import warnings
from pathlib import Path

import numpy as np

from lowlevel.checks import ConfigError, DataError, import_extra, reason_of
from lowlevel.data.digit_image import is_dark_on_light, to_digit
from lowlevel.files import FilePath

FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF")  # of those with several images, the first
SUFFIXES = {".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".tif", ".tiff"}
KINDS = "PNG, JPEG, GIF, WebP, BMP or TIFF"
MAX_SIDE = 10_000
# A JPEG file may go over its pixels again and again, in a few bytes each time: a hundred times is
# allowed if they are as many as may be. Other bytes may look like the marker; that does no harm.
MAX_SCANNED, START_OF_SCAN = 100 * MAX_SIDE**2, b"\xff\xda"
BILINEAR = 2  # Pillow's number for it
# What Pillow raises where a file is not as its decoders expect it.
DAMAGE = (OSError, SyntaxError, ValueError, TypeError, IndexError, OverflowError, struct.error)


def read_grey(path: FilePath) -> np.ndarray:
    """Reads a file in one of the `FORMATS`.

    Returns:
        float32 `[height, width]`, 0 for black and 1 for white. What is transparent is white, or
        black if the rest of the image can be seen better on it.

    Raises:
        DataError: the file is missing, empty, damaged, in another format, or more than `MAX_SIDE`
            pixels high or wide.
        MissingExtraError: Pillow is not installed.
    """
    return _read(path, lambda image: _to_grey(_upright(image)))


def read_resized(path: FilePath, image_shape: tuple[int, int, int]) -> np.ndarray:
    """Reads a file in one of the `FORMATS`, of any size, and resizes it bilinearly.

    Args:
        path: the file.
        image_shape: (height, width, channels) wanted; one channel is grey, three are colours.

    Returns:
        uint8 `[height, width, channels]`; what is transparent is white.

    Raises:
        ConfigError: the number of channels is neither 1 nor 3.
        DataError, MissingExtraError: as `read_grey` raises them.
    """
    height, width, channels = image_shape
    mode = {1: "L", 3: "RGB"}.get(channels)
    if mode is None:
        raise ConfigError(f"image files have 1 or 3 channels, not the {channels} of the network.")

    def convert(image):
        image.draft(mode, (2 * width, 2 * height))  # JPEG decodes small sizes fast
        image = _upright(image)
        if image.mode.startswith("I"):
            levels = _sixteen_bits(image) // 257
            image = import_extra("PIL.Image", "images").fromarray(levels.astype(np.uint8))
        resized = _on("white", image).convert(mode).resize((width, height), BILINEAR)
        return np.asarray(resized, np.uint8).reshape(image_shape)

    return _read(path, convert)


def read_size(path: FilePath) -> tuple[int, int]:
    """Height and width of an image file in pixels, upright.

    Raises:
        DataError, MissingExtraError: as `read_grey` raises them.
    """
    width, height = _read(path, lambda image: _upright(image).size)
    return height, width


def read_for(kind: str, image_shape: tuple[int, int, int], path: FilePath) -> np.ndarray:
    """Reads an image file as a network needs it.

    Args:
        kind: "digit" to bring it into the form of MNIST, see `to_digit`; "resize"; or "light" to
            also invert it if it is dark on light.
        image_shape: (height, width, channels) that the network takes.
        path: the file.

    Returns:
        uint8, or float32 in [0, 1], `[height, width, channels]`.

    Raises:
        DataError, MissingExtraError: as `read_grey` and `to_digit` raise them.
    """
    if kind != "digit":
        image = read_resized(path, image_shape)
        return 255 - image if kind == "light" and is_dark_on_light(image.mean(axis=-1)) else image
    height, width, channels = image_shape
    return np.repeat(to_digit(read_grey(path), height, width, None, path), channels, axis=-1)


def _read(path, convert):
    """Applies `convert` to a Pillow image; turns any fault of the file into a DataError."""
    pillow = import_extra("PIL.Image", "images")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what it warns of is refused, or harmless
            content = _content(path)
            with pillow.open(io.BytesIO(content), formats=FORMATS) as image:
                width, height = image.size
                if image.mode == "F":
                    raise DataError(f"{path} holds fractions, whose range nobody knows.")
                if max(width, height) <= MAX_SIDE:
                    is_jpeg = image.format == "JPEG" or image.info.get("compression") == "jpeg"
                    scans = content.count(START_OF_SCAN) if is_jpeg else 1
                    if scans * width * height <= MAX_SCANNED:
                        return convert(image)
                    raise DataError(f"{path} goes over its {width} x {height} pixels too often.")
    except DataError:
        raise
    except pillow.DecompressionBombError:
        raise DataError(f"{path} is too large: at most {MAX_SIDE} pixels a side.") from None
    except pillow.UnidentifiedImageError:
        raise DataError(f"{path} is not an image that can be read: {KINDS}.") from None
    except FileNotFoundError:
        raise DataError(f"{path} does not exist.") from None
    except DAMAGE as error:
        raise DataError(f"{path} cannot be read: {reason_of(error)}.") from error
    raise DataError(f"{path} is too large ({width} x {height}): at most {MAX_SIDE} pixels a side.")


def _content(path):
    """A file's bytes: of them Pillow makes no room for more than there are."""
    path = Path(path)
    size = path.stat().st_size
    if not (path.is_file() or path.is_dir()):  # a pipe or a device may never end
        raise OSError("it is not a regular file")
    with path.open("rb") as file:
        return file.read(size)


def _upright(image):
    return import_extra("PIL.ImageOps", "images").exif_transpose(image)


def _on(colour, image):
    """The image, with this colour where it is transparent."""
    if not image.has_transparency_data:
        return image
    ground = import_extra("PIL.Image", "images").new("RGBA", image.size, colour)
    return import_extra("PIL.Image", "images").alpha_composite(ground, image.convert("RGBA"))


def _to_grey(image):
    if image.mode.startswith("I"):
        return _sixteen_bits(image).astype(np.float32) / 65535
    if not image.has_transparency_data:
        return np.asarray(image.convert("L"), np.float32) / 255
    grounds = (_on(colour, image).convert("L") for colour in ("white", "black"))
    return np.asarray(max(grounds, key=np.std), np.float32) / 255  # white if they are alike


def _sixteen_bits(image):
    """The grey levels of an image of 16 bits a pixel; the one that is transparent is white."""
    levels = np.asarray(image)
    if levels.min() < 0 or levels.max() > 65535:
        raise ValueError("its levels do not fit into 16 bits")
    return np.where(levels == image.info.get("transparency", -1), 65535, levels)
