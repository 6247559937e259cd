"""Readers of data, see `tests.hostile.readers`: arrays, archives, texts, tables, images."""

import contextlib
import gzip
import io
import tarfile
from unittest import mock

import numpy as np
from PIL import Image

from lowlevel.checks import DataError
from lowlevel.data import (
    auto_mpg,
    cifar10,
    digit_image,
    idx,
    image_file,
    sentence_polarity,
    sentences,
    vocabulary,
)
from tests import cifar_files, idx_files


def write(content, folder, name="file"):
    """The path of a new file in a folder."""
    path = folder / name
    path.write_bytes(content)
    return path


def read_idx(content, folder):
    path = write(content, folder)
    try:
        array = idx.read(path, 3)
    except DataError:
        array = idx.read(path, 1)
    assert array.dtype == np.uint8
    whole = content if content[:2] != b"\x1f\x8b" else gzip.decompress(content)
    assert whole == idx_files.encode(array)
    return array


def idx_seeds(folder):
    images = idx_files.encode(np.arange(24).reshape(2, 3, 4))
    labels = idx_files.encode(np.arange(5))
    return {
        "images": images,
        "labels": labels,
        "images gzipped": gzip.compress(images, mtime=0),
        "no images": idx_files.encode(np.zeros((0, 3, 4))),
    }


def read_cifar10(content, folder):
    path = write(content, folder)
    with mock.patch.object(cifar10, "RECORDS_IN_A_FILE", 1):
        data = cifar10.read(path)
    assert data.train.images.shape == (5, 32, 32, 3)
    assert data.train.labels.max() < 10
    return data


def cifar10_seeds(folder):
    files = {name: bytes([number]) + bytes(3072) for number, name in enumerate(cifar10.TRAIN_FILES)}
    files[cifar10.TEST_FILES[0]] = bytes([9]) + bytes(3072)
    archive = cifar_files.write_archive(folder / "archive", files).read_bytes()
    return {"archive": gzip.compress(gzip.decompress(archive), mtime=0)}


def read_polarity(content, folder):
    data = sentence_polarity.read_archive(write(content, folder))
    check_sentences(data)
    return data


def polarity_seeds(folder):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, text in zip(
            sentence_polarity.MEMBERS, (b"bad\npoor\n", b"good\nfine\n"), strict=True
        ):
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text))
    return {"archive": gzip.compress(stream.getvalue(), mtime=0)}


def read_text(content, folder):
    """A file of positive sentences beside one of negative ones, then as words."""
    path, negative = write(content, folder), write(b"bad film\nbad\n", folder, "negative")
    data = sentences.read_files(path, negative)
    check_sentences(data)
    known = vocabulary.Vocabulary.of(data.texts, 50)
    worded = [text for text in data.texts if vocabulary.words(text)]
    numbers = known.numbers(worded)
    assert numbers.max() <= 50
    return data


def check_sentences(data):
    assert len(data.texts) == len(data.labels)
    for text in data.texts:
        assert 0 < len(text) <= sentences.MAX_CHARACTERS
        assert not set(text) & set("\0\r\n")


def text_seeds(folder):
    return {
        "utf-8": "a good film , naïve café\n\ngood !\n".encode(),
        "latin-1": "café\r\ngood\r\n".encode("latin-1"),
        "marked": "good\rfine film".encode("utf-8-sig"),
    }


def read_table(content, folder):
    table = auto_mpg.read(write(content, folder))
    assert table.features.shape == (len(table), len(auto_mpg.FEATURES))
    assert np.isfinite(table.features).all()
    assert np.isfinite(table.targets).all()
    if len(table) >= auto_mpg.MIN_CARS:
        parts = auto_mpg.split(table)
        assert sorted(np.concatenate(parts)) == list(range(len(table)))
    scaled = auto_mpg.standardize(table.features, auto_mpg.statistics_of(table.features))
    assert np.isfinite(scaled).all()
    return table


def table_seeds(folder):
    header = "mpg,cylinders,displacement,horsepower,weight,acceleration,model_year,origin,name\n"
    row = '18.0,8,307.0,130.0,3504,12.0,70,usa,"a, b"\n'
    return {"one": (header + row).encode(), "many": (header + 11 * row).encode()}


def read_image(content, folder):
    path = write(content, folder)
    height, width = image_file.read_size(path)
    assert 0 < max(height, width) <= image_file.MAX_SIDE
    for channels in (1, 3):
        image = image_file.read_resized(path, (5, 4, channels))
        assert image.shape == (5, 4, channels)
        assert image.dtype == np.uint8
    image_file.read_for("light", (5, 4, 1), path)
    grey = image_file.read_grey(path)
    assert grey.shape == (height, width)
    assert grey.dtype == np.float32
    assert 0 <= grey.min() <= grey.max() <= 1
    with contextlib.suppress(DataError):  # it need not be a digit
        digit = digit_image.to_digit(grey, 28, 28)
        assert digit.shape == (28, 28, 1)
        assert 0 <= digit.min() <= digit.max() <= 1
    return grey


def image_seeds(folder):
    ramp = Image.fromarray(np.arange(48, dtype=np.uint8).reshape(6, 8) * 5)
    exif = Image.Exif()
    exif[0x0112] = 6
    wide = Image.fromarray(np.arange(48, dtype=np.uint16).reshape(6, 8) * 1000)
    seeds = {
        f"png {mode}": encode(
            ramp.convert("RGBA").convert(mode) if mode == "LA" else ramp.convert(mode), "PNG"
        )
        for mode in ("1", "L", "RGB", "RGBA", "P", "LA")
    }
    return seeds | {
        "png interlaced of 16 bits": encode(wide, "PNG", transparency=1000),
        "png with a palette and transparency": encode(ramp.convert("P"), "PNG", transparency=3),
        "png with exif": encode(ramp, "PNG", exif=exif),
        "png of two frames": encode(ramp, "PNG", save_all=True, append_images=[ramp.rotate(180)]),
        "jpeg grey": encode(ramp, "JPEG", exif=exif),
        "jpeg": encode(ramp.convert("RGB"), "JPEG"),
        "jpeg progressive": encode(ramp.convert("RGB"), "JPEG", progressive=True),
        "jpeg cmyk": encode(ramp.convert("CMYK"), "JPEG"),
        "gif of two frames": encode(ramp, "GIF", save_all=True, append_images=[ramp.rotate(180)]),
        "gif with transparency": encode(ramp.convert("P"), "GIF", transparency=3),
        "webp": encode(ramp.convert("RGB"), "WEBP"),
        "webp with transparency": encode(ramp.convert("RGBA"), "WEBP", lossless=True),
        "bmp": encode(ramp.convert("RGB"), "BMP"),
        "bmp with a palette": encode(ramp.convert("P"), "BMP"),
        "tiff": encode(ramp, "TIFF"),
        "tiff packed": encode(ramp.convert("RGB"), "TIFF", compression="tiff_lzw"),
        "tiff of 16 bits": encode(wide, "TIFF"),
    }


def encode(image, kind, **arguments):
    """The bytes of an image file."""
    stream = io.BytesIO()
    image.save(stream, kind, **arguments)
    return stream.getvalue()
