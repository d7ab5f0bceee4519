"""Live before bulk, with a minimum share for bulk."""

from hypothesis import given, settings
from hypothesis import strategies as st
from pathloom_kit.feeds.cursor import Lane
from pathloom_kit.feeds.turns import Turns

PAGES = st.lists(st.tuples(st.integers(1, 500), st.integers(1, 500)), min_size=20, max_size=80)


@settings(max_examples=100)
@given(PAGES, st.floats(0, 0.9))
def test_while_both_have_work_bulk_gets_its_share_to_within_a_page(
    pages: list[tuple[int, int]], share: float
) -> None:
    turns = Turns(share)
    spent = {Lane.LIVE: 0, Lane.BULK: 0}
    largest = max(size for page in pages for size in page)
    for live, bulk in pages:
        lane = turns.next(live_ready=True, bulk_ready=True)
        assert lane is not None
        size = live if lane is Lane.LIVE else bulk
        turns.spent(lane, size, contended=True)
        spent[lane] += size
        assert abs(spent[Lane.BULK] - share * sum(spent.values())) <= largest


def test_alone_each_goes_at_once_and_owes_nothing() -> None:
    turns = Turns(0.2)
    assert turns.next(live_ready=False, bulk_ready=True) is Lane.BULK
    turns.spent(Lane.BULK, 10_000, contended=False)
    assert turns.next(live_ready=True, bulk_ready=True) is Lane.LIVE
    assert turns.next(live_ready=False, bulk_ready=False) is None
    turns.spent(Lane.LIVE, 4, contended=True)
    assert turns.next(live_ready=True, bulk_ready=True) is Lane.BULK
