"""Small files in CIFAR-10's binary form, and archives of them, whole and damaged."""

import io
import tarfile

import numpy as np

from lowlevel.data import cifar10

RECORDS = 20


def contents(records=RECORDS, seed=0):
    """Bytes of all six files by name: random images in all ten classes."""
    random = np.random.default_rng(seed)
    files = {}
    for name in cifar10.TRAIN_FILES + cifar10.TEST_FILES:
        data = random.integers(0, 256, (records, cifar10.RECORD_BYTES), np.uint8)
        data[:, 0] = np.arange(records) % 10
        files[name] = data.tobytes()
    return files


def write_directory(path, files):
    """Writes them to `path/cifar-10-batches-bin`; returns `path`."""
    directory = path / cifar10.DIRECTORY
    directory.mkdir(parents=True)
    for name, content in files.items():
        (directory / name).write_bytes(content)
    return path


def write_archive(path, files, extra=()):
    """Writes them to an archive, `extra` members (`TarInfo`, bytes) behind them."""
    with tarfile.open(path, "w:gz") as archive:
        folder = tarfile.TarInfo(cifar10.DIRECTORY)
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for name, content in files.items():
            member = tarfile.TarInfo(f"{cifar10.DIRECTORY}/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        for member, content in extra:
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path
