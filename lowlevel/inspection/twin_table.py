"""How two steps compare: a table by layer, and what differs first."""

import dataclasses

COLUMNS = ("activation", "its gradient", "gradients", "updated")


@dataclasses.dataclass
class Row:
    """The largest differences of a layer; None where there is nothing to compare.

    Attributes:
        layer: its name.
        differences: by column, see `COLUMNS`: of its activation, of the gradient of that, of the
            gradients of its variables, of its variables after the step.
        differing: the columns in which there is more than rounding.
    """

    layer: str
    differences: dict[str, float | None] = dataclasses.field(
        default_factory=lambda: dict.fromkeys(COLUMNS)
    )
    differing: set[str] = dataclasses.field(default_factory=set)


@dataclasses.dataclass(frozen=True)
class Difference:
    """What differs.

    Attributes:
        name: of a layer or a variable, for example "bn1" or "weights/c1".
        part: what of it differs, for example "its activation".
        causes: what explains it, in words, the most usual first.
    """

    name: str
    part: str
    causes: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.causes:
            return f"{self.part}. What explains it: {'; or '.join(self.causes)}."
        return (
            f"{self.part}. None of the usual causes explains it. If it is small and of both signs, "
            f"a fused kernel or a lower precision rounds otherwise."
        )


@dataclasses.dataclass(frozen=True)
class Comparison:
    """How two steps compare.

    Attributes:
        rows: a `Row` for each layer that both have, in their order.
        differences: what differs: a `Difference` for the first, and for others that are not due
            to it.
    """

    rows: list[Row]
    differences: list[Difference]

    @property
    def first(self) -> Difference | None:
        """The `Difference` that comes first; None if all is equal."""
        return self.differences[0] if self.differences else None

    @property
    def equal(self) -> bool:
        """Whether nothing differs by more than rounding."""
        return not self.differences

    def __str__(self) -> str:
        """A line for each layer, with a star for what differs, and what differs first."""
        width = max(len(row.layer) for row in self.rows)
        lines = [f"{'layer':{width}}" + "".join(f"  {name:>12}  " for name in COLUMNS)]
        for row in self.rows:
            cells = (_cell(row.differences[name], name in row.differing) for name in COLUMNS)
            lines.append(f"{row.layer:{width}}" + "".join(f"  {cell:>14}" for cell in cells))
        words = [] if self.differences else ["Equal, up to the rounding of 32 bits."]
        for number, found in enumerate(self.differences):
            verb = "differs first, in" if number == 0 else "differs by itself, in"
            words.append(f"{found.name} {verb} {found}")
        return "\n".join([*(line.rstrip() for line in lines), "", *words])


def _cell(difference, differs):
    if difference is None:
        return "yes *" if differs else ""
    return f"{difference:.2e}{' *' if differs else '  '}"
