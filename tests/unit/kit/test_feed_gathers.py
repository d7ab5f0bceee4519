"""Two pages are so far apart that the second gathers what came meanwhile; nothing is passed over by it."""

import asyncio
from itertools import pairwise
from typing import Any

import pytest
from pathloom.feed.v1 import feed_pb2
from pathloom.identity.v1 import customers_pb2 as pb
from pathloom_kit.feeds.cursor import Cursor, Lane
from pathloom_kit.feeds.serve import GATHER_S, FeedServer
from pathloom_kit.feeds.wakeup import LocalWakeUp

EPOCH = "e"


class Marked(LocalWakeUp):
    """Notes when a mark was taken, which is just before a page is read."""

    def __init__(self) -> None:
        super().__init__()
        self.at: list[float] = []

    def mark(self) -> int:
        self.at.append(asyncio.get_running_loop().time())
        return super().mark()


class Log:
    """Entries that come one by one."""

    def __init__(self) -> None:
        self.head = 0
        self.wakeup = Marked()

    async def page(self, after: Cursor, limit: int) -> pb.FollowCustomersResponse:
        until = min(self.head, after.n + limit)
        page = pb.FollowCustomersResponse(
            header=feed_pb2.PageHeader(
                cursor=Cursor(EPOCH, 0, after.lane, until).to_proto(),
                head=self.head,
                caught_up=until == self.head,
            )
        )
        for n in range(after.n + 1, until + 1):
            page.entries.add(n=n)
        return page

    async def fill(self, entries: int) -> None:
        for _ in range(entries):
            self.head += 1
            self.wakeup.signal()
            await asyncio.sleep(0.001)


async def never(lost: str) -> str:
    raise AssertionError("nothing was restored")


@pytest.mark.parametrize("lane", list(Lane))
async def test_pages_gather_and_pass_nothing_over(lane: Lane) -> None:
    log = Log()
    server: FeedServer[Any] = FeedServer(log.page, renew_epoch=never, wakeup=log.wakeup)
    filling = asyncio.create_task(log.fill(200))
    seen: list[int] = []
    async for page in server.stream(feed_pb2.FollowRequest(after=Cursor("", 0, lane, 0).to_proto())):
        seen += [entry.n for entry in page.entries]
        if len(seen) == 200:
            break
    await filling
    assert seen == list(range(1, 201))
    # Each was read no earlier than so long after the one before: a bound from below, which a busy machine only helps.
    apart = [later - earlier for earlier, later in pairwise(log.wakeup.at)]
    assert min(apart) > GATHER_S[lane] - 0.001  # a clock's own step


async def test_what_is_there_already_is_read_at_one_go() -> None:
    log = Log()
    log.head = 1000
    server: FeedServer[Any] = FeedServer(log.page, renew_epoch=never, wakeup=log.wakeup)
    pages = server.stream(
        feed_pb2.FollowRequest(after=Cursor("", 0, Lane.LIVE, 0).to_proto(), max_entries=10)
    )
    seen: list[int] = []
    for _ in range(100):
        # Driven by hand: were it to wait for anything, it would not come back with a page.
        with pytest.raises(StopIteration) as found:
            anext(pages).__await__().send(None)
        seen += [entry.n for entry in found.value.value.entries]
    assert seen == list(range(1, 1001))
