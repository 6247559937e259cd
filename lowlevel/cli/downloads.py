"""What to do without a dataset that cannot be downloaded, in the options of the scripts."""

import argparse
import contextlib
from collections.abc import Iterator

from lowlevel.data import digit_datasets
from lowlevel.data.download import DownloadError
from lowlevel.data.labelled_images import ImageDataset

INSTEAD = {
    "mnist": "--dataset sample comes with the package, and --data-dir reads the files from a "
    "directory",
    "cifar10": "--dataset shapes is drawn by the package, and --data-dir reads the files from a "
    "directory",
    "sentence-polarity": "--positive and --negative read sentences of your own, and --data-dir the "
    "files from a directory",
    "auto-mpg": "--data reads the table, or one like it, from a file",
}


@contextlib.contextmanager
def offer_others(dataset: str) -> Iterator[None]:
    """Adds to the error of a failed download what there is instead.

    Args:
        dataset: a name in `INSTEAD`.

    Raises:
        DownloadError: something inside raised one.
    """
    try:
        yield
    except DownloadError as error:
        raise DownloadError(f"{error} Without a download: {INSTEAD[dataset]}.") from error


def load_digits(args: argparse.Namespace) -> ImageDataset:
    """The dataset of --dataset and --data-dir, see `lowlevel.data.digit_datasets.load`.

    Where a script has no --from-disk, images are read into memory.
    """
    with offer_others("mnist"):
        from_disk = getattr(args, "from_disk", False)
        return digit_datasets.load(args.dataset, args.data_dir, from_disk, args.quiet)
