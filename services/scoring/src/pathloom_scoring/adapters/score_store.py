"""The follower's store of the journeys feed: each page is one transaction of scores, facts, feed and cursor."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

from pathloom.journey_graph.v1 import journeys_pb2
from pathloom.scoring.v1 import scores_pb2
from pathloom_kit.feeds import pg_cursors
from pathloom_kit.feeds.cursor import Cursor, Lane
from pathloom_kit.feeds.log import Thing, ThingFeed
from pathloom_kit.feeds.page import Watermark
from pathloom_kit.looking_up import looking_up
from pathloom_kit.postgres import Database, RawConnection

from pathloom_scoring.adapters.journeys_proto import journey_from
from pathloom_scoring.adapters.rows import FACTS, JOURNEYS, Source, placed
from pathloom_scoring.adapters.scores_proto import score_message
from pathloom_scoring.application.score_journey import ScoreJourney

JOURNEYS_FEED = "journeys"
SCORES_FEED = "scores"

# Also the lock: what is not newer is neither changed nor returned, and a second writer of the same journey waits
# here. In id order, so that two pages cannot wait for each other in a ring.
_UPSERT = f"""
INSERT INTO journey_score AS s ({JOURNEYS.names}) SELECT {JOURNEYS.names} FROM {JOURNEYS.unnest()} ORDER BY journey_id
ON CONFLICT (journey_id) DO UPDATE SET
    {", ".join(f"{name} = excluded.{name}" for name, _, _ in JOURNEYS.columns if name != "journey_id")}
