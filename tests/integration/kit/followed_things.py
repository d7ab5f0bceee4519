"""A small world for the feed's laws: things are numbers under keys, kept downstream as they were last applied."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from pathloom.feed.v1 import feed_pb2
from pathloom.scoring.v1 import scores_pb2, scores_pb2_grpc
from pathloom_kit.clock import SystemClock
from pathloom_kit.feeds import epoch as epochs
from pathloom_kit.feeds import pg_cursors
from pathloom_kit.feeds.backoff import Backoff
from pathloom_kit.feeds.client import FeedClient
from pathloom_kit.feeds.cursor import Cursor, Lane
from pathloom_kit.feeds.follow import Follower
from pathloom_kit.feeds.log import Thing, ThingFeed
from pathloom_kit.feeds.page import FeedPage, PageHeader, Watermark
from pathloom_kit.feeds.serve import FeedServer, fill_page
from pathloom_kit.feeds.wakeup import LocalWakeUp
from pathloom_kit.postgres import Database, RawConnection

FEED = "things"
Entry = scores_pb2.ScoreEntry
Response = scores_pb2.FollowScoresResponse
QUICK = Backoff(base_s=0.002, cap_s=0.02)

# `times` counts how often an entry changed the thing: what "once" is measured by.
EFFECT_SQL = (
    "CREATE TABLE effect (key text PRIMARY KEY, epoch text, version bigint, value text, times int NOT NULL)",
    "CREATE TABLE applied_by (replica text, n bigint, lane smallint, epoch text)",
)


def thing(key: str, value: int) -> Thing:
    return Thing(key, Entry(journey_id=key, score=scores_pb2.Score(model=str(value))).SerializeToString())


async def publish(
    database: Database, values: Mapping[str, int], lane: Lane = Lane.LIVE, feed: ThingFeed | None = None
) -> int:
    async with database.asyncpg() as conn, conn.transaction():
        return await (feed or ThingFeed(FEED)).publish(conn, [thing(k, v) for k, v in values.items()], lane)


class Unanswering(scores_pb2_grpc.ScoringServiceServicer):
    """A servicer whose tests override what they call."""

    async def FollowScores(self, request: Any, context: Any) -> AsyncIterator[Any]:
        raise NotImplementedError
        yield

    async def GetMeasures(self, request: Any, context: Any) -> Any:
        raise NotImplementedError

    async def ListJourneys(self, request: Any, context: Any) -> Any:
        raise NotImplementedError

    async def DescribeFeeds(self, request: Any, context: Any) -> Any:
        raise NotImplementedError


class Upstream:
    """Serves the things of a database, without a network."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.feed = ThingFeed(FEED)
        self.wakeup = LocalWakeUp()
        self.watermarks: tuple[Watermark, ...] = ()
        self.refilling = False
        self.server: FeedServer[Any] = FeedServer(
            self.read_page, renew_epoch=self.renew, wakeup=self.wakeup, poll_s=0.05, heartbeat_s=0.2
        )

    async def publish(self, values: Mapping[str, int], lane: Lane = Lane.LIVE) -> int:
        head = await publish(self.database, values, lane, self.feed)
        self.wakeup.signal()
        return head

    async def read_page(self, after: Cursor, limit: int) -> Any:
        marks, refilling = self.watermarks, self.refilling
        async with self.database.asyncpg() as conn:
            page = await self.feed.read(conn, after, limit)
        return fill_page(Response(), page, marks, refilling=refilling)

    async def renew(self, lost: str) -> str:
        async with self.database.asyncpg() as conn:
            return await epochs.renew_epoch(conn, lost)

    async def follow(self, cursor: Cursor, max_entries: int) -> AsyncGenerator[FeedPage[Any], None]:
        request = feed_pb2.FollowRequest(after=cursor.to_proto(), max_entries=max_entries)
        async for message in self.server.stream(request):
            yield FeedPage(PageHeader.from_proto(message.header), message.entries)


