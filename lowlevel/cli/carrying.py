"""Weights carried to the layers of another program and back: objects that hold variables.

A layer there has `weights`; a variable has a `name`, a `path`, a `shape`, `numpy()` and `assign()`,
as in Keras.
"""

import re
from typing import Any

import tensorflow as tf

from lowlevel.inspection.other_step import fits
from lowlevel.variables import KINDS, layer_of

PARTS = {  # what a variable of Keras is called here
    **dict.fromkeys(("kernel", "embeddings", "gamma"), "weights"),
    **dict.fromkeys(("bias", "beta"), "biases"),
    "moving_mean": "mean",
    "moving_variance": "variance",
}
TO_THEM, TO_US, NOWHERE = "->", "<-", "  "


def match(layers: dict[str, Any], variables: dict[str, tf.Variable]) -> dict[str, Any]:
    """Variables there by our names; for those that have no partner here, names like ours.

    Args:
        layers: layers there by the names that they have here.
        variables: our variables by name.
    """
    ours = {part_of(name): name for name in variables}
    found = {}
    for layer, there in layers.items():
        for variable in there.weights:
            alone = "weights" if len(there.weights) == 1 else variable.name
            part = (layer, PARTS.get(variable.name, alone))
            found[ours.get(part, f"{part[1]}/{layer}")] = variable
    return found


def part_of(name: str) -> tuple[str, str]:
    """The layer of one of our variables, and what it is there: "bn1" and "mean", for example."""
    *parts, last = name.split("/")
    kind = next(part for part in parts if part in KINDS)
    return layer_of(name), last if kind == "state" else kind


def carry(pairs: dict[str, Any], variables: dict[str, tf.Variable], direction: str) -> list[str]:
    """Carries numbers over where shapes fit.

    Args:
        pairs: what `match` returned.
        variables: our variables by name.
        direction: `TO_THEM`, `TO_US` or `NOWHERE`.

    Returns:
        The mapping, a line for each variable.
    """
    lines = []
    for name in dict.fromkeys([*variables, *pairs]):
        there: Any = pairs.get(name)
        here: Any = variables.get(name)
        both = here is not None and there is not None and fits(there.shape, here.shape)
        if both and direction == TO_THEM:
            there.assign(here.numpy().reshape(there.shape))
        elif both and direction == TO_US:
            here.assign(there.numpy().reshape(here.shape))
        theirs = "nothing there" if there is None else f"{there.path} {_shape(there)}"
        ours = "nothing here" if here is None else _shape(here)
        lines.append((name, ours, direction if both else NOWHERE, theirs))
    widths = [max(len(line[column]) for line in lines) for column in range(3)]
    return ["  ".join(map(str.ljust, line, [*widths, 0])).rstrip() for line in lines]


def reason_there(error: Exception) -> str:
    """The reason in an exception of Keras's, without the call and its arguments."""
    text = re.sub(r"\x1b\[\d*m", "", str(error))
    lines = [line for line in text.splitlines() if line and not line.startswith("Exception enc")]
    return (lines or [type(error).__name__])[0].rstrip(".")


def _shape(variable):
    return " x ".join(map(str, variable.shape)) or "one number"
