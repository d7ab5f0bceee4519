"""A feed of things, kept in PostgreSQL: compact, one row a thing, an entry is the thing as it is now."""

from collections.abc import Sequence
from dataclasses import dataclass

from pathloom_kit.feeds import epoch as epochs
from pathloom_kit.feeds.cursor import Cursor, Lane
from pathloom_kit.feeds.numbers import head, take_numbers
from pathloom_kit.feeds.page import PageHeader, Watermark
from pathloom_kit.feeds.tables import create_feed_tables
from pathloom_kit.postgres import RawConnection

__all__ = ["Page", "StoredThing", "Thing", "ThingFeed", "create_feed_tables", "head", "take_numbers"]

MAX_PAGE_BYTES = 4 * 1024 * 1024

# One publisher at a time for both lanes of a partition: they write the same rows, and what each of them finds new must
# not depend on what the other has not committed yet (tried: rows locked in key order still deadlock over new keys).
# A statement by itself: what the next one sees begins after it.
_ALONE = "SELECT pg_advisory_xact_lock(hashtextextended('feed_thing ' || $1, $2))"
# Things one by one through the index: without statistics of a table that has only now been filled the planner reads all
# of the feed to find one of them.
_PUBLISH = """
WITH changed AS MATERIALIZED (
    SELECT i.key, i.entry, i.traceparent, row_number() OVER (ORDER BY i.at) AS at
    FROM unnest($4::text[], $5::bytea[], $6::text[]) WITH ORDINALITY AS i(key, entry, traceparent, at)
    LEFT JOIN LATERAL (
        SELECT t.entry, {known} AS known FROM feed_thing t
        WHERE t.feed = $1 AND t.partition = $2 AND t.key = i.key LIMIT 1
    ) was ON true
    WHERE (was.known AND was.entry = i.entry) IS NOT TRUE
), taken AS (
    INSERT INTO feed_head AS h (feed, partition, lane, n)
    SELECT $1, $2, $3::smallint, count(*) FROM changed HAVING count(*) > 0
    ON CONFLICT (feed, partition, lane) DO UPDATE SET n = h.n + excluded.n
    RETURNING n
), put AS (
    INSERT INTO feed_thing AS t (feed, partition, key, version, {columns}, entry, traceparent)
    SELECT $1, $2, c.key, 1, {values}, c.entry, c.traceparent
    FROM changed c, (SELECT n - (SELECT count(*) FROM changed) AS before FROM taken) h ORDER BY c.at
    ON CONFLICT (feed, partition, key) DO UPDATE SET
        version = t.version + (t.entry <> excluded.entry)::int, {updates},
        entry = excluded.entry, traceparent = excluded.traceparent
)
SELECT coalesce(
    (SELECT n FROM taken), (SELECT n FROM feed_head WHERE feed = $1 AND partition = $2 AND lane = $3), 0
)
"""
_PUBLISHES = {
    Lane.LIVE: _PUBLISH.format(
        known="t.live_version = t.version",
        columns="live_n, live_version",
        values="h.before + c.at, 1",
        updates="live_n = excluded.live_n, live_version = t.version + (t.entry <> excluded.entry)::int",
    ),
    Lane.BULK: _PUBLISH.format(
        known="true", columns="bulk_n", values="h.before + c.at", updates="bulk_n = excluded.bulk_n"
    ),
}
# One statement, so one snapshot: the head and the epoch are those of the rows. `before` bounds the page in bytes;
# `found` tells a page cut short from one that reached the end.
_READ = """
SELECT e.epoch, coalesce(h.n, 0) AS head, p.*
FROM feed_epoch e
LEFT JOIN feed_head h ON h.feed = $1 AND h.partition = $2 AND h.lane = {lane}
LEFT JOIN LATERAL (
    SELECT n, version, key, entry, traceparent, found FROM (
        SELECT q.*, count(*) OVER () AS found,
               sum(octet_length(entry)) OVER (ORDER BY n) - octet_length(entry) AS before
        FROM (SELECT {column} AS n, version, key, entry, traceparent FROM feed_thing
              WHERE feed = $1 AND partition = $2 AND {column} > $3 ORDER BY {column} LIMIT $4) q
    ) r WHERE before < $5 ORDER BY n
) p ON true
ORDER BY p.n
"""
_READS = {lane: _READ.format(lane=int(lane), column=f"{lane.name.lower()}_n") for lane in Lane}