WHERE s.epoch <> excluded.epoch OR s.model <> excluded.model OR s.version < excluded.version
RETURNING journey_id
"""  # noqa: S608 - constants of `rows`
_REPLACE_FACTS = tuple((bulk.replace, bulk, of) for bulk, of in FACTS)
_FORGET_FACTS = tuple(f"DELETE FROM {bulk.table} WHERE journey_id = ANY($1)" for bulk, _ in FACTS)  # noqa: S608
_NOT_SENT_AGAIN = (
    "SELECT journey_id FROM journey_score WHERE alive AND epoch <> $1 ORDER BY journey_id FOR UPDATE"
)
_FORGET_JOURNEYS = "DELETE FROM journey_score WHERE epoch <> $1"
_KNOWN = f"SELECT key, entry, traceparent FROM feed_thing WHERE feed = '{SCORES_FEED}' AND key = ANY($1)"  # noqa: S608
_APPLIED = "UPDATE scoring_state SET applied_at = now()"
_OTHER_MODEL = "SELECT EXISTS (SELECT FROM journey_score WHERE alive AND model <> $1)"
_READ_AGAIN = "DELETE FROM feed_cursor WHERE feed = $1"


class PgScoreStore:
    """Implements pathloom_kit's FollowerStore. `published` is called after each commit that others may wait for."""

    def __init__(self, database: Database, score: ScoreJourney, published: Callable[[], None]) -> None:
        self._database = database
        self._score = score
        self._published = published
        self._feed = ThingFeed(SCORES_FEED)

    async def cursors(self, feed: str) -> Mapping[tuple[int, Lane], Cursor]:
        """Where we are."""
        async with self._database.asyncpg() as conn:
            return await pg_cursors.read_cursors(conn, feed)

    async def apply(
        self,
        feed: str,
        entries: Sequence[journeys_pb2.JourneyEntry],
        expected: Cursor,
        new: Cursor,
        watermarks: Sequence[Watermark],
    ) -> None:
        """Scores and facts of the journeys that are newer than what is here, the cursor and the watermarks."""
        # Before the transaction: nobody should wait for arithmetic with the cursor locked.
        sources = await asyncio.to_thread(self._sources, entries, new.epoch)
        async with self._database.asyncpg() as conn, looking_up(conn):
            await pg_cursors.advance(conn, feed, expected, new, watermarks)
            if sources:
                await self._replace(conn, sources, new.lane)
                await pg_cursors.release(conn, feed, *(source.journey_id for source in sources))
        self._published()

    async def park(
        self, feed: str, entry: journeys_pb2.JourneyEntry, reason: str, expected: Cursor, new: Cursor
    ) -> None:
        """Sets the entry aside; the journey's scores stay as they were."""
        async with self._database.asyncpg() as conn, conn.transaction():
            await pg_cursors.park(
                conn,
                feed,
                entry.journey_id,
                entry.SerializeToString(),
                reason,
                new.at(entry.n),
                expected,
                new,
            )
        self._published()

    async def restart(self, feed: str, epoch: str) -> None:
        """Reads again from 0 of the epoch; what is here serves on."""
        async with self._database.asyncpg() as conn, conn.transaction():
            await pg_cursors.restart(conn, feed, epoch)

    async def finish_restart(self, feed: str, epoch: str) -> bool:
        """Withdraws the journeys that the new epoch did not send."""
        async with self._database.asyncpg() as conn, conn.transaction():
            if await pg_cursors.finish_restart(conn, feed, epoch):
                await self._withdraw_not_sent_again(conn, epoch)
            await pg_cursors.note_filled(conn, feed, epoch, await self._feed.epoch(conn))
        self._published()
        return True

    async def _withdraw_not_sent_again(self, conn: RawConnection, epoch: str) -> None:
        gone = [row["journey_id"] for row in await conn.fetch(_NOT_SENT_AGAIN, epoch)]
        for forget in _FORGET_FACTS:
            await conn.execute(forget, gone)
        await conn.execute(_FORGET_JOURNEYS, epoch)
        await self._feed.publish(conn, [Thing(key, _tombstone(key)) for key in gone], Lane.BULK)

    async def read_again_after_a_new_model(self) -> bool:
        """True, and the feed is read from its begin, when scores were made with other weights than those in force."""
        async with self._database.asyncpg() as conn, conn.transaction():
            if not await conn.fetchval(_OTHER_MODEL, self._score.weights.model):
                return False
            await conn.execute(_READ_AGAIN, JOURNEYS_FEED)
            return True

    def _sources(self, entries: Sequence[journeys_pb2.JourneyEntry], epoch: str) -> list[Source]:
        newest = {entry.journey_id: entry for entry in sorted(entries, key=lambda entry: entry.version)}
        return [self._source(entry, epoch) for entry in newest.values()]

    def _source(self, entry: journeys_pb2.JourneyEntry, epoch: str) -> Source:
        facts = self._score(journey_from(entry.journey)) if entry.HasField("journey") else None
        message = _tombstone(entry.journey_id)
        if facts is not None:
            message = scores_pb2.ScoreEntry(
                journey_id=entry.journey_id,
                score=score_message(facts.score, entry.journey_id, facts.journey.customer_id, entry.version),
            ).SerializeToString(deterministic=True)
        return Source(
            entry.journey_id,
            epoch,
            entry.version,
            self._score.weights.model,
            facts,
            message,
            entry.traceparent,
        )

    async def _replace(self, conn: RawConnection, sources: Sequence[Source], lane: Lane) -> None:
        rows = await conn.fetch(_UPSERT, *JOURNEYS.arguments(sources))
        taken = {row["journey_id"] for row in rows}
        fresh = [source for source in sources if source.journey_id in taken]
        await self._replace_facts(conn, fresh)
        things = [Thing(source.journey_id, source.entry, source.traceparent) for source in fresh]
        if lane is Lane.LIVE:
            # What is here already came in the other lane. Whoever reads the live lane up to here must find it there.
            known = [source.journey_id for source in sources if source.journey_id not in taken]
            things += [Thing(r["key"], r["entry"], r["traceparent"]) for r in await conn.fetch(_KNOWN, known)]
        await self._feed.publish(conn, things, lane)  # last: others wait from here to the commit

    async def _replace_facts(self, conn: RawConnection, fresh: Sequence[Source]) -> None:
        if not fresh:
            return
        for replace, bulk, of in _REPLACE_FACTS:
            held = {source.journey_id: of(source.facts) if source.facts else () for source in fresh}
            rows = placed([source.facts for source in fresh if source.facts], of)
            await conn.execute(replace, list(held), list(map(len, held.values())), *bulk.arguments(rows))
        await conn.execute(_APPLIED)


def _tombstone(journey_id: str) -> bytes:
    return scores_pb2.ScoreEntry(journey_id=journey_id).SerializeToString(deterministic=True)
