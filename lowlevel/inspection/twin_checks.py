"""What is compared of two steps, one kind of number after the other; each marks its rows."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from lowlevel.inspection import alterations, explanations, update_causes
from lowlevel.inspection.distances import (
    ALIKE,
    AVERAGE,
    GRADIENT,
    LOSS,
    SWITCHED,
    WHOLE,
    distance,
    length,
    rounding,
    shown,
    size,
)
from lowlevel.inspection.matched import Matched
from lowlevel.inspection.other_step import OtherStep, in_shape
from lowlevel.inspection.twin_table import COLUMNS, Difference, Row
from lowlevel.inspection.update_causes import MakeOptimizer
from lowlevel.types import ArrayLike

Rows: TypeAlias = dict[str, Row]
Found: TypeAlias = Difference | None


def variables_before(matched: Matched, rows: Rows) -> tuple[Found, Found]:
    """What is missing on one side, and what differs before the step: two differences, or None."""
    missing, misplaced, before = None, None, matched.other.before
    for name, here in matched.variables.items() if before else ():
        if name not in before:
            missing = missing or Difference(name, "that there is none there")
        elif distance(here, before[name]) > 0:
            rows[matched.trace.variables[name].layer].differing.add("updated")
            causes = tuple(explanations.of_variable(name, before[name], matched.variables))
            misplaced = misplaced or Difference(name, "its value before the step", causes)
    for name in before:
        if name not in matched.variables:
            missing = missing or Difference(name, "that there is none here")
    return missing, misplaced


def activations(matched: Matched, rows: Rows) -> list[Difference]:
    """What makes something else of its inputs than ours: the first layer, and others on their own.

    A later layer counts only if it does so with the inputs there, and if it is known why.
    """
    found = []
    for name, row in rows.items():
        if name not in matched.values:
            continue
        here, there = matched.results[name].value.array, matched.value(name)
        row.differences["activation"] = shown(distance(here, there))
        differs, output = not distance(here, there) <= WHOLE * size(here), matched.output(name)
        alone = None if output is None else distance(output, there) <= rounding(there)
        if differs or alone is False:
            row.differing.add("activation")
        if alone is False or (differs and not found):
            difference = Difference(name, "its activation", tuple(_causes(matched, name, alone)))
            if difference.causes or not found:
                found.append(difference)
    return found


def _causes(matched, name, alone):
    """What a layer would have to do otherwise to give what it gives there, in words."""
    if alone:
        before = "what it takes differs already, but not what the layers before it give"
        yield explanations.between(matched, name) or f"{before}: something stands between them"
        return
    extra = {
        key: array for key, array in matched.other.before.items() if key not in matched.variables
    }
    near = {}
    for found in alterations.of_layer(matched.layers[name], matched.variables, extra):
        output = matched.output(name, found)
        values = matched.values[name] if found.end else (matched.value(name),)
        for value in values if output is not None else ():
            if distance(output, value) <= rounding(value):
                near.setdefault(found.words, distance(output, value) / size(value))
    best = min(near.values(), default=0.0)
    yield from (words for words, far in near.items() if far <= 2 * best + ALIKE)
    precision = explanations.precision_of(matched.value(name))
    if precision:
        yield precision


def gradients(matched: Matched, rows: Rows) -> Found:
    """The first gradient that differs, of an activation or a variable, from the last layer on.

    Where rounding has switched single ReLUs, the gradients that come through them agree less well.
    """
    trace, other, pairs = matched.trace, matched.other, []
    for name in rows:
        ours, theirs = matched.results[name].gradient, other.value_gradients.get(name)
        number = matched.chosen(name) if name in matched.values else 0
        for key in matched.variables_of(name):
            gradient = trace.variables[key].gradient
            if other.gradients and gradient is not None and key in other.before:
                pairs.append((name, "gradients", key, gradient.array, other.gradients.get(key)))
        if ours is not None and theirs and number < len(theirs):
            pairs.append((name, "its gradient", name, ours.array, theirs[number]))
    longest = dict.fromkeys(COLUMNS, 0.0)
    for _, column, _, here, _ in pairs:
        longest[column] = max(longest[column], length(here))
    first, limit_here = None, GRADIENT
    for name, column, key, here, there in reversed(pairs):
        row, difference = rows[name], distance(here, there)
        row.differences[column] = shown(max(row.differences[column] or 0.0, difference))
        if matched.switched(name):
            limit_here = SWITCHED
        limit = limit_here * max(length(here), 0.01 * longest[column])
        if np.isinf(difference) or length(here - there) > limit:
            row.differing.add(column)
            causes = tuple(_causes_of_gradient(here, there))
            first = first or Difference(key, "its gradient", causes)
    return first


def _causes_of_gradient(here, there):
    if there is None or not np.any(there):
        yield "no gradient arrives there: something stops it, or the layer is frozen"
    elif here.shape == there.shape and np.any(here):
        factor = float(np.sum(here * there) / np.sum(here.astype(np.float64) ** 2))
        if length(there - factor * here) <= GRADIENT * length(there):
            yield f"it is {factor:.4g} times ours: a loss that is a sum instead of a mean, say"


def averages(matched: Matched, rows: Rows) -> list[Difference]:
    """The moving averages that differ after the step: the first, and others that explain more."""
    found: list[Difference] = []
    for name, variable in matched.trace.variables.items():
        there = matched.other.after.get(name)
        if there is None or variable.layer not in rows:
            continue
        row, difference = rows[variable.layer], distance(variable.after.array, there)
        row.differences["updated"] = shown(max(row.differences["updated"] or 0.0, difference))
        if variable.gradient is None and difference > AVERAGE * size(variable.after.array):
            row.differing.add("updated")
            causes = tuple(update_causes.of_average(matched.trace, name, there))
            if not found or (causes and causes != found[-1].causes):
                found.append(Difference(name, "its new value", causes))
    return found


def updates(
    matched: Matched, rows: Rows, others: Sequence[OtherStep], make_optimizer: MakeOptimizer | None
) -> Found:
    """The first update that is not what our optimizer makes of the gradients there, or None."""
    others = [matched.in_our_shapes(other) for other in others]
    variables, before = matched.trace.variables, others[0].before
    names = [
        name
        for name, found in variables.items()
        if found.gradient is not None
        and name in before
        and all(name in other.gradients and name in other.after for other in others)
        and before[name].shape == matched.variables[name].shape
    ]
    if make_optimizer is None or not names:
        return None
    previous = {name: before[name] for name in names}
    theirs = [{name: other.gradients[name] for name in names} for other in others]
    expected = update_causes.replay_updates(make_optimizer(), previous, theirs)
    for number, (here, other) in enumerate(zip(expected, others, strict=True), start=1):
        wrong = [
            name
            for name in names
            if update_causes.differ(previous[name], here[name], other.after[name])
        ]
        for name in wrong:
            rows[variables[name].layer].differing.add("updated")
        if wrong:  # a small one will do, with two axes if there is one: others do not decay
            name = max(wrong, key=lambda name: (before[name].ndim > 1, -before[name].size))
            causes = update_causes.of_optimizer(
                make_optimizer,
                before[name],
                [found[name] for found in theirs],
                [found.after[name] for found in others],
            )
            part = f"its update in step {number}, from equal gradients"
            return Difference(name, part, tuple(causes))
        previous = here
    return None


def predictions(pair: tuple[ArrayLike, ArrayLike] | None) -> Found:
    """What differs in answers, ours and theirs, if anything does."""
    if pair is None:
        return None
    here, there = (np.asarray(part) for part in pair)
    if distance(here, in_shape(there, here.shape)) <= WHOLE * size(here):
        return None
    causes = ("a `training` flag that is not False there, or moving averages of its own",)
    return Difference("the prediction", "its numbers, though training is equal", causes)


def losses(ours: Sequence[ArrayLike], others: Sequence[OtherStep]) -> Found:
    """The first step whose loss differs, or None."""
    for number, (here, other) in enumerate(zip(ours, others, strict=False), start=1):
        if other.loss is None:
            continue
        if not abs(float(here) - other.loss) <= LOSS * max(1.0, abs(other.loss)):
            return Difference(f"step {number}", "its loss")
    return None
