"""The estimate on journeys as journey-graph really folds, cuts and sends them, against what everybody truly felt."""

from collections import Counter, defaultdict

import pytest
from pathloom_journey_graph.adapters.journeys_proto import journey_to_proto
from pathloom_journey_graph.application.ports import Change
from pathloom_journey_graph.domain.cut import cut
from pathloom_journey_graph.domain.values import Item, Journey
from pathloom_scoring.adapters.journeys_proto import journey_from
from pathloom_scoring.adapters.weights_file import shipped_weights
from pathloom_scoring.application.score_journey import ScoreJourney
from pathloom_scoring.domain.facts import JourneyFacts
from pathloom_scoring.domain.journeys import Journey as Received
from pathloom_scoring.domain.scores import Basis

from tests.unit.journey_graph.journey_pieces import BLUEPRINTS, items_of
from tests.unit.journey_graph.test_simulated_truth import (
    NOW,
    _root,
    key_of,
    micros,
    simulated,
    true_touchpoints,
)
from tests.unit.scoring.simulated_journeys import auc


def scored(seed: int, touchpoints: int) -> list[tuple[JourneyFacts, int]]:
    """Every journey that shares touchpoints with the truth, and the true satisfaction of the one it shares most with."""
    pieces, roots, truth = simulated(seed, touchpoints)
    items = items_of(pieces, {c: _root(c, roots) for c in {p.contact for p in pieces if p.contact}})
    true = true_touchpoints(truth)
    owner = {
        f"{record['namespace']}|{record['kind']}|{record['id']}": line["person"]
        for line in truth
        if line["is"] == "person"
        for record in line["records"]
    }
    by_person: dict[str, list[Item]] = defaultdict(list)
    journey_of = {}
    for item in items:
        if (line := true.get(key_of(item) or ())) is not None:
            journey_of[item.id] = line["journey"]
            by_person[line["person"]].append(item)
        elif item.record in owner:
            by_person[owner[item.record]].append(item)
    felt = {line["journey"]: line["satisfaction"] for line in truth if line["is"] == "journey"}
    score = ScoreJourney(shipped_weights())
    found = []
    for mine in by_person.values():
        for journey in cut(mine, BLUEPRINTS, micros(NOW.isoformat())):
            shared = Counter(journey_of[t.id] for t in journey.touchpoints if t.id in journey_of)
            if shared:
                found.append((score(_sent(journey)), felt[shared.most_common(1)[0][0]]))
    return found


def _sent(journey: Journey) -> Received:
    return journey_from(journey_to_proto(journey, Change(journey.id, journey=journey)))


@pytest.mark.parametrize(("seed", "touchpoints"), [(5, 2000), (123, 1500)])
def test_the_estimate_tells_the_satisfied_from_the_others(seed: int, touchpoints: int) -> None:
    estimated = [
        (facts.score.satisfaction, felt)
        for facts, felt in scored(seed, touchpoints)
        if facts.score.satisfaction.basis is Basis.ESTIMATED
    ]
    assert len(estimated) > 100
    reached = auc([one.value or 0.0 for one, _ in estimated], [felt >= 4 for _, felt in estimated])
    inside = sum((one.low or 0) <= 25 * (felt - 1) <= (one.high or 0) for one, felt in estimated)
    print(f"seed {seed}: AUC {reached:.3f}, {inside / len(estimated):.0%} of {len(estimated)} intervals hold")
    assert reached >= 0.75
    assert inside / len(estimated) >= 0.85
