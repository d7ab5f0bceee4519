"""The scores feed as others follow it."""

from __future__ import annotations

from pathloom.feed.v1 import feed_pb2
from pathloom.scoring.v1 import scores_pb2
from pathloom_kit.feeds import epoch as epochs
from pathloom_kit.feeds import pg_cursors
from pathloom_kit.feeds.cursor import LANES, Cursor
from pathloom_kit.feeds.log import ThingFeed, head
from pathloom_kit.feeds.page import Watermark, watermarks_of
from pathloom_kit.feeds.serve import fill_page
from pathloom_kit.postgres import Database, RawConnection

from pathloom_scoring.adapters.score_store import JOURNEYS_FEED, SCORES_FEED


class ScoresFeed:
    """Pages, and where the feed stands."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._feed = ThingFeed(SCORES_FEED)

    async def read_page(self, after: Cursor, limit: int) -> scores_pb2.FollowScoresResponse:
        """What follows `after`. Its watermarks: how far the journeys feed was read, and how far journey-graph had read."""
        async with (
            self._database.asyncpg() as conn,
            conn.transaction(isolation="repeatable_read", readonly=True),
        ):
            marks = await _watermarks(conn)
            page = await self._feed.read(conn, after, limit)
            refilling = await pg_cursors.refilling(conn, JOURNEYS_FEED, page.cursor.epoch)
        return fill_page(scores_pb2.FollowScoresResponse(), page, marks, refilling=refilling)

    async def renew_epoch(self, lost: str) -> str:
        """A follower has read what this store no longer holds: it was restored."""
        async with self._database.asyncpg() as conn:
            return await epochs.renew_epoch(conn, lost)

    async def describe(self) -> feed_pb2.DescribeFeedsResponse:
        """One state for each lane; parked are the entries of the journeys feed that could not be scored."""
        async with (
            self._database.asyncpg() as conn,
            conn.transaction(isolation="repeatable_read", readonly=True),
        ):
            marks = [mark.to_proto() for mark in await _watermarks(conn)]
            epoch = await self._feed.epoch(conn)
            parked = await pg_cursors.count_parked(conn, JOURNEYS_FEED)
            refilling = await pg_cursors.refilling(conn, JOURNEYS_FEED, epoch)
            heads = [
                Cursor(
                    epoch,
                    self._feed.partition,
                    lane,
                    await head(conn, SCORES_FEED, self._feed.partition, lane),
                )
                for lane in LANES
            ]
        return feed_pb2.DescribeFeedsResponse(
            feeds=[
                feed_pb2.FeedState(
                    feed=SCORES_FEED,
                    head=at.to_proto(),
                    watermarks=marks,
                    parked=parked,
                    refilling=refilling,
                )
                for at in heads
            ]
        )


async def _watermarks(conn: RawConnection) -> tuple[Watermark, ...]:
    cursors = await pg_cursors.read_cursors(conn, JOURNEYS_FEED)
    upstream = await pg_cursors.read_watermarks(conn, JOURNEYS_FEED)
    return (*watermarks_of(JOURNEYS_FEED, cursors.values()), *upstream)
