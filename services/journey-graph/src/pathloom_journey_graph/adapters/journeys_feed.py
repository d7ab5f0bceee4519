"""Serving the journeys feed, and saying where it stands."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from neo4j import AsyncManagedTransaction
from pathloom.feed.v1 import feed_pb2
from pathloom.journey_graph.v1 import journeys_pb2 as pb
from pathloom_kit.feeds.cursor import LANES, Cursor, Lane
from pathloom_kit.feeds.page import PageHeader, Watermark, of_lane
from pathloom_kit.feeds.wakeup import WakeUp

from pathloom_journey_graph.adapters import cypher
from pathloom_journey_graph.adapters.graph import Graph
from pathloom_journey_graph.adapters.graph_tx import PARTITION, UNCUT, head_id
from pathloom_journey_graph.adapters.rows import rows_of

_READ = {Lane.LIVE: cypher.READ_LIVE, Lane.BULK: cypher.READ_BULK}
_FOLLOWED = {"events", "customers"}
_SEEN_S = 0.9
_MAX_BYTES = 4 * 1024 * 1024
_MAX_ENTRIES = 1000  # journeys of 4 KB fill a page: more rows would be read, left out, and read again


@dataclass(frozen=True, slots=True)
class _State:
    """What one statement read: how far the feed reflects its upstreams, whether it is yet to fill, its epoch, and a head
    that promises nothing."""

    marks: tuple[Watermark, ...]
    refilling: bool
    epoch: str
    head: int


class JourneysFeed:
    """Pages of the feed: watermarks, then the head under its lock, then entries up to that head.

    Neo4j shows a commit piece by piece: the head's new number before the index has the entry. Whoever commits holds the
    head's lock until everything is there, so only a head that was read under it promises what stands before it.

    Whoever waits asks again and again: while nothing has changed for them, that is one small statement. Where there are
    wake-ups, all streams of a lane share it until something is committed here or a second has passed. And whoever stands at
    the same place takes the same page, read once.
    """

    def __init__(self, graph: Graph, wakeup: WakeUp | None = None) -> None:
        self._graph = graph
        self._wakeup = wakeup
        self._reading = {lane: asyncio.Lock() for lane in LANES}
        self._seen: dict[
            Lane, tuple[int, float, _State]
        ] = {}  # the wake-ups' mark before it was read, and when
        self._last: dict[Lane, tuple[tuple[Cursor, int, _State], pb.FollowJourneysResponse]] = {}

    async def read_page(self, after: Cursor, limit: int) -> pb.FollowJourneysResponse:
        """What follows `after`. Does not judge the epoch: the server of the feed does."""
        async with self._reading[after.lane]:
            state = await self._state(after.lane)
            limit = min(limit, _MAX_ENTRIES)
            asked = (after, limit, state)
            last = self._last.get(after.lane)
            if last is not None and last[0] == asked:
                return last[1]
            page = await self._read_page(after, limit, state)
            # Only what the state that was asked of tells: with a later head a page says more than the state does.
            if page.header.head == state.head:
                self._last[after.lane] = (asked, page)
            return page

    async def _state(self, lane: Lane) -> _State:
        """Asked by one reader of the lane at a time."""
        told, now = self._wakeup, asyncio.get_running_loop().time()
        mark = -1 if told is None else told.mark()
        seen = self._seen.get(lane)
        if told is None or seen is None or seen[0] < mark or now - seen[1] >= _SEEN_S:
            (row,) = await self._graph.peek(cypher.FEED_STATE, uncut=UNCUT, head=head_id(lane))
            state = _state_of(row)
            # What is read in the other lane changes no page of this one.
            seen = self._seen[lane] = (mark, now, replace(state, marks=of_lane(state.marks, lane)))
        return seen[2]

    async def _read_page(self, after: Cursor, limit: int, state: _State) -> pb.FollowJourneysResponse:
        head = await self._head(after.lane)

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
            cursor = Cursor(state.epoch, PARTITION, after.lane, place)
            header = PageHeader(cursor, head, place >= head, state.marks, state.refilling)
            response.header.CopyFrom(header.to_proto())
            return response

        return await self._graph.read(work)

    async def _head(self, lane: Lane) -> int:
        """Under its lock."""
        found = await self._graph.write_rows(cypher.LOCK_HEAD, id=head_id(lane))
        return int(found[0]["n"]) if found else 0

    async def describe(self) -> feed_pb2.DescribeFeedsResponse:
        """Heads, watermarks, what is parked and what waits."""
        # As for a page: the heads after the watermarks, so that whoever has read up to them has what those stand for.
        states = {
            lane: _state_of(
                (await self._graph.read_rows(cypher.FEED_STATE, uncut=UNCUT, head=head_id(lane)))[0]
            )
            for lane in LANES
        }
        heads = {lane: await self._head(lane) for lane in LANES}
        parked = (await self._graph.read_rows(cypher.COUNT_PARKED))[0]["n"]
        waiting = (await self._graph.read_rows(cypher.COUNT_WAITING))[0]["n"]
        feeds = [
            feed_pb2.FeedState(
                feed="journeys",
                head=Cursor(state.epoch, PARTITION, lane, heads[lane]).to_proto(),
                watermarks=[mark.to_proto() for mark in state.marks],
                parked=parked,
                waiting=waiting,
                refilling=state.refilling,
            )
            for lane, state in states.items()
        ]
        return feed_pb2.DescribeFeedsResponse(feeds=feeds)


def _state_of(row: Mapping[str, Any]) -> _State:
    """How far the journeys reflect events and customers.

    An event is reflected once its own piece is placed, what identity made of it (read from the customers feed) is applied
    too, and nothing that was left of it is yet to be cut: so of these places the lowest counts.
    """
    # Aggregating over nothing gives one row of nothing.
    said = [r for r in row["said"] if r["of_feed"] is not None]
    own = [
        (r["feed"], Cursor(r["epoch"], r["partition"], Lane(r["lane"]), r["n"]))
        for r in row["cursors"]
        if r["feed"] is not None
    ]
    uncut = row["uncut"] and dict(
        zip(
            zip(row["uncut"]["feeds"], row["uncut"]["epochs"], strict=True),
            row["uncut"]["places"],
            strict=True,
        )
    )
    found = []
    for feed, cursor in sorted(own, key=lambda mark: (mark[0], mark[1].partition, mark[1].lane)):
        if feed == "events":
            cursor = cursor.at(min(cursor.n, _resolved(said, cursor)))
        if cursor.lane is Lane.BULK and uncut is not None:
            cursor = cursor.at(min(cursor.n, uncut.get((feed, cursor.epoch), 0)))
        found.append(Watermark(feed, cursor))
    return _State(tuple(found), _refilling(row["filled"], own), row["epoch"], row["head"])


def _refilling(filled: Iterable[Mapping[str, Any]], own: Iterable[tuple[str, Cursor]]) -> bool:
    """Something that lives in an epoch that is being read may not have come yet, or is not cut."""
    full = {(row["feed"], row["epoch"]) for row in filled}
    never = _FOLLOWED - {feed for feed, _ in full}
    return bool(never) or any((feed, at.epoch) not in full for feed, at in own)


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
