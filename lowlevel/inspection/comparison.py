"""Two traces side by side: how much each layer differs, and where they first differ."""

from collections.abc import Mapping

import numpy as np

from lowlevel.checks import ConfigError
from lowlevel.inspection import answers
from lowlevel.inspection.layer_again import results
from lowlevel.inspection.traced import Trace
from lowlevel.types import ArrayLike

EQUAL = "Their activations are equal, up to the last bits."
TOLERANCE = 1e-5  # of the largest number: float32 sums of some hundred terms, in another order


def compare(trace: Trace, other: Trace | Mapping[str, ArrayLike], name: str) -> dict:
    """The largest differences between a trace and another of the same examples, for JSON.

    Args:
        trace: a `Trace`.
        other: another one, of a network with the same layers; or what the layers of some other
            program gave, arrays by layer, for example those of a Keras model.
        name: what the other is called.

    Returns:
        A dict: `name`; `rows`, for each layer the largest difference of its activations, of their
        gradients, and of its variables, None where one of the two has none; `first`, the first
        layer whose activations differ by more than float32 explains, or None; `words`. Of a
        `Trace` also its `step`, the `losses` of the examples, and their `probabilities` or None.

    Raises:
        ConfigError: they have no layer in common.
    """
    rows, first, given = [], None, results(trace)
    for layer, operations in trace.by_layer().items():
        if isinstance(other, Trace):
            there = {found.name: found for found in other.by_layer().get(layer, ())}
            pairs = [(found, there[found.name]) for found in operations if found.name in there]
            values = [(one.value.array, two.value.array) for one, two in pairs]
            gradients = [
                (one.gradient.array, two.gradient.array)
                for one, two in pairs
                if one.gradient and two.gradient
            ]
            variables = [
                (variable.before.array, other.variables[key].before.array)
                for key, variable in trace.variables.items()
                if variable.layer == layer and key in other.variables
            ]
        else:
            gradients, variables = [], []
            result = given.get(layer)
            values = [(result.value.array, other[layer])] if result and layer in other else []
        if values or variables:
            row = [_largest(part) for part in (values, gradients, variables)]
            rows.append(
                dict(zip(("layer", "value", "gradient", "weight"), [layer, *row], strict=True))
            )
            if first is None and values and _differ(values):
                first = layer
    if not rows:
        raise ConfigError(f"{name} has no layer of the same name as one of the network's.")
    found = {"name": name, "rows": rows, "first": first}
    if first is None:
        return found | _of_trace(other) | {"words": EQUAL}
    apart = _apart(trace, other, first) if isinstance(other, Trace) else ""
    return found | _of_trace(other) | {"words": apart or f"They first differ in layer {first}."}


def _of_trace(other):
    if not isinstance(other, Trace):
        return {}
    probabilities = answers.probabilities_of(other)
    return {
        "step": other.step,
        "losses": other.losses.tolist(),
        "probabilities": None if probabilities is None else probabilities.tolist(),
    }


def _apart(trace, other, first):
    """What is said if the first layer that differs has other weights; "" if it has not."""
    pairs = {
        name: [np.asarray(kept.before.array, np.float64) for kept in (one, other.variables[name])]
        for name, one in trace.variables.items()
        if name in other.variables
    }
    if any(one.shape != two.shape for one, two in pairs.values()):
        return ""
    own = [pair for name, pair in pairs.items() if trace.variables[name].layer == first]
    if not own or not _differ(own):
        return ""
    away, length = (np.sqrt(sum(np.sum(part**2) for part in parts)) for parts in (
        [one - two for one, two in pairs.values()], [one for one, _ in pairs.values()]
    ))  # fmt: skip
    words = (
        f"They differ from layer {first} on, because their weights do: the distance between all "
        f"weights is {away / length:.2g} times the length of those here (1.4 where two of a length "
        f"have nothing in common)"
    )
    here, there = answers.probabilities_of(trace), answers.probabilities_of(other)
    if here is None or there is None or here.shape != there.shape:
        return f"{words}."
    agree = int(np.sum(here.argmax(1) == there.argmax(1)))
    return f"{words}. Their answers agree on {agree} of {len(here)} examples."


def _differ(pairs):
    """Whether shapes differ, or numbers by more than float32 leaves between equal formulas."""
    largest = _largest(pairs)
    size = max((float(np.abs(np.asarray(one)).max(initial=0)) for one, _ in pairs), default=0.0)
    return largest is None or not largest <= TOLERANCE * max(size, 1e-30)


def _largest(pairs):
    """The largest difference of pairs of arrays; None if there is none, or shapes differ."""
    pairs = [(np.asarray(one, np.float64), np.asarray(two, np.float64)) for one, two in pairs]
    if not pairs or any(one.shape != two.shape for one, two in pairs):
        return None
    return float(max(np.abs(one - two).max(initial=0) for one, two in pairs))
