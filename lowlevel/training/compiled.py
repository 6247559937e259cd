"""What `Model.compile` was given, as the recipe of a run."""

import dataclasses
from collections.abc import Callable
from typing import Any

from lowlevel import seeds
from lowlevel.checks import ConfigError, check_bool, check_integer, check_number
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
    synchronize_batch_norm = True

    def __post_init__(self) -> None:
        check_integer("seed", self.seed, 0, seeds.MAX_RUN_SEED)
        if not callable(self.change_gradients):
            raise ConfigError(
                f"change_gradients must be a function of a dict, not {self.change_gradients!r}."
            )

    @property
    def eval_batch_size(self) -> int:
        """Examples in a batch of the evaluation: as many as in training."""
        return self.batch_size

    def make_optimizer(self) -> Optimizer:
        """The optimizer that `compile` was given."""
        return self.optimizer


def check_arguments(optimizer: object, loss: object, metrics: object) -> None:
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
        raise ConfigError(
            f"metrics must be a dict of functions by name, such as "
            f'{{"accuracy": lowlevel.metrics.is_correct}}, not {metrics!r}.'
        )
    for name in metrics:
        if not isinstance(name, str) or not name:
            raise ConfigError(f"a metric needs a name, not {name!r}.")
        if name in RESERVED or name.startswith("val_"):
            raise ConfigError(f"a metric cannot be called {name}: the name is reserved.")


def check_fit(
    epochs: Any,
    initial_epoch: Any,
    verbose: Any,
    shuffle: Any,
    validation_split: Any,
    validation_data: Any,
) -> None:
    """Raises ConfigError if an argument of `fit` cannot work, or contradicts another."""
    check_integer("epochs", epochs, 1)
    check_integer("initial_epoch", initial_epoch, 0)
    if verbose not in (0, 1, 2):
        raise ConfigError(f"verbose must be 0, 1 or 2, not {verbose!r}.")
    check_bool("shuffle", shuffle)
    if check_number("validation_split", validation_split, 0, 1) and validation_data is not None:
        raise ConfigError("pass validation_split or validation_data, not both.")
