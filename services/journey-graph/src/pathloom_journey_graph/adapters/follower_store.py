"""Following in Neo4j: cursor, effect, watermarks and parked entries in one transaction."""

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from neo4j import AsyncManagedTransaction
from pathloom_kit.clock import Clock
from pathloom_kit.feeds.cursor import LANES, Cursor, Lane
from pathloom_kit.feeds.page import Watermark
from pathloom_kit.feeds.stale import StaleCursor

from pathloom_journey_graph.adapters import cypher
from pathloom_journey_graph.adapters.graph import Graph, transient
from pathloom_journey_graph.adapters.graph_tx import UNCUT, Neo4jGraphTx
from pathloom_journey_graph.adapters.rows import do, rows_of
from pathloom_journey_graph.domain.values import SECOND

_log = logging.getLogger(__name__)


class Entry(Protocol):
    """An entry of any feed."""

    @property
    def n(self) -> int: ...
    @property
    def traceparent(self) -> str: ...
    def SerializeToString(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class About:
    """Whose records an entry names and when it was received (microseconds since 1970)."""

    records: Sequence[str]
    received: int


E = TypeVar("E", bound=Entry)
Effect = Callable[[Neo4jGraphTx, Sequence[E], Cursor], Awaitable[None]]
Finish = Callable[[str], Awaitable[None]]


class Neo4jFollowerStore(Generic[E]):
    """Implements FollowerStore for one feed. `effect` writes what entries do, `finish` drops what was not sent again,
    `keys` names the things of an entry (to release what is parked under them), `committed` is told of each commit.
    `about` says of whom an entry of facts tells, so that what is parked of an erased person goes with them. With `exclusive` the lanes take turns."""

    def __init__(
        self, graph: Graph, clock: Clock, effect: Effect[E], finish: Finish, keys: Callable[[E], Iterable[str]],
        committed: Callable[[], None], *, about: Callable[[E], About] | None = None, exclusive: bool = False,
    ) -> None:  # fmt: skip
        self._graph = graph
        self._clock = clock
        self._effect = effect
        self._finish = finish
        self._keys = keys
        self._committed = committed
        self._about = about
        self._exclusive = exclusive

    async def cursors(self, feed: str) -> Mapping[tuple[int, Lane], Cursor]:
        rows = await self._graph.read_rows(cypher.CURSORS, feed=feed)
        return {
            (r["partition"], Lane(r["lane"])): Cursor(r["epoch"], r["partition"], Lane(r["lane"]), r["n"])
            for r in rows
        }

    async def apply(
        self, feed: str, entries: Sequence[E], expected: Cursor, new: Cursor, watermarks: Sequence[Watermark]
    ) -> None:
        async def work(tx: AsyncManagedTransaction) -> None:
            parked = await self._lock(tx, feed, expected, new)
            if entries:
                await self._effect(self._graph.tx(tx), entries, new)
                if parked:
                    keys = [key for entry in entries for key in self._keys(entry)]
                    await rows_of(tx, cypher.RELEASE, feed=feed, keys=keys)
            await self._move(tx, feed, new, watermarks)

        await self._graph.write(work)
        self._committed()

    async def park(self, feed: str, entry: E, reason: str, expected: Cursor, new: Cursor) -> None:
        async def work(tx: AsyncManagedTransaction) -> None:
            await self._lock(tx, feed, expected, new)
            await self._move(tx, feed, new)
            known = self._graph.tx(tx)
            about = self._about(entry) if self._about else About((), 0)
            if any(at >= about.received for at in (await known.erased_at(about.records)).values()):
                return  # read before they were erased: nothing of it may be written down
            await rows_of(
                tx, cypher.PARK, id=f"{feed}|{new.epoch}|{new.partition}|{new.lane.name}|{entry.n}", feed=feed,
                key=next(iter(self._keys(entry)), ""), n=entry.n, lane=int(new.lane), epoch=new.epoch, reason=reason,
                entry=entry.SerializeToString(), at=round(self._clock.now().timestamp() * SECOND),
                about=known.hashed(about.records),
            )  # fmt: skip

        await self._graph.write(work)
        self._committed()

    async def restart(self, feed: str, epoch: str) -> None:
        async def work(tx: AsyncManagedTransaction) -> None:
            await rows_of(tx, cypher.LOCK_RESTART, feed=feed)
            rows = await rows_of(tx, cypher.CURSORS, feed=feed)
            if len(rows) >= len(LANES) and all(r["epoch"] == epoch for r in rows):
                return
            await rows_of(tx, cypher.DROP_PARKED, feed=feed)
            await rows_of(tx, cypher.DROP_WATERMARKS, feed=feed)
            for lane in LANES:
                found = await rows_of(
                    tx,
                    cypher.LOCK_CURSOR,
                    id=cursor_id(feed, 0, lane),
                    feed=feed,
                    partition=0,
                    lane=int(lane),
                )
                if found[0]["epoch"] != epoch:
                    await self._move(tx, feed, Cursor(epoch, 0, lane, 0))
            await rows_of(tx, cypher.SET_RESTART, feed=feed, epoch=epoch)

        await self._graph.write(work)

    async def finish_restart(self, feed: str, epoch: str) -> bool:
        """In steps, each a transaction that may be repeated; the mark that it is under way goes last. Full is what has been
        cut, too."""
        rows = await self._graph.write_rows(cypher.LOCK_RESTART, feed=feed)
        if rows[0]["epoch"] == epoch:
            await self._finish(epoch)
            await self._graph.write_rows(cypher.SET_RESTART, feed=feed, epoch=None)
        full = await self._graph.write_rows(cypher.NOTE_FILLED, feed=feed, epoch=epoch, uncut=UNCUT)
        self._committed()
        return bool(full)

    async def replay_parked(self, feed: str, parse: Callable[[bytes], E]) -> int:
        """Tries everything parked again, oldest first, each in a transaction of its own; what still fails stays.

        Returns how many went through. Done whenever the service begins to follow: a version that knows better is the
        one thing that helps against an entry that fails deterministically.
        """
        done = 0
        for row in await self._graph.read_rows(cypher.LIST_PARKED, feed=feed):
            place = Cursor(row["epoch"], 0, Lane(row["lane"]), row["n"])

            async def work(
                tx: AsyncManagedTransaction, row: dict[str, Any] = row, place: Cursor = place
            ) -> None:
                if self._exclusive:
                    await rows_of(tx, cypher.LOCK_GATE, id=f"gate|{feed}|0")
                await self._effect(self._graph.tx(tx), [parse(row["entry"])], place)
                await rows_of(tx, cypher.DROP_ONE_PARKED, id=row["id"])

            try:
                await self._graph.write(work)
            except Exception as error:
                if transient(error):
                    raise
                _log.warning(
                    "still parked", extra={"feed": feed, "n": row["n"], "error": type(error).__name__}
                )
                continue
            done += 1
        if done:
            self._committed()
        return done

    async def _lock(self, tx: AsyncManagedTransaction, feed: str, expected: Cursor, new: Cursor) -> bool:
        """The cursor's lock first: whoever is late finds it moved, and has done nothing yet. Whether anything of the feed is
        parked."""
        key = cursor_id(feed, new.partition, new.lane)
        found = await rows_of(
            tx, cypher.LOCK_CURSOR, id=key, feed=feed, partition=new.partition, lane=int(new.lane)
        )
        if (found[0]["epoch"], found[0]["n"]) != (expected.epoch, expected.n):
            raise StaleCursor(feed, expected)
        if self._exclusive:
            await rows_of(tx, cypher.LOCK_GATE, id=f"gate|{feed}|{new.partition}")
        return bool(found[0]["parked"])

    async def _move(
        self, tx: AsyncManagedTransaction, feed: str, new: Cursor, watermarks: Sequence[Watermark] = ()
    ) -> None:
        """Last, so that the effect can still read where everybody stood before it."""
        key = cursor_id(feed, new.partition, new.lane)
        rows = [_watermark_row(feed, new.lane, mark) for mark in watermarks]
        await do(tx, cypher.MOVE_CURSOR, id=key, epoch=new.epoch, n=new.n, watermarks=rows)


def cursor_id(feed: str, partition: int, lane: Lane) -> str:
    """The node of a cursor."""
    return f"{feed}|{partition}|{lane.name}"


def _watermark_row(feed: str, by: Lane, mark: Watermark) -> dict[str, object]:
    place = mark.cursor
    return {
        "id": f"{feed}|{by.name}|{mark.feed}|{place.partition}|{place.lane.name}",
        "of_feed": mark.feed, "partition": place.partition, "lane": int(place.lane), "epoch": place.epoch, "n": place.n,
    }  # fmt: skip
