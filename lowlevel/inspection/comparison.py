"""Two traces side by side: how much each layer differs, and where they first differ."""

import numpy as np

from lowlevel.inspection.traced import Trace

TOLERANCE = 1e-6  # of the largest number of an array: what float32 leaves between equal formulas


def compare(trace: Trace, other: Trace, name: str) -> dict:
    """The largest differences between two traces of networks with the same layers, for JSON.

    Args:
        trace, other: `Trace`s of the same examples.
        name: what the other is called.

    Returns:
        A dict: `name`; `rows`, for each layer the largest difference of its activations, of their
        gradients, and of its variables, None where one of the two has none; `first`, the first
        layer whose activations differ by more than float32 explains, or None; `words`.
    """
    rows, first = [], None
    others = other.by_layer()
    for layer, operations in trace.by_layer().items():
        there = {operation.name: operation for operation in others.get(layer, ())}
        pairs = [(one, there[one.name]) for one in operations if one.name in there]
        value = _largest([(one.value, two.value) for one, two in pairs])
        gradient = _largest(
            [(one.gradient, two.gradient) for one, two in pairs if one.gradient and two.gradient]
        )
        weight = _largest(
            [
                (variable.before, other.variables[key].before)
                for key, variable in trace.variables.items()
                if variable.layer == layer and key in other.variables
            ]
        )
        size = max((np.abs(one.value.array).max(initial=0) for one, _ in pairs), default=0)
        differs = value is None or value > TOLERANCE * max(float(size), 1e-30)
        if first is None and differs:
            first = layer
        rows.append({"layer": layer, "value": value, "gradient": gradient, "weight": weight})
    words = (
        "Their activations are equal, up to the last bits."
        if first is None
        else f"They first differ in layer {first}."
    )
    return {"name": name, "rows": rows, "first": first, "words": words}


def _largest(pairs):
    """The largest difference of pairs of `Kept` of the same shapes; None if there is no pair."""
    alike = [(a.array, b.array) for a, b in pairs if a.array.shape == b.array.shape]
    if len(alike) < len(pairs) or not alike:
        return None
    differences = [
        np.abs(np.asarray(a, np.float64) - np.asarray(b, np.float64)).max(initial=0)
        for a, b in alike
        if a.dtype.kind in "fV"
    ]
    return float(max(differences, default=0))
