"""A follower that lags takes what waits as one page, in order, nothing twice and nothing passed over."""

import asyncio
from collections.abc import AsyncGenerator

from pathloom.identity.v1 import customers_pb2 as pb
from pathloom_kit.feeds.backoff import Backoff
from pathloom_kit.feeds.cursor import Cursor, Lane
from pathloom_kit.feeds.page import FeedPage, PageHeader
from pathloom_kit.feeds.pump import Pump

PAGES = 40


class Small:
    """Pages of one entry each, then silence. All but the first come once they are let."""

    def __init__(self) -> None:
        self.let = asyncio.Event()

    async def follow(
        self, cursor: Cursor, max_entries: int
    ) -> AsyncGenerator[FeedPage[pb.CustomerEntry], None]:
        for n in range(cursor.n + 1, PAGES + 1):
            yield FeedPage(
                PageHeader(Cursor("e", 0, Lane.LIVE, n), PAGES, n == PAGES), [pb.CustomerEntry(n=n)]
            )
            await self.let.wait()
        await asyncio.get_running_loop().create_future()


async def taken(max_entries: int, *, begun_with_the_first: bool = True) -> list[list[int]]:
    """What each page held that a slow follower took."""
    small = Small()
    pump = Pump(
        small, Cursor("", 0, Lane.LIVE, 0), max_entries, Backoff(), asyncio.Event(), lambda page: None, 60
    )
    running = asyncio.create_task(pump.run())
    found: list[list[int]] = []
    await all_else()
    if begun_with_the_first:
        pump.begin()
    small.let.set()
    while sum(map(len, found)) < PAGES:
        await all_else()
        page = pump.slot
        assert isinstance(page, FeedPage)
        pump.begin()
        found.append([entry.n for entry in page.entries])
        assert page.header.cursor.n == found[-1][-1]
        pump.take()
    running.cancel()
    return found


async def all_else() -> None:
    """As long as a step takes in which everything else comes."""
    for _ in range(3 * PAGES):
        await asyncio.sleep(0)


async def test_what_waits_is_one_page() -> None:
    found = await taken(5000)
    assert [n for page in found for n in page] == list(range(1, PAGES + 1))
    assert [len(page) for page in found] == [1, PAGES - 1]


async def test_what_comes_before_it_is_begun_joins_it() -> None:
    found = await taken(5000, begun_with_the_first=False)
    assert found == [list(range(1, PAGES + 1))]


async def test_no_page_is_larger_than_asked_for() -> None:
    found = await taken(7)
    assert [n for page in found for n in page] == list(range(1, PAGES + 1))
    assert max(map(len, found)) == 7
