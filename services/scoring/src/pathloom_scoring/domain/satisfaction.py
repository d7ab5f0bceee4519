"""Satisfaction: from the customer's answers where there are any, else an estimate that says so."""

from __future__ import annotations

import math

from pathloom_scoring.domain.answers import share_of_scale
from pathloom_scoring.domain.intervals import Z95
from pathloom_scoring.domain.journeys import Journey
from pathloom_scoring.domain.scores import Basis, Contribution, Satisfaction
from pathloom_scoring.domain.signals import Signal, friction_signals, outcome_signals
from pathloom_scoring.domain.weights import SATISFACTION_SIGNALS, Weights

MIN_TOUCHPOINTS = 2
"""Below this many touchpoints nothing is estimated."""


def satisfaction(journey: Journey, weights: Weights) -> Satisfaction:
    """How the journey felt, 0 (worst) to 100 (best).

    Answered: the mean of its NPS, CSAT and CES answers about the journey, else of those about contacts in it, each
    mapped linearly to 0..100; its interval is ± 1.96 · √(answer_sd² ÷ n), for contacts ± 1.96 · √(answer_sd² ÷ n +
    contact_to_journey_sd²). Estimated: base + Σ contributions, bounded to 0..100; its interval is ± 1.96 · estimate_sd.
    Unknown: no answer and fewer than two touchpoints. Defined by us.
    """
    answered = _answered(journey, weights)
    if answered is not None:
        return answered
    if journey.touchpoint_count < MIN_TOUCHPOINTS:
        return Satisfaction(Basis.UNKNOWN)
    return _estimated(journey, weights)


def _answered(journey: Journey, weights: Weights) -> Satisfaction | None:
    usable = [
        (point.touchpoint_id, answer, share)
        for point in journey.touchpoints
        for answer in point.answers
        if answer.about != "relationship" and (share := share_of_scale(answer)) is not None
    ]
    about_journey = [one for one in usable if one[1].about == "journey"]
    values, apart = (about_journey, 0.0) if about_journey else (usable, weights.contact_to_journey_sd)
    if not values:
        return None
    n = len(values)
    parts = tuple(
        Contribution(
            "answer", share * 100 / n, answer.value, _unit(answer.scale, answer.scale_max), touchpoint
        )
        for touchpoint, answer, share in values
    )
    value = math.fsum(part.points for part in parts)
    half = Z95 * math.hypot(weights.answer_sd / math.sqrt(n), apart)
    return Satisfaction(
        Basis.ANSWERED, _bounded(value), _bounded(value - half), _bounded(value + half), None, parts
    )


def _unit(scale: str, scale_max: float) -> str:
    return f"{scale} of {scale_max:g}" if scale_max > 0 else scale


def _estimated(journey: Journey, weights: Weights) -> Satisfaction:
    signals = (*friction_signals(journey, weights), *outcome_signals(journey))
    parts = tuple(
        _contribution(name, same, weights)
        for name in SATISFACTION_SIGNALS
        if (same := [signal for signal in signals if signal.name == name])
    )
    value = math.fsum((weights.base, *(part.points for part in parts)))
    half = Z95 * weights.estimate_sd
    return Satisfaction(
        Basis.ESTIMATED, _bounded(value), _bounded(value - half), _bounded(value + half), weights.base, parts
    )


def _contribution(name: str, same: list[Signal], weights: Weights) -> Contribution:
    weight = weights.satisfaction[name]
    amount = math.fsum(signal.amount for signal in same)
    places = {signal.touchpoint_id for signal in same}
    place = places.pop() if len(places) == 1 else ""
    return Contribution(name, weight.worth(amount), amount, weight.unit, place)


def _bounded(value: float) -> float:
    return max(0.0, min(100.0, value))
