"""What config.json says of a run: a dict for JSON, and the defaults that older runs may lack."""

import dataclasses
from typing import Any

import numpy as np

from lowlevel.data.augment import Augmentation
from lowlevel.data.training_data import TrainingData
from lowlevel.nets.network import Network
from lowlevel.training import tasks
from lowlevel.training.recipe import Recipe


def make(network: Network, task: tasks.Task, data: TrainingData, recipe: Any) -> dict:
    """The config of a run with these parts, whose recipe is a `Recipe`."""
    augmentation = data.augmentation or Augmentation()
    config = {
        "net": network.name,
        "net_config": dataclasses.asdict(network.config),
        **data.facts,
        "data": data.description,
        "training": _settings(recipe, task, augmentation, network.precision),
    }
    return _plain(config)


def defaults(network: Network) -> dict:
    """The defaults of settings that an older run's config lacks."""
    settings = _settings(Recipe(), tasks.regression(), Augmentation(), "float32")
    net_config = dataclasses.asdict(type(network.config)())
    return {"net_config": net_config, "training": settings}


def _settings(recipe, task, augmentation, precision):
    """The part `training` of a config; settings that do not apply have their defaults."""
    return {
        **dataclasses.asdict(recipe),
        **tasks.DEFAULT_SETTINGS,
        **task.settings,
        **dataclasses.asdict(augmentation),
        "precision": precision,
    }


def _plain(value):
    """A nest with Python's numbers for numpy's, which JSON does not know."""
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(_plain, value))
    return value.item() if isinstance(value, np.generic) else value
