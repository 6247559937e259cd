"""The settings of a run as its config.json keeps them."""

import dataclasses
from typing import Any

import numpy as np

from lowlevel.data.augment import Augmentation
from lowlevel.training import tasks
from lowlevel.training.recipe import Recipe


def defaults(net_config: Any) -> dict:
    """The defaults of settings that an older run's config lacks."""
    own = settings(Recipe(), tasks.regression(), Augmentation(), "float32")
    return {"net_config": dataclasses.asdict(type(net_config)()), "training": own}


def settings(recipe: Any, task: tasks.Task, augmentation: Augmentation, precision: str) -> dict:
    """The part `training` of a config; settings that do not apply have their defaults."""
    return {
        **dataclasses.asdict(recipe),
        **tasks.DEFAULT_SETTINGS,
        **task.settings,
        **dataclasses.asdict(augmentation),
        "precision": precision,
    }


def plain(value: Any) -> Any:
    """A nest with Python's numbers for numpy's, which JSON does not know."""
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(plain, value))
    return value.item() if isinstance(value, np.generic) else value
