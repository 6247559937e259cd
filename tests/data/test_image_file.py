"""Image files: any size and kind in, MNIST's form out; what is damaged gets a sentence."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageDraw

from lowlevel.checks import DataError
from lowlevel.data import digit_image, image_file


def draw_one(size=(200, 120), ink=0, paper=255):
    """A vertical stroke, off the centre."""
    image = Image.new("L", size, paper)
    ImageDraw.Draw(image).rectangle([20, 10, 30, 90], fill=ink)
    return image


def digit_from(path, **arguments):
    return digit_image.to_digit(image_file.read_grey(path), 28, 28, **arguments)


@pytest.mark.parametrize("name", ["one.png", "one.jpg"])
@pytest.mark.parametrize(("ink", "paper"), [(0, 255), (255, 0), (80, 200), (30, 110), (200, 140)])
def test_a_digit_of_any_size_and_colour_is_centred(tmp_path, name, ink, paper):
    draw_one(ink=ink, paper=paper).save(tmp_path / name)
    digit = digit_from(tmp_path / name)
    assert digit.shape == (28, 28, 1)
    assert digit.dtype == np.float32
    assert digit.max() > 0.8  # JPEG blurs a little
    rows, columns = np.nonzero(digit[..., 0] > 0.3)
    assert rows.max() - rows.min() + 1 == 20  # the box of MNIST
    assert abs(rows.mean() - 13.5) <= 0.6
    assert abs(columns.mean() - 13.5) <= 0.6
    assert digit[0].max() == 0  # the paper has become black


def test_the_right_size_is_taken_as_it_is(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 100, (28, 28)).astype(np.uint8)
    pixels[[0, -1]] = pixels[:, [0, -1]] = 0  # black paper
    Image.fromarray(pixels).save(tmp_path / "digit.png")
    np.testing.assert_array_equal(
        digit_from(tmp_path / "digit.png")[..., 0], pixels / np.float32(255)
    )


def test_invert_overrides_the_guess(tmp_path):
    image = Image.new("L", (28, 28), 200)
    image.putpixel((14, 14), 100)
    image.putpixel((9, 9), 255)
    image.save(tmp_path / "grey.png")
    inverted = 1 - np.asarray(image, np.float32)[..., np.newaxis] / 255
    np.testing.assert_array_equal(digit_from(tmp_path / "grey.png"), inverted)
    np.testing.assert_array_equal(digit_from(tmp_path / "grey.png", invert=True), inverted)
    upright = digit_from(tmp_path / "grey.png", invert=False)
    np.testing.assert_allclose(upright, 1 - inverted, atol=1e-6)


@pytest.mark.parametrize("mode", ["1", "L", "RGB", "RGBA", "P", "LA", "I;16"])
def test_modes(tmp_path, mode):
    image = draw_one()
    if mode == "I;16":
        image = Image.fromarray(np.asarray(image).astype(np.uint16) * 257)
    image.convert(mode).save(tmp_path / "one.png") if mode != "I;16" else image.save(
        tmp_path / "one.png"
    )
    grey = image_file.read_grey(tmp_path / "one.png")
    np.testing.assert_allclose(grey, np.asarray(draw_one()) / 255, atol=0.01)


def test_a_transparent_level_of_sixteen_bits_is_paper(tmp_path):
    levels = np.full((6, 6), 65535 // 2, np.uint16)
    levels[2:4, 2:4] = 1000
    Image.fromarray(levels).save(tmp_path / "one.png", transparency=1000)
    grey = image_file.read_grey(tmp_path / "one.png")
    resized = image_file.read_resized(tmp_path / "one.png", (6, 6, 1))[..., 0]
    for image, white in (grey, 1), (resized, 255):
        assert image[2, 2] == white
        assert image[0, 0] == pytest.approx(white / 2, abs=0.01 * white)


@pytest.mark.parametrize("suffix", ["gif", "webp", "bmp", "tiff", "jpg"])
def test_formats(tmp_path, suffix):
    path = tmp_path / f"one.{suffix}"
    frames = {"save_all": True, "append_images": [Image.new("L", draw_one().size)]}
    draw_one().convert("L").save(path, **(frames if suffix in ("gif", "webp", "tiff") else {}))
    np.testing.assert_allclose(
        image_file.read_grey(path),
        np.asarray(draw_one()) / 255,
        atol=0.2 if suffix in ("jpg", "webp") else 0.02,
    )
    assert image_file.read_resized(path, (6, 6, 3)).shape == (6, 6, 3)


def test_levels_whose_range_nobody_knows(tmp_path):
    Image.fromarray(np.linspace(0, 9, 16, dtype=np.float32).reshape(4, 4)).save(tmp_path / "f.tiff")
    with pytest.raises(DataError, match=r"f\.tiff holds fractions"):
        image_file.read_grey(tmp_path / "f.tiff")
    wide = np.full((4, 4), 70_000, np.int32)
    Image.fromarray(wide, mode="I").save(tmp_path / "i.tiff")
    with pytest.raises(DataError, match="do not fit into 16 bits"):
        image_file.read_grey(tmp_path / "i.tiff")


def test_what_is_transparent_is_paper(tmp_path):
    image = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    ImageDraw.Draw(image).rectangle([15, 5, 20, 35], fill=(0, 0, 0, 255))
    image.save(tmp_path / "one.png")
    assert image_file.read_grey(tmp_path / "one.png")[0, 0] == 1
    assert digit_from(tmp_path / "one.png")[14, 14] == 1


def test_white_ink_on_what_is_transparent(tmp_path):
    image = Image.new("RGBA", (40, 40), (255, 255, 255, 0))
    ImageDraw.Draw(image).rectangle([15, 5, 20, 35], fill=(255, 255, 255, 255))
    image.save(tmp_path / "one.png")
    assert image_file.read_grey(tmp_path / "one.png")[0, 0] == 0
    assert digit_from(tmp_path / "one.png")[14, 14] == 1


def test_orientation_of_a_photograph(tmp_path):
    image = draw_one()
    exif = Image.Exif()
    exif[0x0112] = 6  # stored lying on its side
    image.save(tmp_path / "one.jpg", exif=exif)
    assert image_file.read_grey(tmp_path / "one.jpg").shape == (200, 120)


def png_of_claimed_size(width, height):
    """A PNG whose header claims a size, with no pixels behind it."""

    def chunk(kind, content):
        checksum = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not an image that can be read"),
        (b"GIF89a" + bytes(50), "cannot be read|is not an image"),
        (png_of_claimed_size(30_000, 10), r"is too large \(30000 x 10\): at most 10000 pixels"),
        (png_of_claimed_size(30_000, 30_000), "is too large: at most 10000 pixels"),
        (png_of_claimed_size(50, 50), "cannot be read"),
    ],
)
def test_hostile_files(tmp_path, content, message):
    path = tmp_path / "image.png"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        image_file.read_grey(path)
    assert str(path) in str(caught.value)


def test_truncated_missing_and_directory(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (60, 60)).astype(np.uint8)
    for name in ("noise.png", "noise.jpg"):
        path = tmp_path / name
        Image.fromarray(noise).save(path)
        path.write_bytes(path.read_bytes()[:900])
        with pytest.raises(DataError, match="cannot be read"):
            image_file.read_grey(path)
    with pytest.raises(DataError, match="does not exist"):
        image_file.read_grey(tmp_path / "nothing.png")
    with pytest.raises(DataError, match="cannot be read"):
        image_file.read_grey(tmp_path)


@pytest.mark.parametrize("size", [(28, 30), (28, 28), (1, 1), (500, 3)])
def test_no_ink(tmp_path, size):
    Image.new("L", size, 255).save(tmp_path / "blank.png")
    with pytest.raises(DataError, match=r"blank\.png contains no digit"):
        digit_from(tmp_path / "blank.png", source=tmp_path / "blank.png")
