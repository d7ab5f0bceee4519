"""Serving the journeys feed, and saying where it stands."""

import asyncio
from collections.abc import Iterable, Mapping

from neo4j import AsyncManagedTransaction
from pathloom.feed.v1 import feed_pb2
from pathloom.journey_graph.v1 import journeys_pb2 as pb
from pathloom_kit.feeds.cursor import LANES, Cursor, Lane
from pathloom_kit.feeds.page import PageHeader, Watermark
from pathloom_kit.feeds.wakeup import WakeUp

from pathloom_journey_graph.adapters import cypher
from pathloom_journey_graph.adapters.graph import Graph
from pathloom_journey_graph.adapters.graph_tx import PARTITION, UNCUT, head_id
from pathloom_journey_graph.adapters.rows import rows_of

_READ = {Lane.LIVE: cypher.READ_LIVE, Lane.BULK: cypher.READ_BULK}
_SEEN_S = 0.9
_MAX_BYTES = 4 * 1024 * 1024
_MAX_ENTRIES = 1000  # journeys of 4 KB fill a page: more rows would be read, left out, and read again


class JourneysFeed:
    """Pages of the feed: watermarks, then the head under its lock, then entries up to that head.

    Neo4j shows a commit piece by piece: the head's new number before the index has the entry. Whoever commits holds the
    head's lock until everything is there, so only a head that was read under it promises what stands before it.
    """

    def __init__(self, graph: Graph, wakeup: WakeUp | None = None) -> None:
        self._graph = graph
        self._wakeup = wakeup
        self._asking = asyncio.Lock()
        self._seen = (-1, -_SEEN_S, "")  # mark of the wake-ups before it was read, when, the state
        self._last: dict[Lane, tuple[Cursor, str, pb.FollowJourneysResponse]] = {}

    async def read_page(self, after: Cursor, limit: int) -> pb.FollowJourneysResponse:
        """What follows `after`. Does not judge the epoch: the server of the feed does.

        Whoever waits asks again and again: while nothing has changed that is one small statement, not all that a page takes."""
        state = await self._state()
        last = self._last.get(after.lane)
        if last is not None and last[:2] == (after, state):
            return last[2]
        page = await self._read_page(after, min(limit, _MAX_ENTRIES))
        if not page.entries and page.header.caught_up:
            self._last[after.lane] = (after, state, page)
        return page

    async def _state(self) -> str:
        """Where there are wake-ups, all streams share what one of them read, until something is committed here or a second has
        passed."""
        loop, told = asyncio.get_running_loop(), self._wakeup
        wanted = None if told is None else told.mark()
        async with self._asking:
            if wanted is None or self._seen[0] < wanted or loop.time() - self._seen[1] >= _SEEN_S:
                mark, begun = -1 if told is None else told.mark(), loop.time()
                rows = await self._graph.peek(
                    cypher.FEED_STATE, uncut=UNCUT, live=head_id(Lane.LIVE), bulk=head_id(Lane.BULK)
                )
                self._seen = (mark, begun, repr(rows))
            return self._seen[2]

    async def _read_page(self, after: Cursor, limit: int) -> pb.FollowJourneysResponse:
        marks, epoch = await self._graph.read(_promises)
        found = await self._graph.write_rows(cypher.LOCK_HEAD, id=head_id(after.lane))
        head = found[0]["n"] if found else 0

        async def work(tx: AsyncManagedTransaction) -> pb.FollowJourneysResponse:
            read = await rows_of(
                tx, _READ[after.lane], partition=PARTITION, after=after.n, head=head, limit=limit
            )
            # One that is published again while it is read says its new number: it comes in its new place.
            rows = [row for row in read if row["n"] <= head]
            response, size, taken = pb.FollowJourneysResponse(), 0, 0
            for row in rows:
                size += len(row["entry"])
                if taken and size > _MAX_BYTES:
                    break
                entry = response.entries.add()
                entry.MergeFromString(row["entry"])
                entry.n, entry.version, entry.traceparent = row["n"], row["version"], row["traceparent"] or ""
                taken += 1
            complete = taken == len(rows) and len(read) < limit
            place = max(head, after.n) if complete else response.entries[-1].n if taken else after.n
            cursor = Cursor(epoch, PARTITION, after.lane, place)
            response.header.CopyFrom(PageHeader(cursor, head, place >= head, tuple(marks)).to_proto())
            return response

        return await self._graph.read(work)

    async def describe(self) -> feed_pb2.DescribeFeedsResponse:
        """Heads, watermarks, what is parked and what waits."""

        async def work(tx: AsyncManagedTransaction) -> feed_pb2.DescribeFeedsResponse:
            marks = [mark.to_proto() for mark in await _watermarks(tx)]
            epoch = (await rows_of(tx, cypher.READ_META))[0]["epoch"]
            parked = (await rows_of(tx, cypher.COUNT_PARKED))[0]["n"]
            waiting = (await rows_of(tx, cypher.COUNT_WAITING))[0]["n"]
            feeds = []
            for lane in LANES:
                head = (await rows_of(tx, cypher.READ_HEAD, id=head_id(lane)))[0]["n"]
                place = Cursor(epoch, PARTITION, lane, head).to_proto()
                feeds.append(
                    feed_pb2.FeedState(
                        feed="journeys", head=place, watermarks=marks, parked=parked, waiting=waiting
                    )
                )
            return feed_pb2.DescribeFeedsResponse(feeds=feeds)

        return await self._graph.read(work)


