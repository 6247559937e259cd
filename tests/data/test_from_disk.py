"""Data that stays on disk: mapped arrays, unpacked and decoded files, folders of image files."""

import gzip
import os

import numpy as np
import pytest
from PIL import Image

from lowlevel.checks import ConfigError, DataError
from lowlevel.data import (
    cifar10,
    digit_datasets,
    idx,
    image_file,
    image_files,
    kept,
    mapped,
    mnist,
    room,
)
from lowlevel.data.mapped import MappedRows, mapping_of
from tests import cifar_files, idx_files

IMAGES = np.random.default_rng(0).integers(0, 256, (20, 4, 3), np.uint8)
VIEWS = {
    "as it is": lambda array: array,
    "part": lambda array: array[3:17:2, 1:],
    "backwards": lambda array: array[::-1, ::-1],
    "turned": lambda array: array.transpose(0, 2, 1),
    "repeated": lambda array: np.broadcast_to(array[..., None], (20, 4, 3, 3)),
    "plain": np.asarray,
}


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("LOWLEVEL_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / kept.FOLDER


@pytest.fixture
def on_disk(tmp_path):
    IMAGES.tofile(tmp_path / "images")
    return np.memmap(tmp_path / "images", np.uint8, "r", shape=IMAGES.shape)


@pytest.mark.parametrize("is_large", [False, True])
@pytest.mark.parametrize("name", VIEWS)
def test_rows_of_any_view_of_a_mapped_array(on_disk, name, is_large, monkeypatch):
    monkeypatch.setattr(mapped, "MOST_MAPPED", 3 * mapped.BYTES_AROUND)
    if is_large:
        monkeypatch.setattr(room, "memory", lambda: 100)
    view, array = VIEWS[name](on_disk), VIEWS[name](IMAGES)
    indices = np.random.default_rng(1).integers(0, len(array), (2, 5))
    rows = MappedRows(view)
    np.testing.assert_array_equal(rows[indices], array[indices])
    np.testing.assert_array_equal(rows.part(slice(2, 9))[np.arange(3)], array[2:9][:3])


def test_what_is_in_memory_is_not_taken_for_mapped(on_disk):
    for array in (IMAGES, IMAGES[2:], on_disk[[1, 2]], on_disk + 0, on_disk.tolist(), None):
        assert mapping_of(array) is None
    with pytest.raises(ConfigError, match="not in a file"):
        MappedRows(IMAGES)


def test_what_the_owner_of_a_copy_has_written_is_read_and_stays(tmp_path, on_disk, monkeypatch):
    monkeypatch.setattr(mapped, "MOST_MAPPED", 1)
    monkeypatch.setattr(room, "memory", lambda: 100)
    copy = np.memmap(tmp_path / "images", np.uint8, "c", shape=IMAGES.shape)
    copy[7] = 5
    rows = MappedRows(copy)
    for _ in range(2):
        assert (rows[np.array([7])] == 5).all()
    assert (MappedRows(on_disk)[np.array([7])] == IMAGES[7]).all()


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzipped"])
def test_idx_files_stay_on_disk_and_are_unpacked_once(tmp_path, cache, pack, monkeypatch):
    path = tmp_path / "images"
    path.write_bytes(pack(idx_files.encode(IMAGES)))
    found = idx.map_file(path, 3)
    assert mapping_of(found) is not None and idx.size(path, 3) == IMAGES.size
    np.testing.assert_array_equal(found, IMAGES)
    unpacked = list(cache.glob("*"))
    assert len(unpacked) == (pack is not bytes)
    with monkeypatch.context() as context:
        context.setattr(idx, "_chunks", None)
        np.testing.assert_array_equal(idx.map_file(path, 3), IMAGES)
    for file in unpacked:
        file.write_bytes(b"short")
    np.testing.assert_array_equal(idx.map_file(path, 3), IMAGES)
    path.write_bytes(pack(idx_files.encode(IMAGES[:9])))
    np.testing.assert_array_equal(idx.map_file(path, 3), IMAGES[:9])
    assert len(list(cache.glob("*"))) == len(unpacked)


GOOD = idx_files.encode(IMAGES)


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzipped"])
@pytest.mark.parametrize(
    "content",
    [b"", b"\x89PNG\r\n\x1a\n", GOOD[:10], GOOD[:-1], GOOD + b"\0", GOOD[:4] + b"\xff" * 12, GOOD],
    ids=["empty", "other", "header", "short", "long", "claims", "cut"],
)
def test_damaged_idx_files_get_the_sentence_that_they_get_in_memory(tmp_path, cache, content, pack):
    path = tmp_path / "images"
    path.write_bytes(pack(content)[: -9 if content == GOOD else None])
    messages = []
    for read in (idx.read, idx.map_file):
        with pytest.raises(DataError) as error:
            read(path, 3)
        messages.append(str(error.value))
    assert messages[0] == messages[1] and str(path) in messages[0]
    assert not list(cache.glob("*"))


def test_mnist_from_disk_is_the_same_and_large_data_stays_there(tmp_path, monkeypatch):
    folder = idx_files.write_random(tmp_path / "digits", gzipped=True)
    in_memory, forced = (mnist.read_directory(folder, from_disk=flag) for flag in (False, True))
    assert forced.train.are_on_disk and forced.sha256() == in_memory.sha256()
    assert "read from disk" in forced.describe() and "disk" not in in_memory.describe()
    assert not mnist.read_directory(folder, from_disk=None).train.are_on_disk
    monkeypatch.setattr(room, "memory", lambda: 4000)  # less than four times the 1,200 bytes
    chosen = digit_datasets.load("auto", folder, from_disk=None)
    assert chosen.train.are_on_disk and not chosen.test.are_on_disk
    with pytest.raises(ConfigError, match="sample is packaged"):
        digit_datasets.load("sample", from_disk=True)


def test_the_limit_of_a_container_counts(tmp_path, monkeypatch):
    whole = room.memory()
    for text, expected in (("max", whole), ("5000", 5000), ("", whole)):
        (tmp_path / "limit").write_text(text)
        monkeypatch.setattr(room, "LIMITS", (tmp_path / "limit", tmp_path / "nowhere"))
        assert room.memory() == expected
    assert not room.is_too_large(whole // 4) and room.is_too_large(whole // 4 + 1)


@pytest.mark.parametrize("packed", [False, True], ids=["directory", "archive"])
def test_cifar_from_disk_is_the_same(tmp_path, cache, packed, monkeypatch):
    monkeypatch.setattr(cifar10, "RECORDS_IN_A_FILE", cifar_files.RECORDS)
    monkeypatch.setattr(cifar10, "RECORDS_AT_A_TIME", 7)
    write = cifar_files.write_archive if packed else cifar_files.write_directory
    path = write(tmp_path / "data", cifar_files.contents())
    in_memory, forced = (cifar10.read(path, flag) for flag in (False, True))
    assert forced.train.are_on_disk and not in_memory.train.are_on_disk
    assert forced.sha256() == in_memory.sha256() and len(forced.train) == 100
    assert len(list(cache.glob("*"))) == 2
    if not packed:
        file = path / cifar10.DIRECTORY / "data_batch_2.bin"
        file.write_bytes(file.read_bytes() * 2)
        assert len(cifar10.read(path, True).train) == len(cifar10.read(path).train) == 120
        file.write_bytes(b"\x0b" + file.read_bytes()[1:])
        with pytest.raises(DataError, match="holds a class 11"):
            cifar10.read(path, True)
        assert not list(cache.glob(".tmp*"))


def test_a_cache_that_cannot_be_written_is_one_sentence(tmp_path, cache):
    (tmp_path / "cache").write_text("a file")
    path = tmp_path / "images"
    path.write_bytes(gzip.compress(GOOD))
    with pytest.raises(DataError, match=r"^the cache .* cannot be written: "):
        idx.map_file(path, 3)


@pytest.fixture
def folder(tmp_path):
    """Two classes of images of different sizes and formats."""
    random = np.random.default_rng(0)
    for name, count, suffix in (("cat", 6, "png"), ("dog", 9, "jpg")):
        (tmp_path / "in" / name).mkdir(parents=True)
        for number in range(count):
            image = random.integers(0, 256, (10 + number, 12, 3), np.uint8)
            Image.fromarray(image).save(tmp_path / "in" / name / f"{number}.{suffix}")
    return tmp_path / "in"


def test_a_folder_of_classes_gives_the_pixels_of_files_that_are_decoded_at_once(folder):
    data = image_files.read_classes(folder, (8, 6, 3))
    assert data.class_names == ("cat", "dog") and data.name == "in"
    assert (len(data.train), len(data.test)) == (12, 3) and data.train.are_on_disk
    seen = []
    for part in (data.train, data.test):
        order = list(range(len(part)))[::-1]
        for images, labels in part.examples.batches(5, order):
            for image, label in zip(images.numpy(), labels.numpy(), strict=True):
                name = part.images.names[order[len(seen) % len(part)]]
                expected = image_file.read_resized(folder / name, (8, 6, 3))
                np.testing.assert_array_equal(image, expected / np.float32(255))
                assert name.startswith(data.class_names[label])
                seen.append(name)
    assert len(set(seen)) == 15


def test_the_digest_of_a_folder_is_that_of_its_list(folder):
    def digest():
        return image_files.read_classes(folder, (8, 6, 3)).sha256()

    first = digest()
    os.utime(folder / "cat" / "1.png", (0, 0))
    assert digest() == first
    (folder / "cat" / "1.png").rename(folder / "cat" / "one.png")
    assert digest() != first


def test_folders_that_cannot_be_used(folder, tmp_path):
    def read(path=folder, shape=(8, 6, 3), **options):
        return image_files.read_classes(path, shape, **options)

    with pytest.raises(DataError, match=r"nowhere cannot be read"):
        read(tmp_path / "nowhere")
    with pytest.raises(DataError, match="a folder of images for each of two classes"):
        read(folder / "cat")
    with pytest.raises(DataError, match="too few to test on"):
        read(test_share=0.01)
    for wrong in (0, 1, "half"):
        with pytest.raises(ConfigError, match="test_share"):
            read(test_share=wrong)
    with pytest.raises(ConfigError, match="image_shape"):
        read(shape=(8, 6))
    (folder / "none").mkdir()
    with pytest.raises(DataError, match="none contains no image files"):
        read()
    (folder / "none" / "a.png").symlink_to("nowhere")
    with pytest.raises(DataError, match=r"none/a\.png cannot be read"):
        read()
