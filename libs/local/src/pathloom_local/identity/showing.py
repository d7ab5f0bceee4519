"""What `pathloom identity evaluate` tells: a table for a person, one object for a program, a picture."""

from collections.abc import Mapping, Sequence
from typing import Any

from pathloom_identity.domain.evidence.measures import Point, Score
from pathloom_identity.domain.evidence.weighing import Piece
from rich.markup import escape
from rich.table import Table

from pathloom_local.identity.judging import Judgement, Mistake
from pathloom_local.identity.persons import Persons


def as_object(
    said: Mapping[str, Any], judgement: Judgement, persons: Persons, values: bool
) -> dict[str, Any]:
    """Everything, for a program."""
    return {
        **said,
        "persons_in_truth": judgement.persons,
        "pairwise": _score(judgement.pairwise),
        "b_cubed": _score(judgement.b_cubed) if judgement.b_cubed else None,
        "household_confusion": judgement.household,
        "pairs_joined_wrongly": judgement.joined_wrongly,
        "pairs_left_apart": judgement.left_apart,
        "pairs_never_weighed": judgement.never_weighed,
        "mistakes": [_mistake(each, persons, values) for each in judgement.mistakes],
        "curve": [
            {"threshold": p.threshold, "precision": round(p.precision, 6), "recall": round(p.recall, 6)}
            for p in judgement.curve
        ],
    }


def as_table(said: Mapping[str, Any], judgement: Judgement) -> Table:
    """The measures, for a person."""
    made = Table(title=f"{said['records']} records, {judgement.persons} persons", title_justify="left")
    made.add_column("measure")
    for name in ("precision", "recall", "F1"):
        made.add_column(name, justify="right")
    for name, score in (("pairwise", judgement.pairwise), ("B³", judgement.b_cubed)):
        if score is not None:
            made.add_row(name, *(f"{value:.4f}" for value in (score.precision, score.recall, score.f1)))
    return made


def mistake_lines(mistake: Mistake, persons: Persons, values: bool) -> list[str]:
    """A mistake and its waterfall, escaped for the terminal."""
    what = "joined, but two persons" if mistake.joined else "left apart, but one person"
    veto = ", vetoed" if mistake.vetoed else ""
    where = f"line {persons.lines[mistake.left]} and line {persons.lines[mistake.right]}"
    lines = [f"[bold]{what}[/bold]: {where}, {mistake.weight:+.1f} bits{veto}"]
    for piece in mistake.evidence:
        pair = ""
        if values and piece.name in persons.records.columns:
            pair = "  " + " | ".join(_value(persons, piece.name, at) for at in (mistake.left, mistake.right))
        lines.append(f"  {piece.weight:+7.1f}  {escape(piece.name)}: {piece.level}{escape(pair)}")
    return lines


def chart(points: Sequence[Point], height: int = 10) -> list[str]:
    """Precision (P) and recall (R) of single pairs over the threshold, in characters; B is both."""
    grid = [[" "] * len(points) for _ in range(height + 1)]
    for at, point in enumerate(points):
        p, r = (height - round(value * height) for value in (point.precision, point.recall))
        grid[p][at] = "P"
        grid[r][at] = "B" if r == p else "R"
    lines = [f"{1 - row / height:4.1f} │ {' '.join(cells)}" for row, cells in enumerate(grid)]
    marks = "".join(f"{p.threshold:<+10.0f}" for p in points[::5])
    return [*lines, f"     └─{'─' * (2 * len(points))}", f"       {marks} bits"]


def svg(points: Sequence[Point]) -> str:
    """The same as a picture."""
    left, top, width, height = 60, 20, 640, 320
    span = points[-1].threshold - points[0].threshold

    def line(of: str, colour: str) -> str:
        dots = " ".join(
            f"{left + (p.threshold - points[0].threshold) / span * width:.1f},{top + (1 - getattr(p, of)) * height:.1f}"
            for p in points
        )
        return f'<polyline points="{dots}" fill="none" stroke="{colour}" stroke-width="2"/>'

    ticks = "".join(
        f'<text x="{left + (t - points[0].threshold) / span * width:.0f}" y="{top + height + 20}" '
        f'text-anchor="middle">{t:+.0f}</text>'
        for t in (p.threshold for p in points[::5])
    )
    steps = "".join(
        f'<text x="{left - 8}" y="{top + (1 - v / 10) * height + 4:.0f}" text-anchor="end">{v / 10:.1f}</text>'
        f'<line x1="{left}" x2="{left + width}" y1="{top + (1 - v / 10) * height:.0f}" '
        f'y2="{top + (1 - v / 10) * height:.0f}" stroke="#ddd"/>'
        for v in range(0, 11, 2)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + width + 20} {top + height + 60}" '
        'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="#fff"/>'
        f"{steps}{ticks}{line('precision', '#0b62a4')}{line('recall', '#c4541b')}"
        f'<text x="{left + 10}" y="{top + height + 45}">threshold, bits of evidence above even odds; '
        '<tspan fill="#0b62a4">precision</tspan>, <tspan fill="#c4541b">recall</tspan> of single pairs</text></svg>\n'
    )


def piece_object(piece: Piece) -> dict[str, Any]:
    """A piece of evidence for a program."""
    return {"name": piece.name, "level": piece.level, "weight": round(piece.weight, 6)}


def _mistake(mistake: Mistake, persons: Persons, values: bool) -> dict[str, Any]:
    made: dict[str, Any] = {
        "joined": mistake.joined,
        "lines": [persons.lines[mistake.left], persons.lines[mistake.right]],
        "weight": round(mistake.weight, 6),
        "vetoed": mistake.vetoed,
        "evidence": [piece_object(piece) for piece in mistake.evidence],
    }
    if values:
        names = sorted(persons.records.columns)
        made["values"] = [
            {name: _value(persons, name, at) for name in names} for at in (mistake.left, mistake.right)
        ]
    return made


def _value(persons: Persons, name: str, at: int) -> str:
    column = persons.records.columns[name]
    code = int(column.codes[at])
    return column.words.texts[code] if code >= 0 else ""


def _score(score: Score) -> dict[str, float]:
    return {"precision": score.precision, "recall": score.recall, "f1": score.f1}
