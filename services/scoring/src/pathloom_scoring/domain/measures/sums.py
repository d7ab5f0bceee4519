"""What the stores sum up for a group; the measures are functions of these, so that they need no store."""

from __future__ import annotations

from dataclasses import dataclass

from pathloom_scoring.domain.intervals import NO_VALUES, Moments


@dataclass(frozen=True, slots=True)
class TouchpointSums:
    """Over touchpoints. `judged` = offered, no short call, and answered or over."""

    touchpoints: int = 0
    customer_active: int = 0
    customer_passive: int = 0
    brand_active: int = 0
    brand_passive: int = 0
    begun_by_customer: int = 0
    hops: int = 0
    hop_costs: Moments = NO_VALUES
    contacts: int = 0
    contact_costs: Moments = NO_VALUES
    judged: int = 0
    judged_abandoned: int = 0
    judged_timed: int = 0
    judged_in_time: int = 0
    answered: int = 0
    transferred: int = 0
    answer_waits: Moments = NO_VALUES
    offered: int = 0
    waited: int = 0
    longest_wait_s: float | None = None
    entered_self_service: int = 0
    contained: int = 0


@dataclass(frozen=True, slots=True)
class HandlingSums:
    """Over handlings that are over."""

    handlings: int = 0
    times: Moments = NO_VALUES


@dataclass(frozen=True, slots=True)
class FollowUpSums:
    """Over inbound contacts. `judged`: the reason is known and the window is over."""

    inbound: int = 0
    with_reason: int = 0
    repeats: int = 0
    judged: int = 0
    resolved: int = 0
    net_inbound: int = 0
    net_judged: int = 0
    net_resolved: int = 0


@dataclass(frozen=True, slots=True)
class AnswerSums:
    """Over answers, on their standard widths; `*_asked` counts those that could not be used too."""

    nps_asked: int = 0
    nps: int = 0
    promoters: int = 0
    detractors: int = 0
    csat_asked: int = 0
    csat: int = 0
    csat_top: int = 0
    ces_asked: int = 0
    ces: Moments = NO_VALUES
    ces_easy: int = 0


@dataclass(frozen=True, slots=True)
class Stratum:
    """Journeys alike in friction (tercile 0, 1, 2) and first channel, and what those of them that answered said."""

    tercile: int
    channel: str
    journeys: int
    answered: int = 0
    promoters: int = 0
    detractors: int = 0


@dataclass(frozen=True, slots=True)
class JourneySums:
    """Over journeys."""

    journeys: int = 0
    costs: Moments = NO_VALUES
    frictions: Moments = NO_VALUES
    satisfactions: Moments = NO_VALUES
    strata: tuple[Stratum, ...] = ()


@dataclass(frozen=True, slots=True)
class PromiseSums:
    """Over promises. `judged`: kept, said to be broken, or due by now."""

    promises: int = 0
    overdue: int = 0
    judged: int = 0
    kept: int = 0


Sums = TouchpointSums | HandlingSums | FollowUpSums | AnswerSums | JourneySums | PromiseSums
