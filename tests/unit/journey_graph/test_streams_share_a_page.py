"""Streams of the journeys feed that stand at the same place read one page between them."""

import asyncio

from pathloom.journey_graph.v1 import journeys_pb2 as pb
from pathloom_journey_graph.adapters.graph import Graph
from pathloom_journey_graph.adapters.journeys_feed import JourneysFeed, _State
from pathloom_kit.feeds.cursor import Cursor, Lane
from pathloom_kit.feeds.page import PageHeader


class Feed(JourneysFeed):
    """A feed of numbers, which counts the pages that are read of it. `late` entries come between the state and the page."""

    def __init__(self) -> None:
        super().__init__(Graph.__new__(Graph))
        self.head, self.late, self.reads = 3, 0, 0

    async def _state(self, lane: Lane) -> _State:
        await asyncio.sleep(0)
        return _State((), False, "e", self.head)

    async def _read_page(self, after: Cursor, limit: int, state: _State) -> pb.FollowJourneysResponse:
        self.reads += 1
        head = self.head + self.late
        await asyncio.sleep(0)
        until = min(head, after.n + limit)
        page = pb.FollowJourneysResponse(
            header=PageHeader(Cursor("e", 0, after.lane, until), head, until == head).to_proto()
        )
        for n in range(after.n + 1, until + 1):
            page.entries.add(n=n)
        return page


def numbers(page: pb.FollowJourneysResponse) -> list[int]:
    return [entry.n for entry in page.entries]


async def test_at_the_same_place_one_page_is_read() -> None:
    feed, start = Feed(), Cursor("e", 0, Lane.LIVE, 0)
    pages = await asyncio.gather(*(feed.read_page(start, 500) for _ in range(5)))
    assert [numbers(page) for page in pages] == [[1, 2, 3]] * 5
    assert feed.reads == 1


async def test_who_asks_for_more_than_a_page_holds_asks_for_the_same() -> None:
    feed, start = Feed(), Cursor("e", 0, Lane.LIVE, 0)
    pages = [await feed.read_page(start, limit) for limit in (5000, 1000, 5000)]
    assert [numbers(page) for page in pages] == [[1, 2, 3]] * 3
    assert feed.reads == 1


async def test_another_place_limit_lane_or_head_is_another_page() -> None:
    feed, start = Feed(), Cursor("e", 0, Lane.LIVE, 0)
    assert numbers(await feed.read_page(start, 500)) == [1, 2, 3]
    assert numbers(await feed.read_page(start.at(1), 500)) == [2, 3]
    assert numbers(await feed.read_page(start, 2)) == [1, 2]
    assert (await feed.read_page(Cursor("e", 0, Lane.BULK, 0), 500)).header.cursor.lane == int(Lane.BULK)
    feed.head = 4
    assert numbers(await feed.read_page(start, 500)) == [1, 2, 3, 4]


async def test_what_came_after_the_state_was_asked_is_not_kept_as_what_it_said() -> None:
    feed, start = Feed(), Cursor("e", 0, Lane.LIVE, 0)
    feed.late = 1
    assert numbers(await feed.read_page(start, 500)) == [1, 2, 3, 4]
    feed.late = 2
    assert numbers(await feed.read_page(start, 500)) == [1, 2, 3, 4, 5]
    assert feed.reads == 2
