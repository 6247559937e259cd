"""Where the layers of a traced network stand on a page, and which are connected."""

from collections.abc import Iterator

from lowlevel.inspection import layered_layout
from lowlevel.inspection.traced import Trace


def of_layers(trace: Trace, layers: dict) -> tuple[dict, list]:
    """Places of layers, (column, row), and pairs of layers that are connected."""
    of = {name: layer for layer, entry in layers.items() for name in entry["operations"]}
    edges = {}
    for layer, entry in layers.items():
        for name in entry["operations"]:
            for source in _sources(name, trace, of, set()):
                if source != layer:
                    edges[source, layer] = None
    names = ["input", *layers]
    fixed = [edge for edge in edges if edge[0] in names and edge[1] in names]
    places, routes = layered_layout.place(names, fixed)
    return (
        {name: list(place) for name, place in places.items()},
        [[source, target, [list(point) for point in routes[source, target]]]
         for source, target in fixed],
    )  # fmt: skip


def _sources(name: str, trace: Trace, of: dict, seen: set) -> Iterator[str]:
    """Layers that an operation's numbers come from; "input" for the network's inputs."""
    for tensor in trace.operations[name].inputs:
        source = tensor.partition(":")[0]
        if source in seen or source not in trace.operations:
            continue
        seen.add(source)
        operation = trace.operations[source]
        if source in of:
            yield of[source]
        elif operation.kind == "Placeholder" and operation.outputs:
            yield "input"
        elif operation.kind != "ReadVariableOp":
            yield from _sources(source, trace, of, seen)
