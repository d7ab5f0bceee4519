"""A figure beside its floor, and the table of them all."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. `floor` is what the bare framework or store did in the same run; None where there is none."""

    what: str
    got: float
    unit: str
    floor: float | None = None
    reach: str = ""
    """In words: what it is to reach; empty where a figure stands beside another one only to explain it."""
    held: bool | None = None
    """Whether it did; None where nothing is to be reached."""
    n: int = 0
    """Measurements behind it."""
    notes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ratio(self) -> float | None:
        """Of what was measured to its floor."""
        return self.got / self.floor if self.floor else None


def at_most(what: str, got: float, unit: str, most: float, **others: Any) -> Figure:
    """To be at most `most`."""
    return Figure(what, got, unit, reach=f"≤ {most:g} {unit}", held=got <= most, **others)


def at_least(what: str, got: float, unit: str, least: float, **others: Any) -> Figure:
    """To be at least `least`."""
    return Figure(what, got, unit, reach=f"≥ {least:,.10g} {unit}", held=got >= least, **others)


def times_floor(what: str, got: float, unit: str, floor: float, most: float, **others: Any) -> Figure:
    """To be at most `most` times its floor."""
    return Figure(what, got, unit, floor, f"≤ {most:g} × floor", got <= most * floor, **others)


def share_of_floor(what: str, got: float, unit: str, floor: float, least: float, **others: Any) -> Figure:
    """To be at least `least` of its floor."""
    return Figure(what, got, unit, floor, f"≥ {least:g} × floor", got >= least * floor, **others)


def table(figures: Sequence[Figure]) -> str:
    """For people."""
    rows = [("what", "got", "floor", "ratio", "to reach", "", "n", "")]
    for each in figures:
        notes = ", ".join(f"{name} {value}" for name, value in each.notes.items())
        rows.append(
            (
                each.what,
                _number(each.got, each.unit),
                "" if each.floor is None else _number(each.floor, each.unit),
                "" if each.ratio is None else f"{each.ratio:.2f}",
                each.reach,
                "" if each.held is None else "holds" if each.held else "FAILS",
                f"{each.n:,}" if each.n else "",
                notes,
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def as_json(figures: Sequence[Figure]) -> list[dict[str, Any]]:
    """For programs."""
    return [{**asdict(each), "ratio": each.ratio} for each in figures]


def _number(value: float, unit: str) -> str:
    digits = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{digits} {unit}"
