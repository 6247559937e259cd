"""Hooks: functions called at set moments of a run, and a list of hooks as one."""

import inspect
from typing import Any

import numpy as np

from lowlevel.checks import ConfigError
from lowlevel.training.state import TrainingState


class Hook:
    """Does nothing at any moment; a subclass overrides the methods it needs.

    Hooks are called in the order of their list: a hook that reads a metric must come after the
    hook that adds it.

    Attributes:
        stop: whether to end training; checked at its beginning and after each epoch.
    """

    stop = False

    @property
    def wants_every_step(self) -> bool:
        """Whether it must be called between one step and the next, which costs speed.

        So it is if the hook overrides `on_batch_begin` or `on_batch_end`. One that needs no more
        than the metrics of each step, not the variables after it, sets this to False: its
        `on_batch_end` is then called for many steps after the last of them.
        """
        return self.watches_steps

    @property
    def watches_steps(self) -> bool:
        """Whether it overrides `on_batch_begin` or `on_batch_end`."""
        own = type(self)
        return (own.on_batch_begin, own.on_batch_end) != (Hook.on_batch_begin, Hook.on_batch_end)

    def on_train_begin(self, state: TrainingState) -> None:
        """Before the first step; `state` is the `TrainingState`, the same for the whole run."""

    def on_train_end(self, state: TrainingState) -> None:
        """After the last step, also when training is stopped early or diverges."""

    def on_epoch_begin(self, epoch: int) -> None:
        """Before an epoch, counted from 0."""

    def on_epoch_end(self, row: dict) -> None:
        """After an epoch, its evaluation included; `row` is its part of `state.history`."""

    def on_batch_begin(self, step: int) -> None:
        """Before a step; `step` is the number of steps made before."""

    def on_batch_end(self, step: int, values: dict[str, float]) -> None:
        """After a step; `step` includes it; `values` has its loss and metrics by name, floats."""


MOMENTS = [name for name in vars(Hook) if name.startswith("on_")]
OF_KERAS = {  # a hook is never called by these names
    "on_train_batch_begin": "on_batch_begin(step)",
    "on_train_batch_end": "on_batch_end(step, values)",
}


def check_hooks(hooks: Any) -> list[Hook]:
    """Returns hooks as a list.

    Raises:
        ConfigError: they are anything else, or one takes other arguments than it will be given.
    """
    if not isinstance(hooks, list | tuple) or not all(isinstance(hook, Hook) for hook in hooks):
        raise ConfigError(f"hooks must be a list of lowlevel.training.hooks.Hook, not {hooks!r}.")
    for hook in hooks:
        for name in MOMENTS:
            _check_arguments(hook, name)
        for name, ours in OF_KERAS.items():
            if hasattr(hook, name):
                raise ConfigError(f"{type(hook).__name__}.{name} is called {ours} here.")
    return list(hooks)


def _check_arguments(hook, name):
    """Refuses a method that cannot be called, or whose `logs`, as in Keras, would stay empty."""
    given = [*inspect.signature(getattr(Hook, name)).parameters][1:]
    signature = inspect.signature(getattr(hook, name))
    try:
        signature.bind(*given)
        fits = "logs" not in signature.parameters
    except TypeError:
        fits = False
    if not fits:
        raise ConfigError(
            f"{type(hook).__name__}.{name} must take ({', '.join(given)}), not {signature}."
        )


class HookList:
    """Several hooks called as one, in order.

    Attributes:
        wants_every_step: whether one of them must be called at every step.
    """

    def __init__(self, hooks: Any) -> None:
        """Takes a list of hooks. Raises ConfigError if they are anything else."""
        self._hooks = check_hooks(hooks)
        self._watching_steps = [hook for hook in hooks if hook.watches_steps]
        self.wants_every_step = any(hook.wants_every_step for hook in hooks)

    @property
    def stop(self) -> bool:
        """Whether one of them stops training."""
        return any(hook.stop for hook in self._hooks)

    def on_train_begin(self, state: TrainingState) -> None:
        """Before the first step."""
        for hook in self._hooks:
            hook.on_train_begin(state)

    def on_train_end(self, state: TrainingState) -> None:
        """After the last step."""
        for hook in self._hooks:
            hook.on_train_end(state)

    def on_epoch_begin(self, epoch: int) -> None:
        """Before an epoch."""
        for hook in self._hooks:
            hook.on_epoch_begin(epoch)

    def on_epoch_end(self, row: dict) -> None:
        """After an epoch."""
        for hook in self._hooks:
            hook.on_epoch_end(row)

    def on_batch_begin(self, step: int) -> None:
        """Before a step, for the hooks that want every step."""
        for hook in self._watching_steps:
            if hook.wants_every_step:
                hook.on_batch_begin(step)

    def on_batches_end(self, step: int, sums: dict[str, np.ndarray]) -> None:
        """After steps from `step` on; `sums` are those of `lowlevel.training.step_loop`."""
        if not self._watching_steps:
            return
        rows = zip(*sums.values(), strict=True)
        for number, row in enumerate(rows, step + 1):
            values = {
                name: float(total / size) for name, (total, size) in zip(sums, row, strict=True)
            }
            for hook in self._watching_steps:
                hook.on_batch_end(number, values)
