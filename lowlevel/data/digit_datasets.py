"""Chooses a dataset of handwritten digits by name."""

import sys

from lowlevel.checks import ConfigError, LowlevelError, check_choice
from lowlevel.data import digits, download, mnist

CHOICES = ("auto", "mnist", "digits")


def load(name="auto", data_dir=None):
    """Images of digits to train and to test on.

    Args:
        name: "mnist" (from the cache or the internet, never anything else), "digits" (packaged), or
            "auto": the cache, else a download, else the packaged digits, with the reason on
            stderr.
        data_dir: a directory of four IDX files, to be read instead.

    Returns:
        An `ImageDataset`.

    Raises:
        ConfigError: the name is unknown, or "digits" is asked for together with a directory.
        DataError, MissingExtraError: as `mnist.load` and `mnist.read_directory` raise them.
    """
    check_choice("dataset", name, CHOICES)
    if data_dir is not None:
        if name == "digits":
            raise ConfigError("the dataset digits is packaged: it takes no data directory.")
        return mnist.read_directory(data_dir)
    if name == "digits":
        return digits.load()
    try:
        return mnist.load()
    except LowlevelError as error:
        if name == "mnist":
            raise
        print(f"{error} Using the 1,797 packaged digits instead.", file=sys.stderr, flush=True)
        return digits.load()


def load_offline(data_dir=None):
    """As `load("auto", data_dir)`, but never downloads: the packaged digits if MNIST is not cached.

    Raises:
        DataError: the directory or the cache is damaged.
    """
    if data_dir is not None:
        return mnist.read_directory(data_dir)
    try:
        cached = download.is_cached(mnist.FILES)
    except LowlevelError:
        cached = False
    return mnist.load() if cached else digits.load()
