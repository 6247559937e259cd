"""What `Model.compile` was given, as the recipe of a run."""

import dataclasses
from collections.abc import Callable

from lowlevel.checks import ConfigError
from lowlevel.optimizer import Optimizer
from lowlevel.storage.history import NOT_METRICS

RESERVED = ("loss", "learning_rate", *NOT_METRICS)  # names that a metric cannot have


@dataclasses.dataclass(frozen=True)
class Compiled:
    """A recipe of objects instead of names, see `lowlevel.training.recipe`."""

    seed: int
    optimizer: Optimizer
    change_gradients: Callable
    batch_size: int = 32

    jit_compile = False

    @property
    def eval_batch_size(self):
        """Examples in a batch of the evaluation: as many as in training."""
        return self.batch_size

    def make_optimizer(self):
        """The optimizer that `compile` was given."""
        return self.optimizer


def check_arguments(optimizer, loss, metrics):
    """Raises ConfigError if an argument of `compile` has the wrong type, for example a name."""
    if not isinstance(optimizer, Optimizer):
        raise ConfigError(
            f"optimizer must be one of lowlevel.optimizers, such as Adam(1e-3), not {optimizer!r}."
        )
    if not callable(loss):
        raise ConfigError(
            f"loss must be a function, such as those of lowlevel.losses, not {loss!r}."
        )
    if not isinstance(metrics, dict) or not all(map(callable, metrics.values())):
        raise ConfigError(f"metrics must be a dict of functions by name, not {metrics!r}.")
    for name in metrics:
        if name in RESERVED or name.startswith("val_"):
            raise ConfigError(f"a metric cannot be called {name}: the name is reserved.")