class Things:
    """The follower's store. `before_commit` runs inside the transaction, after effect and cursor: a test that raises
    there is a process that died there."""

    def __init__(self, database: Database, replica: str = "a") -> None:
        self.database = database
        self.replica = replica
        self.before_commit: Callable[[Sequence[Any]], Awaitable[None]] | None = None
        self.full = True
        self.after_commit: Callable[[Sequence[Any]], Awaitable[None]] | None = None

    async def cursors(self, feed: str) -> Mapping[tuple[int, Lane], Cursor]:
        async with self.database.asyncpg() as conn:
            return await pg_cursors.read_cursors(conn, feed)

    async def apply(
        self,
        feed: str,
        entries: Sequence[Any],
        expected: Cursor,
        new: Cursor,
        watermarks: Sequence[Watermark],
    ) -> None:
        async with self.database.asyncpg() as conn, conn.transaction():
            await self.move(conn, feed, expected, new, watermarks)
            for entry in entries:
                await self.put(conn, entry, new)
            await pg_cursors.release(conn, feed, *[entry.journey_id for entry in entries])
            if self.before_commit:
                await self.before_commit(entries)
        if self.after_commit:
            await self.after_commit(entries)

    async def move(
        self, conn: RawConnection, feed: str, expected: Cursor, new: Cursor, watermarks: Sequence[Watermark]
    ) -> None:
        await pg_cursors.advance(conn, feed, expected, new, watermarks)

    async def put(self, conn: RawConnection, entry: Any, new: Cursor) -> None:
        await conn.execute(
            "INSERT INTO effect AS e VALUES ($1, $2, $3, $4, 1) ON CONFLICT (key) DO UPDATE SET "
            "epoch = excluded.epoch, version = excluded.version, value = excluded.value, times = e.times + 1 "
            "WHERE e.epoch <> excluded.epoch OR e.version < excluded.version",
            entry.journey_id, new.epoch, entry.version, entry.score.model,
        )  # fmt: skip
        await conn.execute(
            "INSERT INTO applied_by VALUES ($1, $2, $3, $4)", self.replica, entry.n, int(new.lane), new.epoch
        )

    async def park(self, feed: str, entry: Any, reason: str, expected: Cursor, new: Cursor) -> None:
        async with self.database.asyncpg() as conn, conn.transaction():
            place = new.at(entry.n)
            await pg_cursors.park(
                conn, feed, entry.journey_id, entry.SerializeToString(), reason, place, expected, new
            )

    async def restart(self, feed: str, epoch: str) -> None:
        async with self.database.asyncpg() as conn, conn.transaction():
            await pg_cursors.restart(conn, feed, epoch)

    async def finish_restart(self, feed: str, epoch: str) -> bool:
        full = self.full
        async with self.database.asyncpg() as conn, conn.transaction():
            if await pg_cursors.finish_restart(conn, feed, epoch):
                await conn.execute("DELETE FROM effect WHERE epoch <> $1", epoch)
            if full:
                await pg_cursors.note_filled(conn, feed, epoch)
        return full

    async def values(self) -> dict[str, int]:
        async with self.database.asyncpg() as conn:
            return {
                row["key"]: int(row["value"]) for row in await conn.fetch("SELECT key, value FROM effect")
            }

    async def times(self) -> dict[str, int]:
        async with self.database.asyncpg() as conn:
            return {row["key"]: row["times"] for row in await conn.fetch("SELECT key, times FROM effect")}


async def upstream_values(database: Database) -> dict[str, int]:
    async with database.asyncpg() as conn:
        rows = await conn.fetch("SELECT key, entry FROM feed_thing")
    return {row["key"]: int(Entry.FromString(row["entry"]).score.model) for row in rows}


def follower(client: FeedClient[Any], store: Things, **options: Any) -> Follower[Any]:
    return Follower(FEED, client, store, SystemClock(), backoff=options.pop("backoff", QUICK), **options)


@asynccontextmanager
async def running(*followers: Follower[Any]) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(one.run()) for one in followers]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Waits for it; the test's own time limit is the only clock."""
    while not await condition():  # noqa: ASYNC110 - the condition lies in a database
        await asyncio.sleep(0.01)