async def _promises(tx: AsyncManagedTransaction) -> tuple[list[Watermark], str]:
    """How far the feed reflects its upstreams, and its epoch."""
    return await _watermarks(tx), (await rows_of(tx, cypher.READ_META))[0]["epoch"]


async def _watermarks(tx: AsyncManagedTransaction) -> list[Watermark]:
    """How far the journeys reflect events and customers.

    An event is reflected once its own piece is placed and what identity made of it (read from the customers feed) is applied
    too: so of the two places the lower counts.
    """
    said = await rows_of(tx, cypher.WATERMARKS)
    cursors = await rows_of(tx, cypher.ALL_CURSORS)
    own = [(r["feed"], Cursor(r["epoch"], r["partition"], Lane(r["lane"]), r["n"])) for r in cursors]
    # After the cursors: what was left and is cut by now is in the page, which is read after this.
    uncut = await _uncut(tx)
    found = []
    for feed, cursor in sorted(own, key=lambda mark: (mark[0], mark[1].partition, mark[1].lane)):
        if feed == "events":
            cursor = cursor.at(min(cursor.n, _resolved(said, cursor)))
        if cursor.lane is Lane.BULK and uncut is not None:
            cursor = cursor.at(min(cursor.n, uncut.get((feed, cursor.epoch), 0)))
        found.append(Watermark(feed, cursor))
    return found


async def _uncut(tx: AsyncManagedTransaction) -> Mapping[tuple[str, str], int] | None:
    """By feed and epoch, up to where everything read in the bulk lane is cut; None: all of it is."""
    rows = await rows_of(tx, cypher.READ_UNCUT, id=UNCUT)
    if not rows:
        return None
    row = rows[0]
    return dict(zip(zip(row["feeds"], row["epochs"], strict=True), row["places"], strict=True))


def _resolved(said: Iterable[dict[str, object]], events: Cursor) -> int:
    """How far identity had resolved this partition and lane, as the same lane of the customers feed says: what an event changes is
    published in its own lane, and a lane's pages speak for that lane alone. 0 where it has not said."""
    wanted = ("events", events.epoch, events.partition, int(events.lane), int(events.lane))
    for row in said:
        if (row["of_feed"], row["epoch"], row["partition"], row["lane"], row["by_lane"]) == wanted:
            n = row["n"]
            assert isinstance(n, int)
            return n
    return 0
