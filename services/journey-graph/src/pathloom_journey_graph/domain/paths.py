"""Paths people really take: variants and transitions. The parts always sum to the whole."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pathloom_journey_graph.domain.values import Journey, JourneyState, Touchpoint

BEGIN, END, IN_PROGRESS = "(begin)", "(end)", "(in progress)"
STEP_BY = ("channel", "department", "stage")


def steps_of_journey(journey: Journey, by: str) -> tuple[str, ...]:
    """The names of a journey's steps. By department: those of its legs in order, repeats in a row folded into one."""
    if by == "channel":
        return tuple(t.channel for t in journey.touchpoints)
    if by == "stage":
        return tuple(t.stage or t.channel for t in journey.touchpoints)
    names = [name for t in journey.touchpoints for name in _departments(t)]
    return tuple(name for i, name in enumerate(names) if i == 0 or names[i - 1] != name)


def _departments(touchpoint: Touchpoint) -> Sequence[str]:
    named = [
        leg.department for leg in touchpoint.legs if leg.department and leg.kind in ("agent", "conference")
    ]
    return named or ([touchpoint.department] if touchpoint.department else [touchpoint.channel])


@dataclass(frozen=True, slots=True)
class Path:
    """Journeys that took the same steps and stand alike (`ended`: closed)."""

    steps: tuple[str, ...]
    ended: bool
    journeys: int
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Variants:
    """Distinct paths, most travelled first; the counts shown and `other` sum to `total`."""

    shown: tuple[Path, ...]
    other: int
    total: int
    distinct: int
    by_distinct_steps: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Transitions:
    """(from, to, count), most travelled first; the counts shown and `other` sum to `total`."""

    shown: tuple[tuple[str, str, int], ...]
    other: int
    total: int


def ended(journey: Journey) -> bool:
    """Closed, one way or another."""
    return journey.state is not JourneyState.IN_PROGRESS


def variants(paths: Iterable[Path], limit: int) -> Variants:
    """Counts by steps alone."""
    counts: Counter[tuple[str, ...]] = Counter()
    examples: dict[tuple[str, ...], list[str]] = {}
    spread: Counter[int] = Counter()
    for path in paths:
        counts[path.steps] += path.journeys
        examples.setdefault(path.steps, []).extend(path.examples)
        spread[len(set(path.steps))] += path.journeys
    ranked = sorted(counts.items(), key=lambda found: (-found[1], found[0]))
    shown = tuple(Path(steps, True, n, tuple(sorted(examples[steps])[:3])) for steps, n in ranked[:limit])
    total = counts.total()
    return Variants(shown, total - sum(p.journeys for p in shown), total, len(counts), dict(spread))


def transitions(paths: Iterable[Path], limit: int) -> Transitions:
    """Each step to the next, begins and ends among them: a journey of k steps has k + 1."""
    counts: Counter[tuple[str, str]] = Counter()
    for path in paths:
        for step in pairwise((BEGIN, *path.steps, END if path.ended else IN_PROGRESS)):
            counts[step] += path.journeys
    ranked = sorted(counts.items(), key=lambda found: (-found[1], found[0]))
    shown = tuple((a, b, n) for (a, b), n in ranked[:limit])
    total = counts.total()
    return Transitions(shown, total - sum(n for _, _, n in shown), total)
