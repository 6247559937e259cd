"""A network to look at, given by a name of the registry or by the directory of a run."""

import dataclasses
from pathlib import Path
from typing import Any

from lowlevel import nets
from lowlevel.checks import ConfigError
from lowlevel.prediction import trained
from lowlevel.training.recipe import Recipe


@dataclasses.dataclass(frozen=True)
class Chosen:
    """A network of the registry, and how it is trained.

    Attributes:
        name: its name in the registry.
        config: its config.
        precision: what it computes in.
        recipe: a `Recipe`.
    """

    name: str
    config: Any
    precision: str = "float32"
    recipe: Recipe = dataclasses.field(default_factory=Recipe)


def choose(text: str) -> Chosen:
    """The network of a run, with its settings, or the one of a name, with the default ones.

    Args:
        text: a name of the registry, or what `lowlevel.prediction.trained.load` loads.

    Raises:
        ConfigError: it is neither a name nor a path that exists.
        CheckpointError: there is no trained network at that path.
    """
    if text not in nets.NETS and Path(text).exists():
        of_run = trained.load(text)
        network: Any = of_run.network  # of the registry, as all that are loaded
        recipe = Recipe.from_config(of_run.config)
        return Chosen(network.name, network.config, network.precision, recipe)
    try:
        return Chosen(text, nets.get(text).Config())
    except ConfigError as error:
        raise ConfigError(f"there is no run {text}, and {error}") from error
