"""Journey NPS: weighted for who answers and who does not."""

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pathloom_scoring.domain.intervals import NOTHING, net_promoter_score
from pathloom_scoring.domain.measures.journeys import MIN_ANSWERS, collapsed, weighted_nps
from pathloom_scoring.domain.measures.sums import Stratum


def test_by_hand() -> None:
    """100 easy journeys, 50 answered: 40 promoters; 300 hard, 10 answered: 8 detractors. ¼ · 80 + ¾ · (−80) = −40."""
    found = weighted_nps([Stratum(0, "web", 100, 50, 40, 0), Stratum(2, "voice", 300, 10, 0, 8)])
    assert found.value == pytest.approx(-40)
    assert found.n == 60
    variance = 0.25**2 * 1e4 * (0.8 - 0.64) / 49 + 0.75**2 * 1e4 * (0.8 - 0.64) / 9
    assert found.low == pytest.approx(-40 - 1.96 * variance**0.5, abs=0.01)


def test_it_is_the_weighting_by_the_inverse_of_the_answering_share() -> None:
    strata = [
        Stratum(0, "web", 90, 30, 20, 5),
        Stratum(1, "voice", 60, 12, 4, 6),
        Stratum(2, "voice", 50, 10, 1, 8),
    ]
    weight = {h: h.journeys / h.answered for h in strata}
    total = sum(weight[h] * h.answered for h in strata)
    expected = 100 * sum(weight[h] * (h.promoters - h.detractors) for h in strata) / total
    assert weighted_nps(strata).value == pytest.approx(expected)


def test_nobody_answered() -> None:
    assert weighted_nps([Stratum(0, "web", 9)]) == weighted_nps([]) == NOTHING


def test_a_single_stratum_is_the_plain_nps() -> None:
    assert weighted_nps([Stratum(1, "web", 80, 20, 9, 4)]) == net_promoter_score(9, 4, 20)


_strata = st.lists(
    st.tuples(
        st.integers(0, 2), st.sampled_from("abcd"), st.integers(0, 40), st.integers(0, 9), st.integers(0, 9)
    ),
    max_size=12,
    unique_by=lambda row: row[:2],
).map(lambda rows: [Stratum(t, c, s + p + d, p + d, p, d) for t, c, s, p, d in rows if s + p + d])


@given(_strata)
def test_putting_strata_together_loses_nobody(strata: list[Stratum]) -> None:
    usable = collapsed(strata)
    for name in ("journeys", "answered", "promoters", "detractors"):
        assert sum(getattr(h, name) for h in usable) == sum(getattr(h, name) for h in strata)
    assert len(usable) <= 1 or all(h.answered >= MIN_ANSWERS for h in usable)
    found = weighted_nps(strata)
    if found.value is not None:
        assert found.low is not None
        assert found.high is not None
        assert -100 <= found.low <= found.value <= found.high <= 100


def biased_company(chance: random.Random) -> tuple[list[Stratum], float]:
    """600 journeys: easy ones please and are answered often, hard ones do not and are answered seldom."""
    rows: Counter[tuple[int, str]] = Counter()
    said: dict[tuple[int, str], list[int]] = {}
    truth = []
    for _ in range(600):
        tercile, channel = chance.randrange(3), chance.choice(("voice", "web"))
        felt = chance.choices((1, 0, -1), ((6, 3, 1), (4, 3, 3), (1, 3, 6))[tercile])[0]
        truth.append(felt)
        rows[(tercile, channel)] += 1
        if chance.random() < (0.5, 0.25, 0.12)[tercile]:
            said.setdefault((tercile, channel), []).append(felt)
    strata = [
        Stratum(t, c, n, len(a := said.get((t, c), [])), a.count(1), a.count(-1))
        for (t, c), n in rows.items()
    ]
    return strata, 100 * sum(truth) / len(truth)


def test_the_weighted_interval_holds_the_truth_of_everybody_and_the_unweighted_does_not() -> None:
    chance = random.Random(11)
    weighted = unweighted = 0
    rounds = 300
    for _ in range(rounds):
        strata, truth = biased_company(chance)
        found = weighted_nps(strata)
        weighted += (found.low or 0) <= truth <= (found.high or 0)
        answered = (sum(getattr(h, name) for h in strata) for name in ("promoters", "detractors", "answered"))
        plain = net_promoter_score(*answered)
        unweighted += (plain.low or 0) <= truth <= (plain.high or 0)
    assert weighted / rounds >= 0.92
    assert unweighted / rounds < 0.5, "without the weights the law would not hold"
