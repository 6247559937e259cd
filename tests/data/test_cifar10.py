"""CIFAR-10's binary form: read from directories and archives, refused when damaged or hostile."""

import dataclasses
import gzip
import tarfile

import numpy as np
import pytest

from lowlevel.checks import DataError
from lowlevel.data import cifar10
from tests import cifar_files


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(cifar10, "RECORDS_IN_A_FILE", cifar_files.RECORDS)


@pytest.fixture
def files():
    return cifar_files.contents()


def test_wherever_it_lies_it_is_the_same(tmp_path, files):
    root = cifar_files.write_directory(tmp_path / "a", files)
    archive_root = tmp_path / "b"
    archive_root.mkdir()
    archive = cifar_files.write_archive(archive_root / cifar10.ARCHIVE, files)
    datasets = [
        cifar10.read(path)
        for path in (root, root / cifar10.DIRECTORY, archive, archive_root, str(root))
    ]
    assert len({dataset.sha256() for dataset in datasets}) == 1
    dataset = datasets[0]
    assert (len(dataset.train), len(dataset.test)) == (100, 20)
    assert dataset.image_shape == (32, 32, 3)
    assert dataset.class_names == cifar10.CLASS_NAMES
    assert dataset.train.labels[:12].tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]


def test_planes_of_colours_become_pixels(tmp_path, files):
    record = bytearray(files["test_batch.bin"])
    record[1 : 1 + 3072] = bytes([10] * 1024 + [20] * 1024 + [30] * 1024)
    record[1 + 1024 + 5 * 32 + 7] = 99  # green, row 5, column 7
    files["test_batch.bin"] = bytes(record)
    image = cifar10.read(cifar_files.write_directory(tmp_path, files)).test.images[0]
    assert image[0, 0].tolist() == [10, 20, 30]
    assert image[5, 7].tolist() == [10, 99, 30]


def test_the_records_are_those_of_the_files_in_order(tmp_path, files):
    dataset = cifar10.read(cifar_files.write_directory(tmp_path, files))
    third = np.frombuffer(files["data_batch_3.bin"], np.uint8).reshape(-1, 3073)[4]
    image = dataset.train.images[2 * 20 + 4]
    np.testing.assert_array_equal(image.transpose(2, 0, 1).reshape(-1), third[1:])


def test_a_missing_file(tmp_path, files):
    del files["data_batch_4.bin"]
    with pytest.raises(DataError, match=r"data_batch_4\.bin cannot be read"):
        cifar10.read(cifar_files.write_directory(tmp_path / "a", files))
    with pytest.raises(DataError, match=r"contains no cifar-10-batches-bin/data_batch_4\.bin"):
        cifar10.read(cifar_files.write_archive(tmp_path / "a.tar.gz", files))


def test_nothing_there(tmp_path):
    for path in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(DataError, match="contains neither cifar-10-batches-bin nor"):
            cifar10.read(path)


@pytest.mark.parametrize("size", [0, 1, 3073, 20 * 3073 - 1, 20 * 3073 + 1])
def test_wrong_sizes(tmp_path, files, size):
    files["data_batch_2.bin"] = (files["data_batch_2.bin"] * 2)[:size]
    with pytest.raises(DataError, match=rf"data_batch_2\.bin.* has {size} bytes instead of 61460"):
        cifar10.read(cifar_files.write_directory(tmp_path / "a", files))
    with pytest.raises(DataError, match=rf"data_batch_2\.bin.* has {size} bytes instead of 61460"):
        cifar10.read(cifar_files.write_archive(tmp_path / "a.tar.gz", files))


def test_a_class_there_is_not(tmp_path, files):
    files["test_batch.bin"] = b"\x0a" + files["test_batch.bin"][1:]
    with pytest.raises(DataError, match="holds a class 10; there are 10"):
        cifar10.read(cifar_files.write_directory(tmp_path, files))


@pytest.mark.parametrize(
    "name",
    [
        "../data_batch_1.bin",
        "/etc/data_batch_1.bin",
        f"{cifar10.DIRECTORY}/../evil",
        f"{cifar10.DIRECTORY}/..",
        f"{cifar10.DIRECTORY}/deep/data_batch_1.bin",
        "data_batch_1.bin",
    ],
)
def test_members_outside_the_directory_are_refused(tmp_path, files, name):
    extra = [(tarfile.TarInfo(name), b"evil")]
    archive = cifar_files.write_archive(tmp_path / "a.tar.gz", files, extra)
    with pytest.raises(DataError, match="which lies outside cifar-10-batches-bin"):
        cifar10.read(archive)
    assert [path.name for path in tmp_path.iterdir()] == ["a.tar.gz"]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_are_refused(tmp_path, files, kind):
    link = tarfile.TarInfo(f"{cifar10.DIRECTORY}/test_batch.bin")
    link.type, link.linkname = kind, "/etc/passwd"
    archive = cifar_files.write_archive(tmp_path / "a.tar.gz", files, [(link, b"")])
    with pytest.raises(DataError, match="which is neither a file nor"):
        cifar10.read(archive)


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[: len(content) // 2],
        lambda content: content[:100] + b"\0" * 50 + content[150:],
        lambda content: b"not an archive",
        lambda content: b"",
        lambda content: gzip.compress(b"no tar inside" * 100),
    ],
)
def test_damaged_archives(tmp_path, files, damage):
    archive = cifar_files.write_archive(tmp_path / "a.tar.gz", files)
    archive.write_bytes(damage(archive.read_bytes()))
    with pytest.raises(DataError, match=r"is damaged|contains no cifar"):
        cifar10.read(archive)


def test_the_cached_archive_is_checked_as_a_file(tmp_path, files, monkeypatch):
    archive = cifar_files.write_archive(tmp_path / cifar10.ARCHIVE, files)
    monkeypatch.setenv("LOWLEVEL_CACHE", str(tmp_path / "cache"))
    (tmp_path / "cache" / "cifar10").mkdir(parents=True)
    cached = tmp_path / "cache" / "cifar10" / cifar10.ARCHIVE
    cached.write_bytes(archive.read_bytes())
    with pytest.raises(DataError, match="does not hold the bytes of cifar10"):
        cifar10.load()
    digest = cifar10.FILES.digest(cached)
    known = dataclasses.replace(cifar10.FILES, sha256={cifar10.ARCHIVE: digest})
    monkeypatch.setattr(cifar10, "FILES", known)
    assert cifar10.load().name == "cifar10"
