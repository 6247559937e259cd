"""Blocks that are repeated, such as those of a transformer: drawn once, with how often they run."""

import dataclasses

from lowlevel.inspection.summary import Layer


def fold(layers: list[Layer]) -> tuple[list[Layer], dict[str, int]]:
    """Leaves out blocks that only repeat the block before them.

    A block is all layers whose names begin alike, such as "block1/norm1". Two blocks are alike if
    their layers have the same names behind that, shapes, operations, parameters, and inputs.

    Args:
        layers: a list of `lowlevel.inspection.summary.Layer`s, in order.

    Returns:
        The list without the repetitions, and a dict of how often each block that is left runs,
        for those that run more than once.
    """
    blocks = {}
    for layer in layers:
        blocks.setdefault(layer.name.split("/")[0], []).append(layer)
    counts, instead, first = {}, {}, None  # instead: the layer that stands for one left out
    for name, members in blocks.items():
        if first is not None and _form(name, members) == _form(first, blocks[first]):
            counts[first] = counts.get(first, 1) + 1
            for left_out, kept in zip(members, blocks[first], strict=True):
                instead[left_out.name] = kept.name
        else:
            first = name if len(members) > 1 else None
    kept = [
        dataclasses.replace(
            layer,
            inputs=list(dict.fromkeys(instead.get(source, source) for source in layer.inputs)),
        )
        for layer in layers
        if layer.name not in instead
    ]
    return kept, counts


def _form(block, members):
    """What two blocks must have in common; inputs from outside are alike."""
    inside = {layer.name for layer in members}
    return [
        (
            layer.name.removeprefix(block),
            layer.output_shape,
            sorted(set(layer.operations)),
            layer.parameters,
            [name.removeprefix(block) if name in inside else "" for name in layer.inputs],
        )
        for layer in members
    ]
