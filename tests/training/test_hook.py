"""Several hooks as one: their order, when they stop a run, which are called at single steps."""

import numpy as np
import pytest

from lowlevel.checks import ConfigError
from lowlevel.training.hook import Hook, HookList, check_hooks


class Watch(Hook):
    """Writes down what it is called for, between steps."""

    def __init__(self, calls, name):
        self.calls = calls
        self.name = name

    def _add(self, moment, *arguments):
        self.calls.append((self.name, moment, *arguments))

    def on_train_begin(self, state):
        self._add("train begin", state)

    def on_train_end(self, state):
        self._add("train end", state)

    def on_epoch_begin(self, epoch):
        self._add("epoch begin", epoch)

    def on_epoch_end(self, row):
        self._add("epoch end", row)


class WatchSteps(Watch):
    """Is called at every single step, too."""

    def on_batch_begin(self, step):
        self._add("batch begin", step)

    def on_batch_end(self, step, values):
        self._add("batch end", step, values)


class Before(Hook):
    """Overrides the moment before a step alone."""

    def on_batch_begin(self, step):
        pass


class After(Hook):
    """Overrides the moment after a step alone."""

    def on_batch_end(self, step, values):
        pass


class OnlyMetrics(WatchSteps):
    """Wants to know the metrics of each step, but not to be called between two."""

    wants_every_step = False


class Heir(After):
    """Overrides nothing more than the class that it comes from."""


MOMENTS = {
    "train begin": ("on_train_begin", ["state"]),
    "epoch begin": ("on_epoch_begin", [3]),
    "epoch end": ("on_epoch_end", [{"epoch": 4}]),
    "train end": ("on_train_end", ["state"]),
}
STEPS = {
    "batch begin": ("on_batch_begin", [7]),
}


@pytest.mark.parametrize("moment", MOMENTS | STEPS)
def test_all_are_called_in_the_order_of_the_list(moment):
    method, arguments = (MOMENTS | STEPS)[moment]
    calls = []
    hooks = HookList([WatchSteps(calls, "one"), WatchSteps(calls, "two")])
    getattr(hooks, method)(*arguments)
    assert calls == [("one", moment, *arguments), ("two", moment, *arguments)]


@pytest.mark.parametrize("moment", STEPS)
def test_at_single_steps_only_those_that_ask_are_called(moment):
    method, arguments = STEPS[moment]
    calls, asked = [], WatchSteps([], "asks")
    quiet = Watch(calls, "does not ask")
    setattr(quiet, method, lambda *arguments: calls.append("called all the same"))
    getattr(HookList([quiet, asked]), method)(*arguments)
    assert calls == []
    assert asked.calls == [("asks", moment, *arguments)]


def test_after_many_steps_each_is_told_with_its_means():
    calls = []
    hooks = HookList([WatchSteps(calls, "one"), Watch(calls, "no"), OnlyMetrics(calls, "two")])
    assert hooks.wants_every_step
    hooks.on_batch_begin(7)
    sums = {
        "loss": np.array([[6.0, 4.0], [1.0, 2.0]]),
        "accuracy": np.array([[4.0, 4.0], [0.0, 2.0]]),
    }
    hooks.on_batches_end(7, sums)
    values = {"loss": 1.5, "accuracy": 1.0}, {"loss": 0.5, "accuracy": 0.0}
    assert calls == [
        ("one", "batch begin", 7),
        ("one", "batch end", 8, values[0]),
        ("two", "batch end", 8, values[0]),
        ("one", "batch end", 9, values[1]),
        ("two", "batch end", 9, values[1]),
    ]
    assert not HookList([OnlyMetrics(calls, "alone")]).wants_every_step


@pytest.mark.parametrize(
    "kind, wants", [(Hook, False), (Before, True), (After, True), (Heir, True)]
)
def test_a_hook_that_overrides_a_moment_of_the_step_is_called_at_each(kind, wants):
    assert kind().wants_every_step is wants
    assert HookList([Hook(), kind()]).wants_every_step is wants


def test_one_is_enough_to_stop_and_it_may_change_its_mind():
    first, second = Hook(), Hook()
    hooks = HookList([first, second])
    assert hooks.stop is False
    second.stop = True
    assert hooks.stop is True
    second.stop = False
    assert hooks.stop is False
    assert Hook.stop is False


def test_no_hooks():
    hooks = HookList([])
    assert (hooks.stop, hooks.wants_every_step) == (False, False)


@pytest.mark.parametrize(
    "hooks",
    [None, Hook(), {Hook()}, iter([Hook()]), [Hook], [Hook(), print], ["early_stopping"]],
    ids=["none", "one hook", "a set", "an iterator", "a class", "a function", "a name"],
)
def test_what_is_no_list_of_hooks_is_refused(hooks):
    for make in (check_hooks, HookList):
        with pytest.raises(ConfigError, match="hooks must be a list of lowlevel"):
            make(hooks)


def test_a_tuple_of_hooks_is_as_good_as_a_list():
    hooks = (Hook(), After())
    assert check_hooks(hooks) == list(hooks)
    assert HookList(hooks).wants_every_step


@pytest.mark.parametrize(
    ("name", "method", "message"),
    [
        (
            "on_epoch_end",
            lambda self, epoch, logs=None: None,
            r"must take \(row\), not \(epoch, lo",
        ),
        ("on_epoch_begin", lambda self, epoch, logs: None, r"must take \(epoch\), not"),
        ("on_train_begin", lambda self: None, r"Own\.on_train_begin must take \(state\), not \(\)"),
        ("on_batch_end", lambda self, step: None, r"must take \(step, values\)"),
        ("on_train_batch_end", lambda self, batch, logs: None, r"is called on_batch_end\(step, v"),
    ],
)
def test_methods_as_keras_has_them(name, method, message):
    """`on_epoch_end(epoch, logs=None)` would take the row for the epoch, and say nothing."""
    own = type("Own", (Hook,), {name: method})
    with pytest.raises(ConfigError, match=message):
        check_hooks([own()])
    taking_all = type("Own", (Hook,), {"on_epoch_end": lambda self, *everything: None})
    check_hooks([taking_all()])
