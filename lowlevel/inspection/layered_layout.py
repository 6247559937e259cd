"""Places for the nodes of a graph: each below all that it depends on, branches side by side.

Source: the steps of Sugiyama et al. (1981): rows by the longest way from the start, invisible nodes
where an edge passes a row, and a few sweeps that put each node near those it is connected with.
"""

import itertools
from collections.abc import Iterable, Sequence

SWEEPS = 8


def place(names: Sequence[str], edges: Iterable[tuple[str, str]]) -> tuple[dict, dict]:
    """Columns and rows for a graph.

    Args:
        names: the nodes, in an order in which they can run.
        edges: pairs of names, (source, target). An edge against the order, as from a layer that is
            used again, does not move any node.

    Returns:
        A pair of dicts: for each node its (column, row), rows from 0; for each edge the places it
        passes between its ends.
    """
    order = {name: number for number, name in enumerate(names)}
    forward = [(a, b) for a, b in edges if order[a] < order[b]]
    rows = dict.fromkeys(names, 0)
    for name in names:
        rows[name] = max((rows[a] + 1 for a, b in forward if b == name), default=0)

    # Every edge becomes a chain of nodes a row apart; those between its ends are pairs.
    chains = {}
    members = {}
    for name in names:
        members.setdefault(rows[name], []).append(name)
    for a, b in forward:
        between = [((a, b), row) for row in range(rows[a] + 1, rows[b])]
        for node in between:
            members[node[1]].append(node)
        chains[a, b] = [a, *between, b]
    columns = _columns(members, chains.values())
    for chain in chains.values():
        _straighten(chain[1:-1], members, columns)

    places = {name: (columns[name], rows[name]) for name in names}
    routes: dict = {
        edge: [(columns[node], node[1]) for node in chain[1:-1]] for edge, chain in chains.items()
    }
    for a, b in edges:
        if order[a] >= order[b]:  # back up, to the right of all nodes
            beside = max(columns.values()) + 1
            routes[a, b] = [(beside, rows[a] + 0.5), (beside, rows[b] - 0.5)]
    return places, routes


def _columns(members, chains):
    """Columns of all nodes: each drawn to its neighbours, none nearer than 1 to the next."""
    neighbours = {}
    for chain in chains:
        for a, b in itertools.pairwise(chain):
            neighbours.setdefault(a, []).append(b)
            neighbours.setdefault(b, []).append(a)
    columns = {}
    for nodes in members.values():
        for number, node in enumerate(nodes):
            columns[node] = number - (len(nodes) - 1) / 2
    for sweep in range(SWEEPS):
        for row in sorted(members, reverse=sweep % 2 == 1):
            wanted = {
                node: _mean([columns[other] for other in neighbours.get(node, [node])])
                for node in members[row]
            }
            nodes = sorted(members[row], key=lambda node: wanted[node])
            spread = [wanted[nodes[0]]]
            for node in nodes[1:]:
                spread.append(max(wanted[node], spread[-1] + 1))
            shift = _mean(spread) - _mean(list(wanted.values()))
            for node, column in zip(nodes, spread, strict=True):
                columns[node] = column - shift
    return columns


def _straighten(between, members, columns):
    """Puts the nodes of an edge below one another, as far out as one of them, if there is room."""
    if not between:
        return
    for column in (max(columns[node] for node in between), min(columns[node] for node in between)):
        others = [node for _, row in between for node in members[row] if node not in between]
        if all(abs(columns[node] - column) >= 1 for node in others):
            columns.update(dict.fromkeys(between, column))
            return


def _mean(numbers):
    return sum(numbers) / len(numbers)
