"""Folders of images: any size and mode in, one size out, one cache file, bounded memory."""

import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from lowlevel.checks import DataError
from lowlevel.data import image_folder, image_sources, standardize

SHAPE = (8, 10, 1)


def write_images(folder, count=5, suffix=".png", size=(30, 20)):
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        image = Image.new("RGB", size, (number * 40, number * 40, number * 40))
        image.save(folder / f"image{number}{suffix}")
    return folder


def store(folder, tmp_path, shape=SHAPE):
    return image_folder.store(
        image_folder.find(folder), shape, tmp_path / "cache" / "some", folder, quiet=True
    )


def test_images_come_in_the_order_of_their_names_and_one_size(tmp_path):
    images = store(write_images(tmp_path / "in"), tmp_path)
    assert images.names == [f"image{number}.png" for number in range(5)]
    assert images.image_shape == SHAPE
    some = images[np.array([3, 0, 3])]
    assert some.shape == (3, *SHAPE)
    assert some.dtype == np.uint8
    assert some[:, 0, 0, 0].tolist() == [120, 0, 120]
    assert images[1:3].shape == (2, *SHAPE)


def test_a_folder_that_is_named_like_an_image_is_left_out(tmp_path):
    folder = write_images(tmp_path / "in", 1)
    (folder / "folder.png").mkdir()
    assert [path.name for path in image_folder.find(folder)] == ["image0.png"]


@pytest.mark.parametrize(
    ("mode", "color", "level"),
    [
        ("L", 90, 90),
        ("RGB", (255, 0, 0), 76),  # ITU-R 601: 0.299 of red
        ("RGBA", (0, 0, 0, 0), 255),  # transparent is white
        ("P", 0, None),
        ("1", 1, 255),
        ("I;16", 257 * 100, 100),
        ("CMYK", (0, 0, 0, 255), None),
    ],
)
def test_modes(tmp_path, mode, color, level):
    folder = tmp_path / "in"
    folder.mkdir()
    suffix = "jpg" if mode == "CMYK" else "png"
    Image.new(mode, (17, 33), color).save(folder / f"image.{suffix}")
    image = store(folder, tmp_path)[[0]][0]
    assert image.shape == SHAPE
    assert image.min() == image.max()
    if level is not None:
        assert abs(int(image[0, 0, 0]) - level) <= 1


