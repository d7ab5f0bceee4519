"""Score one journey."""

from __future__ import annotations

from dataclasses import dataclass

from pathloom_scoring.domain.facts import JourneyFacts, facts_of
from pathloom_scoring.domain.friction import friction
from pathloom_scoring.domain.journeys import Journey
from pathloom_scoring.domain.satisfaction import satisfaction
from pathloom_scoring.domain.scores import Score
from pathloom_scoring.domain.weights import Weights


@dataclass(frozen=True, slots=True)
class ScoreJourney:
    """A pure function of the journey and the weights: the same journey gives the same score, whenever it comes."""

    weights: Weights

    def __call__(self, journey: Journey) -> JourneyFacts:
        """Its score, and what the measures need of it. Raises NoTime (domain.facts)."""
        score = Score(
            friction(journey, self.weights), satisfaction(journey, self.weights), self.weights.model
        )
        return facts_of(journey, score)
