"""Images for an autoencoder from the user's folders, decoded once into the run's directory."""

import argparse

from lowlevel import cluster, files
from lowlevel.checks import ConfigError, DataError
from lowlevel.data import bottles, image_folder
from lowlevel.data.image_sources import ImageSource
from lowlevel.prediction import anomaly
from lowlevel.storage import configs
from lowlevel.storage.run_directory import IMAGES, RunDirectory

FOLDERS = ("train", "normal", "anomaly")


def load(
    args: argparse.Namespace, image_shape: tuple[int, int, int], directory: RunDirectory
) -> dict[str, ImageSource]:
    """The `ImageSource`s `train`, `normal`, and `anomaly` if there are any.

    Args:
        args: the arguments that `image_arguments.add_folders` adds.
        image_shape: (height, width, channels) to resize them to.
        directory: the `RunDirectory`, in which decoded images are kept.

    Raises:
        ConfigError, CheckpointError: the directory cannot be used for the run.
        DataError: there are too few images, or one cannot be read.
    """
    _check_directory(directory, args.fresh)
    if args.dataset is not None:
        return dict(zip(FOLDERS, bottles.load(side=image_shape[0]), strict=True))
    folders = {name: folder for name in FOLDERS if (folder := getattr(args, name)) is not None}
    found = {name: image_folder.find(folder) for name, folder in folders.items()}
    if len(found["train"]) < anomaly.MIN_IMAGES:
        raise DataError(
            f"{args.train} holds {len(found['train'])} images; the detector of anomalies needs "
            f"{anomaly.MIN_IMAGES} to train on."
        )

    def store():
        return {
            name: image_folder.store(
                found[name], image_shape, directory.path / IMAGES / name, folder, args.quiet
            )
            for name, folder in folders.items()
        }

    return cluster.current().after_chief(store)  # the others find what it has stored


def _check_directory(directory, fresh):
    """Refuses the directory of another kind of run before writing anything to it."""
    directory.check_ours()
    images = directory.path / IMAGES
    foreign = [path for path in images.glob("*") if not _is_cache(path)]
    if foreign:
        raise ConfigError(
            f"{images} holds files that do not belong to a run, such as {min(foreign).name}; "
            f"choose another --run-dir."
        )
    if not directory.exists() or fresh:
        return
    if configs.modernize(directory.read_config()).get("net") != "bottle_autoencoder":
        raise ConfigError(
            f"{directory.path} holds the run of another network; choose another --run-dir, or "
            f"delete that run and start over with --fresh."
        )


def _is_cache(path):
    """Whether a file may be one of `load`'s caches of decoded images."""
    return path.name.startswith(files.TEMPORARY) or path.stem in FOLDERS
