"""The four files of a directory: read together, checked against each other."""

import gzip

import numpy as np
import pytest

from lowlevel.checks import DataError
from lowlevel.data import mnist
from tests.idx_files import encode, write_dataset, write_random


@pytest.mark.parametrize("gzipped", [False, True])
def test_reads_any_image_size(tmp_path, gzipped):
    write_random(tmp_path, height=9, width=5, num_classes=4, gzipped=gzipped)
    dataset = mnist.read_directory(tmp_path)
    assert dataset.image_shape == (9, 5, 1)
    assert dataset.num_classes == 4
    assert (len(dataset.train), len(dataset.test)) == (40, 12)
    assert dataset.train.images.dtype == np.uint8
    assert dataset.train.labels.dtype == np.int32


def test_256_classes(tmp_path):
    write_random(tmp_path, num_classes=256, train=300, test=300)
    assert mnist.read_directory(tmp_path).num_classes == 256


def test_the_digest_knows_the_data_not_the_place(tmp_path):
    one = mnist.read_directory(write_random(tmp_path / "one"))
    same = mnist.read_directory(write_random(tmp_path / "same", gzipped=True))
    other = mnist.read_directory(write_random(tmp_path / "other", train=41))
    assert one.sha256() == same.sha256() != other.sha256()


def zeros(*shape):
    return np.zeros(shape)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ((zeros(3, 4, 4), [0, 1], zeros(1, 4, 4), [0]), "holds 3 images but 2 labels"),
        ((zeros(0, 4, 4), [], zeros(1, 4, 4), [0]), "contains no images"),
        ((zeros(2, 0, 4), [0, 1], zeros(1, 0, 4), [0]), "contains no images"),
        ((zeros(2, 4, 4), [0, 1], zeros(1, 5, 4), [0]), "both must be of one size"),
        ((zeros(2, 4, 4), [0, 0], zeros(1, 4, 4), [0]), "at least two classes"),
    ],
)
def test_files_that_do_not_fit_together(tmp_path, arrays, message):
    write_dataset(tmp_path, *map(np.asarray, arrays))
    with pytest.raises(DataError, match=message):
        mnist.read_directory(tmp_path)


def test_missing_directory_and_file(tmp_path):
    with pytest.raises(DataError, match="nowhere is not a directory"):
        mnist.read_directory(tmp_path / "nowhere")
    write_random(tmp_path)
    (tmp_path / mnist.TEST_LABELS).unlink()
    with pytest.raises(DataError, match=r"neither t10k-labels-idx1-ubyte nor .*\.gz"):
        mnist.read_directory(tmp_path)


def test_labels_in_place_of_images(tmp_path):
    write_random(tmp_path)
    (tmp_path / mnist.TRAIN_IMAGES).write_bytes(encode(np.zeros(40)))
    with pytest.raises(DataError, match="an array of rank 1; one of rank 3"):
        mnist.read_directory(tmp_path)


def test_real_mnist(mnist):
    assert (len(mnist.train), len(mnist.test)) == (60_000, 10_000)
    assert mnist.image_shape == (28, 28, 1)
    assert mnist.num_classes == 10
    assert mnist.train.labels[:5].tolist() == [5, 0, 4, 1, 9]


def test_the_known_digests_are_those_of_real_mnist(mnist_directory):
    from lowlevel.data import download

    for name, expected in mnist.FILES.sha256.items():
        path = mnist_directory / name
        gzip.open(path).close()
        assert download.sha256(path) == expected
