"""Friction: how hard a journey was, as the sum of named contributions."""

from __future__ import annotations

import math

from pathloom_scoring.domain.journeys import Journey
from pathloom_scoring.domain.scores import Contribution, Friction
from pathloom_scoring.domain.signals import friction_signals
from pathloom_scoring.domain.weights import Weights


def friction(journey: Journey, weights: Weights) -> Friction:
    """friction(journey) = Σ over signals of min(amount ÷ per × points, at_most), each touchpoint by itself.

    Points, 0 = effortless, open-ended. What a bounded journey omits counts by its sums. Defined by us; the weights
    and their reasons stand in the model's file. A promise counts when it is said to be broken, was kept late, or
    was due and not kept when the journey was last heard of: the score changes with events only, never with the clock.
    """
    contributions = tuple(
        Contribution(
            signal.name,
            weights.friction[signal.name].worth(signal.amount, signal.spread),
            signal.amount,
            weights.friction[signal.name].unit,
            signal.touchpoint_id,
        )
        for signal in friction_signals(journey, weights)
    )
    return Friction(math.fsum(part.points for part in contributions), contributions)
