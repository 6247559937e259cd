"""Chooses a dataset of handwritten digits by name."""

import dataclasses
import sys
from pathlib import Path

from lowlevel.checks import ConfigError, LowlevelError, check_choice, printable
from lowlevel.data import digits, download, mnist, mnist_sample
from lowlevel.data.labelled_images import ImageDataset
from lowlevel.files import FilePath

CHOICES = ("auto", "mnist", "sample", "digits")
PACKAGED = {"sample": mnist_sample.load, "digits": digits.load}


def load(
    name: str = "auto",
    data_dir: FilePath | None = None,
    from_disk: bool | None = False,
    quiet: bool = False,
) -> ImageDataset:
    """Images of digits to train and to test on.

    Args:
        name: "mnist" (from the cache or the internet, never anything else); "sample" of MNIST or
            "digits", both packaged; or "auto": the cache, else a download, else the sample, with
            the reason on stderr.
        data_dir: a directory of four IDX files, to be read instead; unless they hold MNIST, the
            dataset has the name of the directory.
        from_disk: whether images stay in their files; None for those that are too large for memory.
        quiet: show no progress.

    Returns:
        An `ImageDataset`.

    Raises:
        ConfigError: the name is unknown, or that of packaged data, together with a directory or
            with `from_disk`.
        DataError, MissingExtraError: as `mnist.load` and `mnist.read_directory` raise them.
    """
    check_choice("dataset", name, CHOICES)
    if data_dir is not None:
        if name in PACKAGED:
            raise ConfigError(f"the dataset {name} is packaged: it takes no data directory.")
        return _read(data_dir, from_disk, quiet)
    if name in PACKAGED:
        if from_disk:
            raise ConfigError(f"the dataset {name} is packaged: it is not read from disk.")
        return PACKAGED[name]()
    try:
        return mnist.load(from_disk, quiet)
    except LowlevelError as error:
        if name == "mnist" or from_disk:
            raise
        print(f"{error} Using the packaged sample of it instead.", file=sys.stderr, flush=True)
        return mnist_sample.load()


def kind_of(dataset: ImageDataset) -> str:
    """What a run on the dataset is like: "sample" and "digits" are small, all others as "mnist"."""
    return dataset.name if dataset.name in PACKAGED else "mnist"


def load_offline(data_dir: FilePath | None = None) -> ImageDataset:
    """As `load("auto", data_dir)`, but never downloads: the sample if MNIST is not cached.

    Raises:
        DataError: the directory or the cache is damaged.
    """
    if data_dir is not None:
        return _read(data_dir)
    try:
        cached = download.is_cached(mnist.FILES)
    except LowlevelError:
        cached = False
    return mnist.load() if cached else mnist_sample.load()


def _read(data_dir, from_disk=False, quiet=False):
    """The dataset in a directory; only MNIST itself is called that, or "sample" and the like."""
    dataset = mnist.read_directory(data_dir, from_disk=from_disk, quiet=quiet)
    if len(dataset.train) == 60_000 and dataset.sha256() == mnist.SHA256:
        return dataset
    name = printable(Path(data_dir).resolve().name) or "root"
    return dataclasses.replace(dataset, name=f"{name}-folder" if name in CHOICES else name)
