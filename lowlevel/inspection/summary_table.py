"""What a network is made of and costs, as a table of text."""

from lowlevel.inspection.costs import Cost
from lowlevel.inspection.receptive_field import ALL
from lowlevel.inspection.step_graph import OPEN_SIZE
from lowlevel.inspection.summary import Layer, align, describe_shape

NO_LAYER = "(no layer)"  # the inputs, the loss, and what runs outside all layers
LEGEND = """\
For one example: multiply-adds forward and backward; kept, the bytes of forward results that the
backward pass reads; sees, the part of the input that one number of the output depends on."""


def text(
    layers: list[Layer], costs: dict[str, Cost], shares: dict[str, float] | None = None
) -> str:
    """The layers as lines of text, with totals.

    Args:
        layers: what `summary.summarize` returns.
        costs: what `costs.of_net` returns, folded as deep.
        shares: of the time of a step by layer, for a column of it; None for none.
    """
    shares = shares or {}
    header = ("layer", "output shape", "parameters", "forward", "backward", "kept", "sees")
    by_name = {layer.name: layer for layer in layers}
    named = [name for name in costs if name]
    rows = [
        _row(name, by_name.get(name), costs.get(name, Cost()), shares.get(name, 0.0))
        for name in _merge(list(by_name), named)
    ]
    elsewhere = sum(share for name, share in shares.items() if name not in {*by_name, *named})
    if "" in costs or elsewhere:
        rows.append(_row(NO_LAYER, None, costs.get("", Cost()), elsewhere))
    rows.append(_total(layers, costs, shares))
    rows.insert(0, (*header, "time"))
    lines = align([row if shares else row[:-1] for row in rows], left=("layer", "output shape"))
    rule = "-" * len(lines[0])
    trainable = sum(layer.trainable for layer in layers)
    state = sum(layer.parameters for layer in layers) - trainable
    lines = [lines[0], rule, *lines[1:-1], rule, lines[-1]]
    lines += [f"{trainable:,} parameters are trained, {state:,} are state.", LEGEND]
    if any(None in layer.output_shape for layer in layers):
        lines.append(f"Sizes that are not fixed count as {OPEN_SIZE}.")
    return "\n".join(line.rstrip() for line in lines)


def _row(name, layer, cost, share):
    sees = cost.sees
    return (
        name,
        describe_shape(layer.output_shape) if layer else "",
        f"{layer.parameters:,}" if layer else "0",
        f"{cost.forward:,}",
        f"{cost.backward:,}",
        f"{cost.kept:,}",
        "" if name == NO_LAYER else "all" if sees == ALL else " x ".join(map(str, sees)),
        f"{share:.1%}",
    )


def _total(layers, costs, shares):
    sums = [
        sum(layer.parameters for layer in layers),
        *(
            sum(getattr(cost, name) for cost in costs.values())
            for name in ("forward", "backward", "kept")
        ),
    ]
    return ("total", "", *(f"{number:,}" for number in sums), "", f"{sum(shares.values()):.0%}")


def _merge(names, others):
    """All names: those of `others` alone, such as dropout, after the one that they follow there."""
    merged = list(names)
    for before, name in zip(["", *others], others, strict=False):
        if name not in merged:
            merged.insert(merged.index(before) + 1 if before in merged else 0, name)
    return merged
