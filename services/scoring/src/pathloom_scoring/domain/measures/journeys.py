"""Measures over whole journeys."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pathloom_scoring.domain.intervals import NOTHING, Z95, Estimate, count, covered, mean, net_promoter_score
from pathloom_scoring.domain.measures.registry import DESIGN, EXACT, OURS, STUDENT, Family, measure
from pathloom_scoring.domain.measures.sums import JourneySums, Stratum

JOURNEYS = Family.JOURNEYS
MIN_ANSWERS = 5
"""A stratum with fewer answers says too little to weigh by."""


@measure(unit="count", family=JOURNEYS, formula="|journeys|", interval=EXACT, source=OURS)
def journeys(s: JourneySums) -> Estimate:
    """Journeys with a touchpoint in the selection; grouped, each journey stands in the group of its first one there."""
    return count(s.journeys, s.journeys)


@measure(
    unit="points",
    family=JOURNEYS,
    formula="Σ over strata of (journeys in stratum ÷ journeys) · NPS in stratum",
    interval="± 1.96 · √variance, stratified: variance = Σ W²·100²·[p+d−(p−d)²]/(n−1)",
    source=DESIGN,
)
def journey_nps(s: JourneySums) -> Estimate:
    """Journey NPS: the NPS of whole journeys, each answer weighted by the inverse of the answering share of journeys alike (tercile of friction × first channel), with the share of journeys with an answer as coverage.

    A journey's answer is its latest about the journey, else its latest about a contact in it. Strata with fewer
    than MIN_ANSWERS answers are put together, within their tercile first.
    """
    return covered(weighted_nps(s.strata), s.journeys)


@measure(unit="currency", family=JOURNEYS, formula="Σ unit costs ÷ journeys", interval=STUDENT, source=OURS)
def cost_per_journey(s: JourneySums) -> Estimate:
    """Cost per journey: the mean over journeys of the sum of the blueprint's unit costs of their touchpoints.

    A journey of which no touchpoint's channel has a unit cost is not measured.
    """
    return covered(mean(s.costs), s.journeys)


@measure(unit="points", family=JOURNEYS, formula="Σ friction ÷ journeys", interval=STUDENT, source=OURS)
def friction_mean(s: JourneySums) -> Estimate:
    """Friction: the mean over journeys of the sum of their named contributions, 0 = effortless."""
    return covered(mean(s.frictions), s.journeys)


@measure(unit="points", family=JOURNEYS, formula="Σ satisfaction ÷ journeys", interval=STUDENT, source=OURS)
def satisfaction_mean(s: JourneySums) -> Estimate:
    """Satisfaction of everybody: the mean over journeys, 0 to 100, answered or else estimated; unknown ones lower the coverage.

    The interval is that of the mean, not of the estimating.
    """
    return covered(mean(s.satisfactions), s.journeys)


def weighted_nps(strata: Sequence[Stratum]) -> Estimate:
    """NPS = Σ W·NPS_h over strata h with W = N_h ÷ N: each answer weighs the inverse of its stratum's answering share.

    Variance Σ W²·100²·[p+d−(p−d)²]/(n_h−1), that of a stratified mean (Cochran 1977, 5.13). n is the number of
    answers. Where everybody alike answered the same it would be 0; then the interval is that of the answers unweighted.
    """
    usable = collapsed(strata)
    n = sum(h.answered for h in usable)
    if n == 0:
        return NOTHING
    unweighted = net_promoter_score(sum(h.promoters for h in usable), sum(h.detractors for h in usable), n)
    if len(usable) == 1:
        return unweighted
    everything = sum(h.journeys for h in usable)
    value = variance = 0.0
    for h in usable:
        w, p, d = h.journeys / everything, h.promoters / h.answered, h.detractors / h.answered
        value += w * 100 * (p - d)
        variance += w * w * 100**2 * (p + d - (p - d) ** 2) / (h.answered - 1)
    if variance <= 0:
        return Estimate(value, n, unweighted.low, unweighted.high)
    half = Z95 * math.sqrt(variance)
    return Estimate(value, n, max(-100.0, value - half), min(100.0, value + half))


def collapsed(strata: Sequence[Stratum]) -> tuple[Stratum, ...]:
    """The same journeys in strata of at least MIN_ANSWERS answers each, or in a single one.

    Sparse strata are put together within their tercile; what is sparse still joins the tercile's largest, or, where
    the tercile has none, the terciles' sparse rests are put together and join the largest of all.
    """
    kept: list[Stratum] = []
    rest: list[Stratum] = []
    for tercile in sorted({h.tercile for h in strata}):
        mine = [h for h in strata if h.tercile == tercile]
        dense = [h for h in mine if h.answered >= MIN_ANSWERS]
        dense, left = _absorb(dense, [h for h in mine if h.answered < MIN_ANSWERS])
        kept += dense
        rest += left
    kept, left = _absorb(kept, rest)
    return tuple(kept) or tuple(left)


def _absorb(dense: list[Stratum], sparse: list[Stratum]) -> tuple[list[Stratum], list[Stratum]]:
    """(dense strata with the sparse in them, what could not be placed: one stratum or none)."""
    if not sparse:
        return dense, []
    together = _sum(sparse)
    if together.answered >= MIN_ANSWERS:
        return [*dense, together], []
    if not dense:
        return [], [together]
    largest = max(dense, key=lambda h: (h.journeys, h.channel))
    return [*(h for h in dense if h is not largest), _sum([largest, together])], []


def _sum(strata: Sequence[Stratum]) -> Stratum:
    return Stratum(
        tercile=strata[0].tercile,
        channel=strata[0].channel if len(strata) == 1 else "",
        journeys=sum(h.journeys for h in strata),
        answered=sum(h.answered for h in strata),
        promoters=sum(h.promoters for h in strata),
        detractors=sum(h.detractors for h in strata),
    )
