"""Reads one stream of pages ahead of the one who applies them, and opens it again when it breaks."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from contextlib import aclosing
from typing import Generic, TypeVar

from pathloom_kit.errors import FeedReset
from pathloom_kit.feeds.backoff import Backoff
from pathloom_kit.feeds.client import FeedClient
from pathloom_kit.feeds.cursor import Cursor
from pathloom_kit.feeds.page import FeedPage, Numbered

_log = logging.getLogger(__name__)
_AHEAD = 2
E = TypeVar("E", bound=Numbered)


class Pump(Generic[E]):
    """Holds a few pages ready, small ones that wait joined, so that its lane can go first whenever it has something.
    `ready` is set whenever something became ready."""

    def __init__(
        self,
        client: FeedClient[E],
        start: Cursor,
        max_entries: int,
        backoff: Backoff,
        ready: asyncio.Event,
        heard: Callable[[FeedPage[E]], None],
        silence_s: float,
    ) -> None:
        self._client = client
        self._cursor = start
        self._max_entries = max_entries
        self._backoff = backoff
        self._ready = ready
        self._heard = heard
        self._silence_s = silence_s
        self._pages: deque[FeedPage[E] | FeedReset] = deque()
        self._room = asyncio.Event()
        self._begun = False

    @property
    def slot(self) -> FeedPage[E] | FeedReset | None:
        """The oldest page that is not done with."""
        return self._pages[0] if self._pages else None

    def begin(self) -> None:
        """From now on nothing joins the page in the slot."""
        self._begun = True

    def take(self) -> None:
        """The page in the slot is done with."""
        self._pages.popleft()
        self._begun = False
        self._room.set()

    async def run(self) -> None:
        """Until cancelled, or until the upstream answered FEED_RESET."""
        attempt = 0
        while True:
            try:
                async with aclosing(self._client.follow(self._cursor, self._max_entries)) as pages:  # type: ignore[type-var]
                    while True:
                        # Heartbeats come every few seconds: longer silence is a dead peer that TCP has not noticed.
                        # (asyncio.timeout, not wait_for: on 3.11 that one can swallow a cancellation.)
                        async with asyncio.timeout(self._silence_s):
                            page = await anext(pages)
                        attempt = 0
                        self._heard(page)
                        await self._put(page)
                        self._cursor = page.header.cursor
            except FeedReset as reset:
                await self._put(reset)
                return
            except Exception as error:
                if not isinstance(error, StopAsyncIteration):
                    _log.info("feed stream broke", extra={"error": type(error).__name__, "attempt": attempt})
            attempt += 1
            await asyncio.sleep(self._backoff.delay_s(attempt))

    async def _put(self, item: FeedPage[E] | FeedReset) -> None:
        if self._joined(item):
            return
        while len(self._pages) >= _AHEAD:
            self._room.clear()
            await self._room.wait()
        self._pages.append(item)
        self._ready.set()

    def _joined(self, item: FeedPage[E] | FeedReset) -> bool:
        """Behind the last page that waits and that nobody has begun, as far as one page goes: whoever lags takes much at a time,
        however small the pages were that it was sent."""
        last = self._pages[-1] if len(self._pages) > self._begun else None
        if not isinstance(last, FeedPage) or not isinstance(item, FeedPage):
            return False
        if last.header.cursor.epoch != item.header.cursor.epoch:
            return False
        if len(last.entries) + len(item.entries) > self._max_entries:
            return False
        self._pages[-1] = FeedPage(item.header, [*last.entries, *item.entries])
        return True
