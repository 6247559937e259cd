"""A run read back from its directory, to be looked at: its step, its state, any checkpoint."""

from pathlib import Path
from typing import Any

from lowlevel.checks import CheckpointError, check_path
from lowlevel.files import FilePath
from lowlevel.prediction import trained
from lowlevel.prediction.serving import TrainedNetwork
from lowlevel.storage import checkpoint
from lowlevel.storage.run_directory import RunDirectory
from lowlevel.training import tasks
from lowlevel.training.recipe import Recipe
from lowlevel.training.run import Run

USUAL_RATE = 0.001  # of Adam: Kingma and Ba (2015)


def open_run(path: FilePath) -> tuple[Run, TrainedNetwork]:
    """The run in a directory, without its data, at the checkpoint that it predicts with.

    A network that was exported has neither its optimizer's slots nor the rest of a schedule. Its
    next step is a first one: by Adam, at Adam's usual rate, on plain labels.

    Args:
        path: a run directory. Nothing in it is changed.

    Returns:
        A `Run` whose step is the one that trains, and the `TrainedNetwork` of the same variables,
        which knows preprocessing and names of classes.

    Raises:
        CheckpointError: there is no run, or it is damaged.
    """
    path = check_path("a run directory", path)
    if not path.is_dir():
        raise CheckpointError(f"{path} is not a run directory.")
    config, checkpoint_path = trained.find_checkpoint(path)
    found = TrainedNetwork.from_config(config, checkpoint_path)
    task, recipe = found.task, Recipe.from_config(config)
    settings: Any = config.get("training", {})
    if _is_exported(checkpoint_path):
        recipe = Recipe(recipe.seed, recipe.batch_size, "adam", USUAL_RATE)
    elif settings.get("label_smoothing"):
        task = tasks.classification(settings["label_smoothing"])
    run = Run(found.network, task, None, recipe, RunDirectory(path))
    restore(run, checkpoint_path)
    return run, found


def restore(run: Run, checkpoint_path: Path) -> None:
    """Takes a run to one of its checkpoints; an exported one has the network's variables alone."""
    state = run.state
    exported = _is_exported(checkpoint_path)
    checkpoint.restore(checkpoint_path, state.network_tensors() if exported else state.tensors())


def is_exported(run: Run) -> bool:
    """Whether a run was opened from an exported network."""
    paths = run.directory.checkpoints() if run.directory else []
    return len(paths) == 1 and checkpoint.is_whole(paths[0]) and _is_exported(paths[0])


def _is_exported(checkpoint_path):
    return bool(checkpoint.read_record(checkpoint_path).get("exported"))


def some_checkpoints(run: Run, most: int) -> list[Path]:
    """At most that many of a run's whole checkpoints, evenly spaced, the oldest first."""
    whole = [path for path in run.directory.checkpoints() if checkpoint.is_whole(path)]
    if len(whole) <= most:
        return whole
    return [whole[round(i * (len(whole) - 1) / (most - 1))] for i in range(most)]
