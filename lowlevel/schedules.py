"""Learning-rate schedules: functions from the step to the rate.

Each function here returns a function of `step` (a scalar integer tensor: how many steps have been
made) that gives a float32 scalar, in ops, so that it can be part of a compiled step.
"""

import math
from collections.abc import Callable, Sequence
from typing import TypeAlias

import tensorflow as tf

from lowlevel import seeds
from lowlevel.checks import ConfigError, check_choice, check_integer, check_number
from lowlevel.types import Tensor

Schedule: TypeAlias = Callable[[Tensor], Tensor]
NAMES = ("constant", "cosine", "piecewise", "one_cycle")


def _check_rate(name, rate):
    return check_number(name, rate, 0, math.inf)


def constant(rate: float) -> Schedule:
    """The same rate at every step."""
    _check_rate("the learning rate", rate)
    return lambda step: tf.constant(rate, tf.float32)


class Adjustable:
    """The same rate at every step, until it is changed: `schedule.rate.assign(0.001)`.

    Attributes:
        rate: a float32 variable; an optimizer keeps it among its slots, so checkpoints include it.
    """

    def __init__(self, rate: float) -> None:
        self.rate = tf.Variable(_check_rate("the learning rate", rate), False, dtype=tf.float32)

    def __call__(self, step: Tensor) -> Tensor:
        return tf.identity(self.rate)


def cosine(rate: float, total_steps: int, final_rate: float = 0.0) -> Schedule:
    """Half a cosine wave from `rate` down to `final_rate`, which stays after `total_steps`.

    Equals Keras's `CosineDecay(rate, total_steps, alpha=final_rate / rate)`.
    Source: Loshchilov and Hutter (2017), without restarts.
    """
    _check_rate("the learning rate", rate)
    _check_rate("the final learning rate", final_rate)
    check_integer("total_steps", total_steps, 1)

    def schedule(step):
        progress = tf.minimum(tf.cast(step, tf.float32) / total_steps, 1.0)
        return final_rate + (rate - final_rate) * 0.5 * (1 + tf.cos(math.pi * progress))

    return schedule


def piecewise(boundaries: Sequence[int], rates: Sequence[float]) -> Schedule:
    """`rates[0]` up to and including step `boundaries[0]`, then `rates[1]`, and so on.

    Equals Keras's `PiecewiseConstantDecay`.

    Raises:
        ConfigError: the boundaries are not whole numbers that rise, or there is not exactly one
            more rate.
    """
    try:
        boundaries = [check_integer("a boundary", step, 0, seeds.MAX_STEP) for step in boundaries]
        rates = [_check_rate("the learning rate", rate) for rate in rates]
    except TypeError:
        raise ConfigError(
            f"boundaries and rates must be lists, not {boundaries!r} and {rates!r}."
        ) from None
    if len(rates) != len(boundaries) + 1 or sorted(set(boundaries)) != boundaries:
        raise ConfigError(
            f"piecewise needs rising boundaries and one rate more than boundaries, "
            f"not {boundaries} and {rates}."
        )

    def schedule(step):
        step = tf.convert_to_tensor(step)
        passed = tf.reduce_sum(tf.cast(step > tf.constant(boundaries, step.dtype), tf.int32))
        return tf.gather(tf.constant(rates, tf.float32), passed)

    return schedule


def warm_up(schedule: Schedule, steps: int) -> Schedule:
    """`schedule`, its first `steps` rates scaled by 1/steps, 2/steps, ... up to 1."""
    if not callable(schedule):
        raise ConfigError(f"a warm-up needs a schedule, such as constant(0.1), not {schedule!r}.")
    check_integer("warm-up steps", steps, 0)
    if steps == 0:
        return schedule
    return lambda step: schedule(step) * tf.minimum(1.0, (tf.cast(step, tf.float32) + 1) / steps)


def one_cycle(
    rate: float, total_steps: int, warm_up_share: float = 0.3, start_share: float = 0.04
) -> Schedule:
    """A straight line up to `rate`, then half a cosine wave down to zero.

    Args:
        rate: the highest rate.
        total_steps: length of the cycle; the rate stays at zero after it.
        warm_up_share: share of the cycle that goes up, in (0, 1).
        start_share: the first rate, as a share of the highest, in [0, 1].

    Source: Smith and Topin (2018).
    """
    check_number("warm_up_share", warm_up_share, 0, 1, low_included=False)
    check_number("start_share", start_share, 0, 1, high_included=True)
    check_integer("total_steps", total_steps, 1)
    down = cosine(rate, 1)

    def schedule(step):
        progress = tf.cast(step, tf.float32) / total_steps
        up = rate * (start_share + (1 - start_share) * progress / warm_up_share)
        fall = (progress - warm_up_share) / (1 - warm_up_share)
        return tf.where(progress < warm_up_share, up, down(fall))

    return schedule


def by_name(name: str, rate: float, total_steps: int, warm_up_steps: int = 0) -> Schedule:
    """A schedule for a run of `total_steps`, after a warm-up.

    Args:
        name: "constant", "cosine" (down to zero), "piecewise" (a tenth of the rate after half of
            the steps, a hundredth after three quarters) or "one_cycle".
        rate: the highest rate.
    """
    check_choice("schedule", name, NAMES)
    if name == "constant":
        schedule = constant(rate)
    elif name == "cosine":
        schedule = cosine(rate, total_steps)
    elif name == "one_cycle":
        schedule = one_cycle(rate, total_steps)
    else:
        check_integer("total_steps", total_steps, 1)
        half, three_quarters = total_steps // 2, max(total_steps // 2 + 1, total_steps * 3 // 4)
        schedule = piecewise([half, three_quarters], [rate, rate / 10, rate / 100])
    return warm_up(schedule, warm_up_steps)
