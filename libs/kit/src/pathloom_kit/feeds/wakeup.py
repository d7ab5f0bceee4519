"""Wake-ups: a committed change tells the streams that wait for it, here and in other replicas.

A wake-up is a hint. Losing one costs a poll interval, never an entry, so NOTIFY goes out after the commit, on its own
connection and debounced (inside the transaction it would halve the rate of commits).
"""

import asyncio
from contextlib import suppress
from typing import Protocol

from pathloom_kit.connected import while_connected
from pathloom_kit.postgres import Database, RawConnection

_CHANNEL = "pathloom_feed"


class WakeUp(Protocol):
    """What a stream waits on. Take a mark, read, then wait with the mark: no change in between is missed."""

    def mark(self) -> int:
        """The count of changes so far."""
        ...

    async def wait(self, mark: int, timeout_s: float) -> None:
        """Returns when there was a change since the mark, or when the time is up."""
        ...


class LocalWakeUp:
    """Within this process. `signal` after the commit."""

    def __init__(self) -> None:
        self._count = 0
        self._event = asyncio.Event()

    def signal(self) -> None:
        self._count += 1
        event, self._event = self._event, asyncio.Event()
        event.set()

    def mark(self) -> int:
        return self._count

    async def wait(self, mark: int, timeout_s: float) -> None:
        if self._count != mark:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):  # not wait_for: on 3.11 it can swallow a cancellation
                await self._event.wait()


class PgWakeUps:
    """One wake-up for each feed name, shared by all replicas of a service through LISTEN and NOTIFY.

    Call `published(feed)` after a commit. Run `run()` beside the server for as long as it lives; while it cannot reach
    the database, streams fall back to polling.
    """

    def __init__(
        self, database: Database, debounce_s: float = 0.01, retry_s: float = 1.0, silence_s: float = 15.0
    ) -> None:
        self._database = database
        self._debounce_s = debounce_s
        self._retry_s = retry_s
        self._silence_s = silence_s
        self._feeds: dict[str, LocalWakeUp] = {}
        self._pending: set[str] = set()
        self._something = asyncio.Event()

    def of(self, feed: str) -> LocalWakeUp:
        return self._feeds.setdefault(feed, LocalWakeUp())

    def published(self, feed: str) -> None:
        self.of(feed).signal()
        self._pending.add(feed)
        self._something.set()

    async def run(self) -> None:
        await while_connected(
            self._database,
            self._listen,
            "wake-ups are down, streams poll",
            retry_s=self._retry_s,
            silence_s=self._silence_s,
        )

    async def _listen(self, connection: RawConnection) -> None:
        async with asyncio.timeout(self._silence_s):
            connection.add_termination_listener(lambda _: self._something.set())
            await connection.add_listener(_CHANNEL, self._heard)
        await self._notify_forever(connection)

    async def _notify_forever(self, connection: RawConnection) -> None:
        while True:
            # The time-out is for noticing a connection that died without a word.
            with suppress(TimeoutError):
                async with asyncio.timeout(self._silence_s):
                    await self._something.wait()
            self._something.clear()
            feeds, self._pending = self._pending, set()
            for feed in feeds or {""}:
                async with asyncio.timeout(self._silence_s):
                    await connection.execute("SELECT pg_notify($1, $2)", _CHANNEL, feed)
            await asyncio.sleep(self._debounce_s)

    def _heard(self, connection: RawConnection, pid: int, channel: str, feed: str) -> None:
        # Our own were signalled at once.
        if pid != connection.get_server_pid() and feed in self._feeds:
            self._feeds[feed].signal()
