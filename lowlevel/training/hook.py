"""Hooks: functions called at set moments of a run, and a list of hooks as one."""

from lowlevel.checks import ConfigError


class Hook:
    """Does nothing at any moment; a subclass overrides the methods it needs.

    Hooks are called in the order of their list: a hook that reads a metric must come after the
    hook that adds it.

    Attributes:
        stop: whether to end training; checked at its beginning and after each epoch.
    """

    stop = False

    @property
    def wants_every_step(self):
        """Whether it overrides a method for single steps, and so must be called at each."""
        own = type(self)
        return (own.on_batch_begin, own.on_batch_end) != (Hook.on_batch_begin, Hook.on_batch_end)

    def on_train_begin(self, state):
        """Before the first step; `state` is the `TrainingState`, the same for the whole run."""

    def on_train_end(self, state):
        """After the last step, also when training is stopped early or diverges."""

    def on_epoch_begin(self, epoch):
        """Before an epoch, counted from 0."""

    def on_epoch_end(self, row):
        """After an epoch, its evaluation included; `row` is its part of `state.history`."""

    def on_batch_begin(self, step):
        """Before a step; `step` is the number of steps made before."""

    def on_batch_end(self, step, values):
        """After a step; `step` includes it, and `values` is its result."""


def check_hooks(hooks):
    """Returns hooks as a list. Raises ConfigError if they are anything else."""
    if not isinstance(hooks, list | tuple) or not all(isinstance(hook, Hook) for hook in hooks):
        raise ConfigError(f"hooks must be a list of lowlevel.training.hooks.Hook, not {hooks!r}.")
    return list(hooks)


class HookList:
    """Several hooks called as one, in order.

    Attributes:
        wants_every_step: whether one of them must be called at every step.
    """

    def __init__(self, hooks):
        """Takes a list of hooks. Raises ConfigError if they are anything else."""
        self._hooks = check_hooks(hooks)
        self._at_every_step = [hook for hook in hooks if hook.wants_every_step]
        self.wants_every_step = bool(self._at_every_step)

    @property
    def stop(self):
        """Whether one of them stops training."""
        return any(hook.stop for hook in self._hooks)

    def on_train_begin(self, state):
        """Before the first step."""
        for hook in self._hooks:
            hook.on_train_begin(state)

    def on_train_end(self, state):
        """After the last step."""
        for hook in self._hooks:
            hook.on_train_end(state)

    def on_epoch_begin(self, epoch):
        """Before an epoch."""
        for hook in self._hooks:
            hook.on_epoch_begin(epoch)

    def on_epoch_end(self, row):
        """After an epoch."""
        for hook in self._hooks:
            hook.on_epoch_end(row)

    def on_batch_begin(self, step):
        """Before a step, for the hooks that need it."""
        for hook in self._at_every_step:
            hook.on_batch_begin(step)

    def on_batch_end(self, step, values):
        """After a step, for the hooks that need it."""
        for hook in self._at_every_step:
            hook.on_batch_end(step, values)
