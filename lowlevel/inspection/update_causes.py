"""Why updates differ although gradients do not: another rule, other settings, other averages."""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from lowlevel import optimizers
from lowlevel.inspection.distances import distance
from lowlevel.inspection.traced import Trace
from lowlevel.optimizer import Optimizer
from lowlevel.types import ArrayLike, Tensor
from lowlevel.update_rules import adam_update

TOLERANCE = 1e-3  # of what a variable has moved
SETTINGS = {
    "epsilon": (1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1e-10),
    "momentum": (0.0, 0.5, 0.8, 0.9, 0.95, 0.99),
    "rho": (0.9, 0.95, 0.99, 0.999),
    "beta_1": (0.0, 0.5, 0.8, 0.85, 0.9, 0.95, 0.99),
    "beta_2": (0.9, 0.95, 0.98, 0.99, 0.999, 0.9999),
    "nesterov": (False, True),
    "weight_decay": (0.1, 0.05, 0.01, 4e-3, 1e-3, 5e-4, 1e-4, 1e-5),
}

MakeOptimizer = Callable[[], Optimizer]


class CorrectedAdam(optimizers.Adam):
    """Adam that adds epsilon to the corrected root: Kingma and Ba's algorithm 1, and PyTorch's."""

    def scalars(self, t: Tensor, learning_rate: Tensor) -> tuple:
        correction = tf.sqrt(1 - tf.pow(self.beta_2, t))
        return (*super().scalars(t, learning_rate), self.epsilon * correction)

    def update(
        self, variable: Tensor, gradient: Tensor, slots: list, *scalars: Tensor
    ) -> tuple[Tensor, Sequence]:
        (m, v), (alpha, epsilon) = slots, scalars
        settings: Any = self.beta_1, self.beta_2, epsilon
        variable, m, v = adam_update(variable, gradient, m, v, alpha, *settings)
        return variable, (m, v)


def replay_updates(
    optimizer: Optimizer,
    before: Mapping[str, ArrayLike],
    gradients: Sequence[Mapping[str, ArrayLike]],
) -> list[dict[str, np.ndarray]]:
    """The variables after each update that an optimizer makes of given gradients.

    Args:
        optimizer: a new `Optimizer`.
        before: the variables before the first update, by name.
        gradients: for each update, a gradient for each variable.
    """
    variables = {name: tf.Variable(value) for name, value in before.items()}
    optimizer.build(variables)
    found = []
    for step, of_step in enumerate(gradients):
        named = {name: tf.constant(of_step[name]) for name in variables}
        optimizer.apply(named, variables, tf.constant(step, tf.int64))
        found.append({name: variable.numpy() for name, variable in variables.items()})
    return found


def differ(before: np.ndarray, here: np.ndarray, there: np.ndarray) -> bool:
    """Whether two updates of a variable differ by more than float32 explains."""
    moved = float(np.abs(here - before).max(initial=0))
    rounding = 4 * np.finfo(np.float32).eps * float(np.abs(before).max(initial=0))
    return not float(np.abs(here - there).max(initial=0)) <= TOLERANCE * moved + rounding


def of_optimizer(
    make_optimizer: MakeOptimizer,
    before: np.ndarray,
    gradients: Sequence[np.ndarray],
    after: Sequence[np.ndarray],
) -> list[str]:
    """Which other optimizer makes the updates of another program, in words; the one that fits best.

    Args:
        make_optimizer: makes our optimizer, which does not.
        before: a variable before the first update.
        gradients, after: its gradient in each update there, and its value after each.
    """
    found = {}
    for words, optimizer in _others(make_optimizer, before, gradients, after):
        updates = replay_updates(optimizer, {"x": before}, [{"x": one} for one in gradients])
        states = [before, *(update["x"] for update in updates)]
        pairs = list(zip(states, states[1:], after, strict=False))
        if not any(differ(start, here, there) for start, here, there in pairs):
            found[words] = max(distance(here, there) for _, here, there in pairs)
    return sorted(found, key=found.__getitem__)[:1]


def _others(make_optimizer, before, gradients, after) -> Iterator[tuple[str, Optimizer]]:
    """Other settings of our optimizer, then other rules, each with words for it."""
    ours = make_optimizer()
    for name, values in SETTINGS.items():
        here = getattr(ours, name, None)
        for value in values if here is not None else ():
            if value != here:
                yield f"{name} is {value:g} (here {here:g})", _with(make_optimizer, name, value)
    if isinstance(ours, optimizers.Adam) and type(ours) is optimizers.Adam:
        for epsilon in SETTINGS["epsilon"]:
            corrected = CorrectedAdam(ours.learning_rate, ours.beta_1, ours.beta_2, epsilon)
            yield f"epsilon, {epsilon:g}, is added to the corrected root, as in PyTorch", corrected
    [first, *_] = replay_updates(make_optimizer(), {"x": before}, [{"x": gradients[0]}])
    moved = float(np.sum((first["x"] - before) ** 2))
    if moved > 0:
        factor = float(np.sum((first["x"] - before) * (after[0] - before))) / moved
        rate = float(ours.learning_rate(tf.constant(0, tf.int64)))
        yield (
            f"the learning rate is {rate * factor:.3g} (here {rate:.3g})",
            _with(make_optimizer, "learning_rate", lambda step: ours.learning_rate(step) * factor),
        )
    for name in optimizers.NAMES:
        yield f"the rule is {name}", optimizers.by_name(name, ours.learning_rate)


def _with(make_optimizer: MakeOptimizer, name: str, value: Any) -> Optimizer:
    optimizer = copy.copy(make_optimizer())
    setattr(optimizer, name, value)
    return optimizer


def of_average(trace: Trace, name: str, there: np.ndarray) -> list[str]:
    """Why a moving average of a batch norm differs after the step, in words.

    Args:
        trace: a `Trace`.
        name: for example "state/bn1/mean".
        there: what the other program made of it.
    """
    variable = trace.variables[name]
    before, here = variable.before.array, variable.after.array
    if np.array_equal(before, there):
        return ["it is not updated there: a `training` flag that is False, or a frozen layer"]
    kernels = [
        found
        for found in trace.operations.values()
        if found.layer == variable.layer and found.kind == "FusedBatchNormV3"
    ]
    if len(kernels) != 1:
        return ["its momentum, or the divisor of its variance"]
    statistic = kernels[0].outputs[2 if name.endswith("variance") else 1].array
    count = kernels[0].value.array.size // len(statistic)
    # The kernel's variance is divided by n - 1.
    ours = statistic * (count - 1) / count if name.endswith("variance") else statistic
    momentum = _momentum(before, ours, here)
    for divisor, other in (("", ours), ("its variance is divided by n - 1 (here n)", statistic)):
        fitted = _momentum(before, other, there)
        expected = fitted * before + (1 - fitted) * other
        if np.allclose(expected, there, rtol=5e-7, atol=1e-6 * float(np.abs(there).max())):
            kept = f"its momentum is {fitted:.4g} (here {momentum:.4g})"
            words = [divisor, kept if abs(fitted - momentum) > 1e-4 else ""]
            return [" and ".join(filter(None, words))] if any(words) else []
    return []


def _momentum(before, statistic, after):
    """The share of the old average that explains the new one best."""
    away = (before - statistic).astype(np.float64)
    return float(np.sum(away * (after - statistic)) / max(float(np.sum(away**2)), 1e-30))
