"""The view's freshness is told for what came since we look, once it is shown, and once."""

from pathloom_gateway.domain.freshness import Freshness

S = 1_000_000


def test_from_receipt_until_shown() -> None:
    freshness = Freshness()
    assert freshness.seen("e", applied=100, received_us=1 * S, shown=100, now_us=900 * S) == []  # of before
    assert freshness.seen("e", applied=110, received_us=1000 * S, shown=100, now_us=1001 * S) == []
    assert freshness.seen("e", applied=120, received_us=1001 * S, shown=110, now_us=1002 * S) == [2.0]
    assert freshness.seen("e", applied=120, received_us=1001 * S, shown=120, now_us=1004 * S) == [3.0]
    assert freshness.seen("e", applied=120, received_us=1001 * S, shown=120, now_us=1005 * S) == []


def test_a_view_that_stands_still_tells_nothing_until_it_moves() -> None:
    freshness = Freshness()
    freshness.seen("e", 1, 1, 1, 1)
    for second in range(1, 4):
        assert freshness.seen("e", 1 + second, second * S, 1, second * S) == []
    assert freshness.seen("e", 4, 3 * S, 4, 10 * S) == [9.0, 8.0, 7.0]


def test_a_restored_log_begins_anew() -> None:
    freshness = Freshness()
    freshness.seen("e", 1, 1, 1, 1)
    freshness.seen("e", 50, 2 * S, 1, 2 * S)
    assert freshness.seen("f", 20, 1 * S, 20, 60 * S) == []
    assert freshness.seen("f", 21, 61 * S, 21, 62 * S) == [1.0]