def test_colours_where_the_network_takes_them(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    Image.new("RGB", (40, 40), (200, 100, 50)).save(folder / "a.png")
    assert store(folder, tmp_path, (4, 4, 3))[[0]][0, 1, 2].tolist() == [200, 100, 50]


def test_resizing_takes_the_mean_of_what_a_pixel_covers(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    stripes = np.zeros((64, 64), np.uint8)
    stripes[:, ::2] = 200
    Image.fromarray(stripes).save(folder / "a.png")
    image = store(folder, tmp_path, (8, 8, 1))[[0]].astype(int)
    assert np.abs(image - 100).max() < 12


def test_the_cache_is_used_until_a_file_changes(tmp_path, monkeypatch):
    folder = write_images(tmp_path / "in")
    first = store(folder, tmp_path).sha256()
    with monkeypatch.context() as context:
        context.setattr(image_folder.image_file, "read_resized", None)
        assert store(folder, tmp_path).sha256() == first
    Image.new("L", (9, 9), 255).save(folder / "image1.png")
    assert store(folder, tmp_path).sha256() != first
    (folder / "image2.png").unlink()
    assert len(store(folder, tmp_path)) == 4
    assert not list((tmp_path / "cache").glob(".tmp*"))


@pytest.mark.parametrize(
    "damage", [b"", b"short", b"{}", b"[1", b"[" * 100_000], ids=lambda damage: damage[:5]
)
def test_a_damaged_cache_is_made_anew(tmp_path, damage):
    folder = write_images(tmp_path / "in")
    first = store(folder, tmp_path).sha256()
    for name in ("some", "some.json"):
        (tmp_path / "cache" / name).write_bytes(damage)
        assert store(folder, tmp_path).sha256() == first


@pytest.mark.parametrize("content", [b"", b"\xff\xd8\xff\xe0 no jpeg", b"GIF89a", b"\x89PNG\r\n"])
def test_a_damaged_image_is_named_and_nothing_is_left(tmp_path, content):
    folder = write_images(tmp_path / "in")
    (folder / "broken.jpg").write_bytes(content)
    with pytest.raises(DataError, match=r"broken\.jpg"):
        store(folder, tmp_path)
    assert list((tmp_path / "cache").iterdir()) == []


def test_damaged_images_are_counted(tmp_path):
    folder = write_images(tmp_path / "in")
    count = len(list(folder.iterdir()))
    for name in ("b1.jpg", "b2.png", "b3.jpg"):
        (folder / name).write_bytes(b"no image")
    with pytest.raises(DataError, match=rf"b1\.jpg.* Of {count + 3} images, 3 cannot be read\."):
        store(folder, tmp_path)


def test_a_broken_link_is_named_and_not_the_cache(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "gone.png").symlink_to(tmp_path / "nowhere.png")
    paths = image_folder.find(folder)
    with pytest.raises(DataError, match=r"gone\.png cannot be read: No such file"):
        image_folder.store(paths, (4, 4, 1), tmp_path / "cache", folder)


def test_folders_without_images(tmp_path):
    (tmp_path / "notes.txt").write_text("no image")
    (tmp_path / ".hidden.png").write_bytes(b"")
    with pytest.raises(DataError, match="contains no image files"):
        image_folder.find(tmp_path)
    with pytest.raises(DataError, match="cannot be read"):
        image_folder.find(tmp_path / "nowhere")


def test_some_images_and_images_in_memory(tmp_path):
    images = store(write_images(tmp_path / "in"), tmp_path)
    some = image_sources.SomeImages(images, [4, 1], "some")
    assert some.names == ["image4.png", "image1.png"]
    np.testing.assert_array_equal(some[np.array([1, 0])], images[np.array([1, 4])])
    array = images[:]
    in_memory = image_sources.ImagesInMemory(array, "all")
    assert in_memory.sha256() == images.sha256()
    assert some.sha256() != images.sha256()


def test_standardizing_brings_the_training_set_into_0_to_1(tmp_path):
    array = np.array([[10, 20], [30, 60]], np.uint8).reshape(1, 2, 2, 1)
    statistics = standardize.statistics_of(image_sources.ImagesInMemory(array, "four pixels"))
    assert statistics["mean"] == pytest.approx(30 / 255)
    assert statistics["std"] == pytest.approx(np.std([10, 20, 30, 60]) / 255)
    beyond = np.concatenate([array, array - 10, array + 100])
    scaled = standardize.apply(beyond / np.float32(255), statistics).numpy()
    np.testing.assert_allclose(scaled[0].reshape(-1), [0, 0.2, 0.4, 1], atol=1e-6)
    assert (scaled.min(), scaled.max()) == (0, 1)
    assert scaled[1, 0, 0, 0] == 0
    with pytest.raises(DataError, match="alike"):
        standardize.statistics_of(image_sources.ImagesInMemory(array * 0, "black"))


MEMORY = """
import resource, sys
import numpy as np
import tensorflow as tf
from pathlib import Path
from lowlevel.data import image_folder, standardize
from lowlevel.data.image_sources import SourceExamples
folder, cache = map(Path, sys.argv[1:])
images = image_folder.store(image_folder.find(folder), (127, 127, 1), cache, folder, quiet=True)
statistics = standardize.statistics_of(images)
images.sha256()
for batch, _ in SourceExamples(images, statistics).batches(64):
    pass
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.mark.slow
def test_peak_memory_does_not_grow_with_the_folder(tmp_path):
    """1,000 images and 10,000: the larger is 161 MB decoded, held in memory it would show."""
    source = np.random.default_rng(0).integers(0, 256, (40, 40), np.uint8)
    peaks = []
    for count in (1_000, 10_000):
        folder = tmp_path / str(count)
        folder.mkdir()
        Image.fromarray(source).save(folder / "image.png")
        for number in range(count - 1):
            os.link(folder / "image.png", folder / f"image{number}.png")
        words = [sys.executable, "-c", MEMORY, str(folder), str(tmp_path / f"cache{count}")]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
        peaks.append(int(done.stdout))
    assert peaks[1] < peaks[0] + 60