@dataclass(frozen=True, slots=True)
class Thing:
    """A thing as it is now: `entry` is its serialised message without n, version and traceparent."""

    key: str
    entry: bytes
    traceparent: str = ""


@dataclass(frozen=True, slots=True)
class StoredThing:
    """A thing with its number in the lane it was read from, and its version, which grows with each change."""

    n: int
    version: int
    key: str
    entry: bytes
    traceparent: str


@dataclass(frozen=True, slots=True)
class Page:
    """What one read found. `cursor` is the place after it; with `caught_up` that is the head."""

    entries: list[StoredThing]
    head: int
    cursor: Cursor
    caught_up: bool

    def header(self, watermarks: Sequence[Watermark] = (), *, refilling: bool = False) -> PageHeader:
        return PageHeader(self.cursor, self.head, self.caught_up, tuple(watermarks), refilling)


class ThingFeed:
    """One partition of one feed. Every method works inside the caller's transaction."""

    def __init__(self, feed: str, partition: int = 0) -> None:
        self.feed = feed
        self.partition = partition

    async def publish(
        self, conn: RawConnection, things: Sequence[Thing], lane: Lane, *, alone: bool = False
    ) -> int:
        """Stores the things as they are now, each under a new number of the lane; returns the lane's new head.

        Call it at the end of the transaction: until the commit, everybody else who publishes in the partition waits. Of
        several things with one key the last counts. A thing whose bytes are those already known in the lane gets no
        new number. In BULK, those known in LIVE count as known. `alone`: by a lock of its own nobody but this transaction
        publishes in the partition.
        """
        wanted = {thing.key: thing for thing in things}
        last = [wanted[key] for key in sorted(wanted)]
        if not alone:
            await conn.execute(_ALONE, self.feed, self.partition)
        return int(
            await conn.fetchval(
                _PUBLISHES[lane], self.feed, self.partition, int(lane),
                [thing.key for thing in last], [thing.entry for thing in last], [thing.traceparent for thing in last],
            )
        )  # fmt: skip

    async def read(
        self, conn: RawConnection, after: Cursor, limit: int, max_bytes: int = MAX_PAGE_BYTES
    ) -> Page:
        """Things published in the lane after `after.n`, in order of n: at most `limit`, at most about `max_bytes`
        (one thing goes through however large). Does not judge the epoch: FeedServer does. The page's cursor carries
        the epoch in force."""
        rows = await conn.fetch(_READS[after.lane], self.feed, self.partition, after.n, limit, max_bytes)
        if not rows:
            await epochs.epoch(conn)  # raises: there is none
        newest = int(rows[0]["head"])
        entries = [
            StoredThing(r["n"], r["version"], r["key"], r["entry"], r["traceparent"])
            for r in rows
            if r["n"] is not None
        ]
        complete = not entries or (len(entries) == rows[0]["found"] and len(entries) < limit)
        # Beyond the head the cursor stays where it is, for FeedServer to see.
        place = max(newest, after.n) if complete else entries[-1].n
        cursor = Cursor(rows[0]["epoch"], self.partition, after.lane, place)
        return Page(entries, newest, cursor, caught_up=place >= newest)

    async def epoch(self, conn: RawConnection) -> str:
        """The epoch in force (one for all feeds of a database)."""
        return await epochs.epoch(conn)

    async def new_epoch(self, conn: RawConnection) -> str:
        """Begins a new one: followers will read everything again."""
        return await epochs.new_epoch(conn)
