"""What all tests share: quiet TensorFlow, and real data where it is at hand."""

import itertools
import os
import signal
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Tests run side by side: threads of scikit-learn and NumPy would wait for each other, and spin.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("LOWLEVEL_TEST_DATA", ROOT.parent / "shared" / "data"))


def pytest_configure():
    """Lets Ctrl-C act: a shell that starts the tests in the background has it ignored."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def mnist_directory():
    """A directory with the four files of real MNIST."""
    directory = DATA / "mnist"
    if not directory.is_dir():
        pytest.skip(f"needs real MNIST in {directory} (LOWLEVEL_TEST_DATA names its parent)")
    return directory


@pytest.fixture(scope="session")
def mnist(mnist_directory):
    """Real MNIST, read once."""
    from lowlevel.data import mnist

    return mnist.read_directory(mnist_directory)


@pytest.fixture(scope="session")
def cifar10():
    """The first 640 training images of CIFAR-10, from a store of JPEG files."""
    import numpy as np
    import tensorflow as tf

    from lowlevel.data.labelled_images import LabelledImages

    path = DATA / "cifar10" / "train.npz"
    if not path.is_file():
        pytest.skip(f"needs CIFAR-10 in {path} (LOWLEVEL_TEST_DATA names its parent's parent)")
    with np.load(path) as store:
        jpeg, offsets = store["jpeg"].tobytes(), store["offsets"]
        labels = store["labels"][:640].astype(np.int32)
    files = [jpeg[start:end] for start, end in itertools.pairwise(offsets[:641])]
    images = np.stack([tf.io.decode_jpeg(file, channels=3).numpy() for file in files])
    return LabelledImages(images, labels, str(path))


@pytest.fixture(scope="session")
def bottles_directory():
    """A directory with the folders TRAIN, TEST and NEG_TEST of photographs."""
    directory = DATA / "trash"
    if not directory.is_dir():
        pytest.skip(f"needs photographs in {directory} (LOWLEVEL_TEST_DATA names its parent)")
    return directory


@pytest.fixture(scope="session")
def sentence_polarity_directory():
    """A directory with the two files of the sentence polarity data."""
    directory = DATA / "rt-polarity"
    if not directory.is_dir():
        pytest.skip(f"needs sentences in {directory} (LOWLEVEL_TEST_DATA names its parent)")
    return directory


@pytest.fixture(scope="session")
def auto_mpg_file():
    """The Auto MPG table."""
    path = DATA / "auto-mpg" / "mpg.csv"
    if not path.is_file():
        pytest.skip(f"needs the table {path} (LOWLEVEL_TEST_DATA names its parent's parent)")
    return path


@pytest.fixture(scope="session")
def digits():
    """The packaged digits, read once."""
    from lowlevel.data import digits

    return digits.load()
