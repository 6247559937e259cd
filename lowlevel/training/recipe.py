"""What determines the result of a run besides the network, the task and the data.

A recipe has a `seed`, a `batch_size`, an `eval_batch_size`, `jit_compile`,
`synchronize_batch_norm`, `make_optimizer()` and `change_gradients(gradients)`.
`Recipe` is the one stored in config.json; `Model` uses `lowlevel.training.compiled.Compiled`.
"""

import dataclasses
from typing import Any

from lowlevel import optimizers, schedules, seeds
from lowlevel.checks import ConfigError, check_bool, check_integer
from lowlevel.optimizer import Optimizer
from lowlevel.types import Tensor


@dataclasses.dataclass(frozen=True)
class Recipe:
    """How to train, by names and numbers.

    Attributes:
        seed: the seed of all random numbers.
        batch_size: examples in a step; the last batch of an epoch may be smaller.
        optimizer: a name in `lowlevel.optimizers.NAMES`.
        learning_rate: the highest rate.
        schedule: a name in `lowlevel.schedules.NAMES`.
        schedule_steps: the length of a schedule other than constant.
        warm_up: steps over which the rate rises at the start.
        weight_decay: see `lowlevel.optimizer.Optimizer`.
        jit_compile: whether XLA compiles the steps, see `lowlevel.training.step_loop`. It rounds
            otherwise, and dropout draws other numbers.
        synchronize_batch_norm: whether batch norm in a cluster takes its moments over the whole
            batch; else each worker over its share, with the mean of all their moving averages.

    Raises:
        ConfigError: one of them is out of range.
    """

    seed: int = 0
    batch_size: int = 128
    optimizer: str = "adam"
    learning_rate: float = 1e-4
    schedule: str = "constant"
    schedule_steps: int | None = None
    warm_up: int = 0
    weight_decay: float = 0.0
    jit_compile: bool = False
    synchronize_batch_norm: bool = True

    eval_batch_size = 256  # does not change the result, so it is not a field

    def __post_init__(self) -> None:
        check_integer("seed", self.seed, 0, seeds.MAX_RUN_SEED)
        check_integer("batch_size", self.batch_size, 1)
        check_bool("jit_compile", self.jit_compile)
        check_bool("synchronize_batch_norm", self.synchronize_batch_norm)
        self.make_optimizer()  # which checks the rest

    @classmethod
    def from_config(cls, config: Any) -> "Recipe":
        """The recipe in the config of a run. Raises ConfigError if it is damaged."""
        training = config.get("training", {})
        if not isinstance(training, dict):
            raise ConfigError(f"training must be a JSON object, not {training!r}.")
        names = [field.name for field in dataclasses.fields(cls) if field.name in training]
        return cls(**{name: training[name] for name in names})

    def make_optimizer(self) -> Optimizer:
        """The optimizer, with its schedule and weight decay."""
        steps: Any = self.schedule_steps  # None for a constant rate
        rate = schedules.by_name(self.schedule, self.learning_rate, steps, self.warm_up)
        return optimizers.by_name(self.optimizer, rate, self.weight_decay)

    def change_gradients(self, gradients: dict[str, Tensor]) -> dict[str, Tensor]:
        """The gradients as they are: a dict by variable name."""
        return gradients
