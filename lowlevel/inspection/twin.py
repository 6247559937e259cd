"""A step here beside the same step in another program: where they first differ, and why.

    found = twin.compare(step, trace, [theirs])
    print(found)

The other program may be a Keras model, or one in any other library: it hands over arrays by layer.
"""

from collections.abc import Sequence

import numpy as np

from lowlevel.checks import ConfigError
from lowlevel.inspection import alterations, update_causes
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
from lowlevel.inspection.traced import Trace
from lowlevel.inspection.twin_table import COLUMNS, Comparison, Difference, Row
from lowlevel.types import ArrayLike, GraphFunction


def compare(
    step: GraphFunction,
    trace: Trace,
    others: Sequence[OtherStep],
    make_optimizer: update_causes.MakeOptimizer | None = None,
    losses: Sequence[ArrayLike] = (),
    predictions: tuple[ArrayLike, ArrayLike] | None = None,
) -> Comparison:
    """Compares a traced step, and the steps after it, with those of another program.

    Args:
        step: the compiled training step that was traced.
        trace: its `Trace`, with all of each tensor: `max_kept` large enough.
        others: an `OtherStep` for each step there; the first has the trace's batch and variables.
        make_optimizer: makes a new optimizer like the step's; None leaves out the updates.
        losses: our mean loss in each step, beginning with the traced one.
        predictions: what the two networks answer when they do not train, ours first.

    Returns:
        A `Comparison`. An activation is held to what our layer makes of the inputs there, if they
        are given, so a layer after one that differs is not blamed for it. An update is held to
        what our optimizer makes of the gradients there. Dropout must be off on both sides.

    Raises:
        ConfigError: they have no layer in common.
    """
    matched = Matched(step, trace, others[0])
    rows = {
        name: Row(name)
        for name in matched.results
        if name in matched.values or matched.variables_of(name)
    }
    if not any(name in matched.other.values for name in rows):
        raise ConfigError("no layer there has the name of one here: call them alike.")
    missing, misplaced = _variables_before(matched, rows)
    found = [
        misplaced,
        _activations(matched, rows),
        _gradients(matched, rows),
        _averages(matched, rows),
        _updates(matched, rows, others, make_optimizer),
        missing,
        _predictions(predictions),
        _losses(losses, others),
    ]
    first = next((difference for difference in found if difference is not None), None)
    return Comparison(list(rows.values()), first)


def _variables_before(matched, rows):
    """What is missing on one side, and what differs before the step: two differences, or None."""
    missing, misplaced, before = None, None, matched.other.before
    for name, here in matched.variables.items() if before else ():
        if name not in before:
            missing = missing or Difference(name, "that there is none there")
        elif distance(here, before[name]) > 0:
            rows[matched.trace.variables[name].layer].differing.add("updated")
            causes = tuple(alterations.of_variable(name, before[name], matched.variables))
            misplaced = misplaced or Difference(name, "its value before the step", causes)
    for name in before:
        if name not in matched.variables:
            missing = missing or Difference(name, "that there is none here")
    return missing, misplaced


def _activations(matched, rows):
    """The first layer that makes something else of its inputs than ours, or None."""
    first = None
    for name, row in rows.items():
        if name not in matched.values:
            continue
        here, there = matched.results[name].value.array, matched.value(name)
        row.differences["activation"] = shown(distance(here, there))
        differs, output = not distance(here, there) <= WHOLE * size(here), matched.output(name)
        alone = None if output is None else distance(output, there) <= rounding(there)
        if differs or alone is False:
            row.differing.add("activation")
            if first is None:
                first = Difference(name, "its activation", tuple(_causes(matched, name, alone)))
    return first


def _causes(matched, name, alone):
    """What a layer would have to do otherwise to give what it gives there, in words."""
    if alone:
        before = "what it takes differs already, but not what the layers before it give"
        yield alterations.between(matched, name) or f"{before}: something stands between them"
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
    precision = alterations.precision_of(matched.value(name))
    if precision:
        yield precision


def _gradients(matched, rows):
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


def _averages(matched, rows):
    """The first moving average that differs after the step, or None."""
    first = None
    for name, found in matched.trace.variables.items():
        there = matched.other.after.get(name)
        if there is None or found.layer not in rows:
            continue
        row, difference = rows[found.layer], distance(found.after.array, there)
        row.differences["updated"] = shown(max(row.differences["updated"] or 0.0, difference))
        if found.gradient is None and difference > AVERAGE * size(found.after.array):
            row.differing.add("updated")
            causes = tuple(update_causes.of_average(matched.trace, name, there))
            first = first or Difference(name, "its new value", causes)
    return first


def _updates(matched, rows, others, make_optimizer):
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
    gradients = [{name: other.gradients[name] for name in names} for other in others]
    updates = update_causes.replay_updates(make_optimizer(), previous, gradients)
    for number, (here, other) in enumerate(zip(updates, others, strict=True), start=1):
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
                [found[name] for found in gradients],
                [found.after[name] for found in others],
            )
            part = f"its update in step {number}, from equal gradients"
            return Difference(name, part, tuple(causes))
        previous = here
    return None


def _predictions(predictions):
    if predictions is None:
        return None
    here, there = (np.asarray(part) for part in predictions)
    if distance(here, in_shape(there, here.shape)) <= WHOLE * size(here):
        return None
    causes = ("a `training` flag that is not False there, or moving averages of its own",)
    return Difference("the prediction", "its numbers, though training is equal", causes)


def _losses(losses, others):
    for number, (here, other) in enumerate(zip(losses, others, strict=False), start=1):
        if other.loss is None:
            continue
        if not abs(float(here) - other.loss) <= LOSS * max(1.0, abs(other.loss)):
            return Difference(f"step {number}", "its loss")
    return None
