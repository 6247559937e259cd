"""A trained network together with the state of its training, as far as other programs take it."""

from pathlib import Path

from lowlevel.checks import ConfigError
from lowlevel.exchange import keras_file
from lowlevel.files import FilePath
from lowlevel.prediction import trained
from lowlevel.prediction.serving import TrainedNetwork
from lowlevel.storage import checkpoint
from lowlevel.training.recipe import Recipe
from lowlevel.training.state import TrainingState


def load(path: FilePath) -> tuple[TrainedNetwork, TrainingState | None, str]:
    """A trained network, its training's state, and, if there is none, why.

    Args:
        path: what `lowlevel.prediction.trained.load` loads. Only a run has a state.

    Returns:
        A triple. The state is that of the checkpoint whose variables the network has: the number
        of steps, and the slots of Adam.

    Raises:
        CheckpointError: as `trained.load` does.
    """
    network = trained.load(path)
    if Path(path).is_file() or (Path(path) / trained.SAVED_MODEL).is_file():
        return network, None, "there is none in the file"
    config, checkpoint_path = trained.find_checkpoint(path)
    record = checkpoint.read_record(checkpoint_path)
    if record.get("exported"):
        return network, None, "the run was exported without it"
    optimizer = Recipe.from_config(config).make_optimizer()
    state = TrainingState(network.network.variables, optimizer)
    try:
        keras_file.check_optimizer(state)
    except ConfigError as error:
        return network, None, str(error).rstrip(".")
    checkpoint.restore(checkpoint_path, state.tensors())
    return network, state, ""
