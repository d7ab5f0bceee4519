"""Intervals: worked by hand, against tables, and by how often they hold the truth."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pathloom_scoring.domain import intervals
from pathloom_scoring.domain.intervals import (
    NOTHING,
    Estimate,
    Moments,
    count,
    covered,
    mean,
    net_promoter_score,
    share,
)


def moments(values: list[float]) -> Moments:
    return Moments(len(values), math.fsum(values), math.fsum(v * v for v in values))


def test_nps_by_hand() -> None:
    """50 promoters, 30 passives, 20 detractors: 30, variance 100²·(0.7 − 0.09)/100 = 61."""
    found = net_promoter_score(50, 20, 100)
    assert (found.value, found.n) == (30, 100)
    assert (found.low, found.high) == pytest.approx(
        (30 - 1.96 * math.sqrt(61), 30 + 1.96 * math.sqrt(61)), abs=0.001
    )


def test_nps_of_one_mind_is_not_certain() -> None:
    found = net_promoter_score(5, 0, 5)
    assert found.value == found.high == 100
    assert found.low is not None
    assert found.low < 80


def test_wilson_by_hand() -> None:
    """81 of 263 (Newcombe 1998): 0.3080, 0.2553 to 0.3662."""
    found = share(81, 263)
    assert (found.value, found.low, found.high) == pytest.approx((0.3080, 0.2553, 0.3662), abs=0.0001)


def test_mean_by_hand() -> None:
    """2, 4, 6: mean 4, s = 2, t(2) = 4.303."""
    found = mean(moments([2, 4, 6]))
    half = 4.303 * 2 / math.sqrt(3)
    assert (found.value, found.low, found.high) == pytest.approx((4, 4 - half, 4 + half))
    assert mean(moments([7])) == Estimate(7, 1)


@pytest.mark.parametrize(
    ("degrees", "t"), [(1, 12.706), (30, 2.042), (31, 2.0395), (60, 2.0003), (120, 1.9799), (10**6, 1.96)]
)
def test_students_t_against_tables(degrees: int, t: float) -> None:
    assert intervals.t95(degrees) == pytest.approx(t, abs=1e-4)


def test_nothing_is_nothing() -> None:
    assert share(0, 0) == mean(Moments()) == net_promoter_score(0, 0, 0) == count(0, 0) == NOTHING
    assert count(0, 5) == Estimate(0, 5)
    assert covered(NOTHING, 0) == NOTHING
    assert covered(NOTHING, 4).coverage == 0


@given(st.integers(0, 400), st.integers(0, 400), st.integers(0, 400))
def test_any_interval_holds_its_value(promoters: int, passives: int, detractors: int) -> None:
    n = promoters + passives + detractors
    for found in (net_promoter_score(promoters, detractors, n), share(promoters, n)):
        if n:
            assert found.value is not None
            assert found.low is not None
            assert found.high is not None
            assert found.low <= found.value <= found.high


def holds(kind: str, rounds: int = 1500) -> float:
    """How often the interval of a sample holds the truth of its population."""
    chance, inside = random.Random(3), 0
    for _ in range(rounds):
        if kind == "share":
            found, truth = share(sum(chance.random() < 0.15 for _ in range(40)), 40), 0.15
        elif kind == "mean":
            found, truth = mean(moments([chance.gauss(50, 9) for _ in range(8)])), 50.0
        else:
            drawn = [chance.choices((1, 0, -1), (0.4, 0.35, 0.25))[0] for _ in range(60)]
            found, truth = net_promoter_score(drawn.count(1), drawn.count(-1), 60), 15.0
        inside += (found.low or 0) <= truth <= (found.high or 0)
    return inside / rounds


@pytest.mark.parametrize("kind", ["share", "mean", "nps"])
def test_nineteen_intervals_of_twenty_hold_the_truth(kind: str) -> None:
    assert 0.93 <= holds(kind) <= 0.97


def test_an_interval_that_is_too_narrow_would_be_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intervals, "Z95", 1.6)
    assert not 0.93 <= holds("nps") <= 0.97
