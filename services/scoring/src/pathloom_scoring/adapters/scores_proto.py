"""Scores as the contract's messages."""

from __future__ import annotations

from pathloom.scoring.v1 import scores_pb2 as pb

from pathloom_scoring.domain.scores import Basis, Contribution, Satisfaction, Score

_BASES = {
    Basis.ANSWERED: pb.BASIS_ANSWERED,
    Basis.ESTIMATED: pb.BASIS_ESTIMATED,
    Basis.UNKNOWN: pb.BASIS_UNKNOWN,
}


def score_message(score: Score, journey_id: str, customer_id: str, journey_version: int) -> pb.Score:
    """The score as the feed carries it."""
    return pb.Score(
        journey_id=journey_id,
        customer_id=customer_id,
        journey_version=journey_version,
        satisfaction=satisfaction_message(score.satisfaction),
        friction=pb.Friction(
            points=score.friction.points,
            contributions=[_contribution(part) for part in score.friction.contributions],
        ),
        model=score.model,
    )


def satisfaction_message(satisfaction: Satisfaction) -> pb.Satisfaction:
    """How it felt; what is not known stays unset."""
    return pb.Satisfaction(
        basis=_BASES[satisfaction.basis],
        value=satisfaction.value,
        low=satisfaction.low,
        high=satisfaction.high,
        base=satisfaction.base,
        contributions=[_contribution(part) for part in satisfaction.contributions],
    )


def _contribution(part: Contribution) -> pb.Contribution:
    return pb.Contribution(
        signal=part.signal,
        points=part.points,
        amount=part.amount,
        unit=part.unit,
        touchpoint_id=part.touchpoint_id,
    )
