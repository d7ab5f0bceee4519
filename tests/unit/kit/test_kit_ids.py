"""Ids sort by time, do not repeat and can be written anywhere."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from pathloom_kit.clock import ManualClock, SystemClock
from pathloom_kit.feeds.backoff import Backoff
from pathloom_kit.ids import counting_ids, new_id


def test_many_ids() -> None:
    ids = [new_id("cus") for _ in range(2000)]
    assert len(set(ids)) == 2000
    assert all(re.fullmatch(r"cus_[0-9a-hjkmnp-tv-z]{26}", one) for one in ids)
    times = [one[:14] for one in ids]
    assert times == sorted(times)


def test_foreseeable_ids_for_tests() -> None:
    mint = counting_ids()
    assert [mint("a"), mint("b"), mint("a")] == ["a_1", "b_1", "a_2"]


def test_clocks() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    clock = ManualClock(start)
    clock.advance(timedelta(hours=1))
    assert clock.now() == start + timedelta(hours=1)
    assert SystemClock().now().tzinfo is UTC
    with pytest.raises(ValueError, match="aware"):
        ManualClock(datetime(2026, 1, 1))  # noqa: DTZ001


def test_backoff_doubles_to_its_cap_with_jitter() -> None:
    most = Backoff(base_s=1, cap_s=5, chance=lambda: 1.0)
    least = Backoff(base_s=1, cap_s=5, chance=lambda: 0.0)
    assert [most.delay_s(n) for n in (1, 2, 3, 4, 999)] == [1, 2, 4, 5, 5]
    assert [least.delay_s(n) for n in (1, 2, 3, 4)] == [0.5, 1, 2, 2.5]
