"""What all tests share: quiet TensorFlow, and real data where it is at hand."""

import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import pytest

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("LOWLEVEL_TEST_DATA", ROOT.parent / "shared" / "data"))


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
def digits():
    """The packaged digits, read once."""
    from lowlevel.data import digits

    return digits.load()
