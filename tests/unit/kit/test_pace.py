"""Steps grow while they are quick and shrink when they are slow, within their bounds."""

from hypothesis import given
from hypothesis import strategies as st
from pathloom_kit.feeds.pace import Pace

rates = st.floats(min_value=1, max_value=1e6)


def settled(pace: Pace, rate: float, overhead_s: float = 0.0) -> int:
    """The size after many full steps on a store of that speed."""
    for _ in range(40):
        pace.took(pace.size, overhead_s + pace.size / rate)
    return pace.size


@given(rates)
def test_full_steps_come_to_take_the_time_meant_for_them(rate: float) -> None:
    size = settled(Pace(100, 5000, 0.3), rate)
    assert size == min(max(round(rate * 0.3), 100), 5000)


@given(rates, rates)
def test_a_store_that_changes_its_speed_is_followed(before: float, after: float) -> None:
    pace = Pace(100, 5000, 0.3)
    settled(pace, before)
    assert settled(pace, after) == settled(Pace(100, 5000, 0.3), after)


def test_a_short_quick_step_says_nothing() -> None:
    pace = Pace(100, 5000, 0.3)
    settled(pace, 10_000)
    size = pace.size
    pace.took(3, 0.05)
    assert size > 100
    assert pace.size == size


def test_a_short_slow_step_shrinks_the_next() -> None:
    pace = Pace(100, 5000, 0.3)
    size = settled(pace, 10_000)
    pace.took(size // 10, 3.0)
    assert pace.size == size // 2


def test_failing_halves_down_to_the_least() -> None:
    pace = Pace(100, 5000, 0.3)
    assert settled(pace, 1e6) == 5000
    sizes = []
    for _ in range(8):
        pace.failed()
        sizes.append(pace.size)
    assert sizes[0] == 2500
    assert sizes[-1] == 100


def test_pages_smaller_than_the_least_are_taken_whole() -> None:
    assert Pace(100, 3, 0.3).size == 3
