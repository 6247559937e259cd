"""The times of a training step as tables of text."""

from lowlevel.inspection.profile import FORWARD, GRADIENT, OTHER, UPDATE, Profile, by_kind, by_layer
from lowlevel.inspection.summary import align

PARTS = (FORWARD, GRADIENT, UPDATE, OTHER)


def text(profile: Profile, depth: int | None = None, top: int = 10) -> str:
    """The time of a step, and three tables: by layer, by kind, and by single operation.

    Args:
        profile: a `lowlevel.inspection.profile.Profile`.
        depth: fold layers whose names share this many first parts; None folds nothing.
        top: lines of each table.

    Returns:
        Lines of text. Times are milliseconds a step; shares are of the sum of all operations.
    """
    operations = profile.operations
    total = sum(operation.milliseconds for operation in operations)
    layers = [
        (layer or "(no layer)", *(parts.get(part, 0.0) for part in PARTS), sum(parts.values()))
        for layer, parts in by_layer(operations, depth).items()
    ]
    kinds = [(kind, str(count), time) for kind, (time, count) in by_kind(operations).items()]
    single = [(one.name, one.kind, one.milliseconds) for one in operations]
    return "\n\n".join(
        [
            f"{profile.milliseconds:.2f} ms a step; its {len(operations)} operations add up to "
            f"{total:.2f} ms, for some run at the same time.",
            _table(("layer", *PARTS, "ms", "share"), layers, total, top),
            _table(("kind", "number", "ms", "share"), kinds, total, top),
            _table(("operation", "kind", "ms", "share"), single, total, top),
        ]
    )


def _table(header, rows, total, top):
    """A table of the first rows, each of texts, then numbers; its last number gives its share."""
    lines = [header]
    for *cells, milliseconds in rows[:top]:
        shown = [cell if isinstance(cell, str) else f"{cell:.2f}" for cell in cells]
        lines.append((*shown, f"{milliseconds:.2f}", f"{milliseconds / total:.1%}"))
    if len(rows) > top:
        rest = sum(row[-1] for row in rows[top:])
        blank = [""] * (len(header) - 3)
        lines.append((f"{len(rows) - top} more", *blank, f"{rest:.2f}", f"{rest / total:.1%}"))
    return "\n".join(align(lines, left=(header[0], "kind")))
