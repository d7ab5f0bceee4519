"""Serving a feed: a stream of pages that waits where there is nothing new."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, Generic, Protocol, TypeVar

from pathloom.feed.v1 import feed_pb2

from pathloom_kit.errors import FeedReset
from pathloom_kit.feeds.cursor import Cursor, Lane
from pathloom_kit.feeds.log import Page
from pathloom_kit.feeds.page import PageHeader, Watermark, of_lane
from pathloom_kit.feeds.wakeup import WakeUp

DEFAULT_ENTRIES = 500
GATHER_S = {Lane.LIVE: 0.1, Lane.BULK: 0.2}
"""Two pages of a lane, when all was read before the second, are so far apart: whoever follows does in one step what came
meanwhile, and a thing that changes twice comes once. What comes after a pause comes at once, but for history: nobody waits
for it."""


class PageMessage(Protocol):
    """Any Follow...Response: `header` and repeated `entries`."""

    @property
    def header(self) -> feed_pb2.PageHeader: ...

    @property
    def entries(self) -> Any: ...


M = TypeVar("M", bound=PageMessage)


class FeedServer(Generic[M]):
    """Turns `read_page(after, limit)` into the body of a Follow call.

    `read_page` returns the response message for what follows `after`, its header saying the epoch in force. Watermarks
    in the header must have been read in the page's snapshot or before it. `renew_epoch(lost)` is called when a cursor
    of the epoch in force lies beyond the head, which proves that this store was restored to an earlier point: it begins
    a new epoch (once, whoever asks) and returns it. `wakeup` is signalled after each commit that publishes or that
    moves a watermark.
    """

    def __init__(
        self,
        read_page: Callable[[Cursor, int], Awaitable[M]],
        *,
        renew_epoch: Callable[[str], Awaitable[str]],
        wakeup: WakeUp,
        poll_s: float = 1.0,
        heartbeat_s: float = 5.0,
    ) -> None:
        self._read_page = read_page
        self._renew_epoch = renew_epoch
        self._wakeup = wakeup
        self._poll_s = poll_s
        self._heartbeat_s = heartbeat_s

    async def stream(self, request: feed_pb2.FollowRequest) -> AsyncIterator[M]:
        """Pages until the caller goes. The first comes at once, even when empty. FeedReset for a cursor of another
        epoch or beyond the head."""
        after = Cursor.from_proto(request.after)
        limit = request.max_entries or DEFAULT_ENTRIES
        loop = asyncio.get_running_loop()
        sent: PageHeader | None = None
        sent_at = 0.0
        while True:
            mark, read_at = self._wakeup.mark(), loop.time()
            page = await self._read_page(after, limit)
            header = PageHeader.from_proto(page.header)
            await self._judge(after, header)
            if header != sent or loop.time() - sent_at >= self._heartbeat_s:
                yield page
                sent, sent_at = header, loop.time()
            after = header.cursor
            if header.caught_up:
                await self._wakeup.wait(mark, self._poll_s)
                since = loop.time() if after.lane is Lane.BULK else read_at
                await asyncio.sleep(since + GATHER_S[after.lane] - loop.time())

    async def _judge(self, after: Cursor, header: PageHeader) -> None:
        current = header.cursor.epoch
        if after.epoch and after.epoch != current:
            raise FeedReset(current)
        if after.n > header.head:
            if after.epoch:
                current = await self._renew_epoch(current)
            raise FeedReset(current, "the cursor is beyond the head")


def fill_page(response: M, page: Page, watermarks: Sequence[Watermark] = (), *, refilling: bool = False) -> M:
    """Puts a page of a feed of things into its response: each stored entry parsed, then given its n, version and
    traceparent. Returns the response. Of the watermarks only those of the page's own lane are sent."""
    marks = of_lane(watermarks, page.cursor.lane)
    response.header.CopyFrom(page.header(marks, refilling=refilling).to_proto())
    for stored in page.entries:
        entry = response.entries.add()
        entry.MergeFromString(stored.entry)
        entry.n, entry.version, entry.traceparent = stored.n, stored.version, stored.traceparent
    return response
