"""A resolution held against the truth: measures, the worst mistakes with their evidence, the curve over thresholds."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pathloom_identity.domain.evidence.measures import (
    Point,
    Score,
    b_cubed,
    curve,
    pair_count,
    pairwise,
)
from pathloom_identity.domain.evidence.model import BIT
from pathloom_identity.domain.evidence.resolution import Resolution
from pathloom_identity.domain.evidence.weighing import Piece

from pathloom_local.identity.persons import Persons


@dataclass(frozen=True, slots=True)
class Mistake:
    """A pair put together wrongly, or apart wrongly, with what spoke for and against it."""

    left: int
    right: int
    joined: bool
    weight: float
    vetoed: bool
    evidence: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """`b_cubed` is None between two files. `household`: of the links made, the share between two persons of one
    household; None where no household was named."""

    persons: int
    pairwise: Score
    b_cubed: Score | None
    household: float | None
    joined_wrongly: int
    left_apart: int
    never_weighed: int
    mistakes: tuple[Mistake, ...]
    curve: tuple[Point, ...]


def judge(persons: Persons, found: Resolution, across: bool, shown: int) -> Judgement:
    """`across`: only pairs of records of different files count. `shown`: how many mistakes of each sort."""
    truth = _labels(persons.truth)
    side = persons.side if across else None
    left, right = found.pairs.left, found.pairs.right
    counts = persons.side[left] != persons.side[right] if across else np.ones(len(left), dtype=bool)
    same = truth[left] == truth[right]
    joined = found.cluster[left] == found.cluster[right]
    wanted = pair_count(truth, side)
    both = pair_count(_joint(truth, found.cluster), side)
    weighed = int((same & counts).sum())
    weight = found.weight / BIT
    usable = counts & ~found.vetoed
    wrong = np.flatnonzero(counts & joined & ~same)
    missed = np.flatnonzero(counts & same & ~joined)
    # The worst are the surest: the heaviest of the wrong, and of those left apart.
    worst = [*_heaviest(wrong, weight, shown), *_heaviest(missed, weight, shown)]
    return Judgement(
        len(np.unique(truth)),
        pairwise(found.cluster, truth, side),
        None if across else b_cubed(found.cluster, truth),
        _confused(persons, found, truth) if any(persons.household) else None,
        pair_count(found.cluster, side) - both,
        wanted - both,
        wanted - weighed,
        tuple(_mistake(at, found, bool(joined[at])) for at in worst),
        tuple(curve(weight[usable], same[usable], wanted)),
    )


def _heaviest(at: NDArray[np.intp], weight: NDArray[np.float64], shown: int) -> list[int]:
    found: list[int] = at[np.argsort(-weight[at], kind="stable")][:shown].tolist()
    return found


def _mistake(at: int, found: Resolution, joined: bool) -> Mistake:
    return Mistake(
        int(found.pairs.left[at]),
        int(found.pairs.right[at]),
        joined,
        int(found.weight[at]) / BIT,
        bool(found.vetoed[at]),
        tuple(found.evidence(at)),
    )


def _confused(persons: Persons, found: Resolution, truth: NDArray[np.int64]) -> float:
    """Over all links made (across the files where there are two)."""
    two = bool(persons.side.any())
    members: dict[int, list[int]] = defaultdict(list)
    for at, cluster in enumerate(found.cluster.tolist()):
        members[cluster].append(at)
    links = confused = 0
    for group in members.values():
        for at, left in enumerate(group):
            for right in group[at + 1 :]:
                if two and persons.side[left] == persons.side[right]:
                    continue
                links += 1
                home = persons.household[left]
                confused += truth[left] != truth[right] and bool(home) and home == persons.household[right]
    return confused / links if links else 0.0


def _labels(texts: list[str]) -> NDArray[np.int64]:
    seen: dict[str, int] = {}
    return np.array([seen.setdefault(text, len(seen)) for text in texts], dtype=np.int64)


def _joint(a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.int64]:
    made: NDArray[np.int64] = a * (int(b.max(initial=0)) + 1) + b
    return made
