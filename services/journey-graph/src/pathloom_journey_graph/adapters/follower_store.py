"""Following in Neo4j: what is set aside, and beginning again. The steps themselves: steps.py."""

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from neo4j import AsyncManagedTransaction
from pathloom_kit.clock import Clock
from pathloom_kit.feeds.cursor import LANES, Cursor, Lane
from pathloom_kit.feeds.page import Watermark

from pathloom_journey_graph.adapters import cypher
from pathloom_journey_graph.adapters.cursors import (
    CursorMove,
    cursor_row,
    gate_id,
    lock_cursors,
    move_cursors,
)
from pathloom_journey_graph.adapters.graph import Graph, transient
from pathloom_journey_graph.adapters.graph_tx import UNCUT, Neo4jGraphTx
from pathloom_journey_graph.adapters.rows import rows_of
from pathloom_journey_graph.adapters.steps import GraphStep, Steps
from pathloom_journey_graph.application.ports import Disturbed
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
Effect = Callable[[Neo4jGraphTx, Sequence[E], str], Awaitable[Disturbed]]
Finish = Callable[[str], Awaitable[None]]


class Neo4jFollowerStore(Generic[E]):
    """Implements FollowerStore for one feed. `steps` is shared with the other feed; `effect` does what entries of an epoch say,
    `finish` drops what was not sent again, `keys` names the things of an entry (to release what is parked under them),
    `committed` is told of each commit. `about` says of whom an entry of facts tells, so that what is parked of an erased
    person goes with them. With `gated` the lanes take turns."""

    def __init__(
        self, graph: Graph, clock: Clock, steps: Steps, effect: Effect[E], finish: Finish, keys: Callable[[E], Iterable[str]],
        committed: Callable[[], None], *, about: Callable[[E], About] | None = None, gated: bool = False,
    ) -> None:  # fmt: skip
        self._graph = graph
        self._clock = clock
        self._steps = steps
        self._effect = effect
        self._finish = finish
        self._keys = keys
        self._committed = committed
        self._about = about
        self._gated = gated

    async def cursors(self, feed: str) -> Mapping[tuple[int, Lane], Cursor]:
        rows = await self._graph.read_rows(cypher.CURSORS, feed=feed)
        return {
            (r["partition"], Lane(r["lane"])): Cursor(r["epoch"], r["partition"], Lane(r["lane"]), r["n"])
            for r in rows
        }

    async def apply(
        self, feed: str, entries: Sequence[E], expected: Cursor, new: Cursor, watermarks: Sequence[Watermark]
    ) -> None:
        async def effect(tx: Neo4jGraphTx) -> Disturbed:
            return await self._effect(tx, entries, new.epoch)

        move = CursorMove(feed, expected, new, watermarks, self._gated)
        keys = [key for entry in entries for key in self._keys(entry)]
        traceparent = entries[-1].traceparent if entries else ""
        await self._steps(GraphStep(move, effect if entries else None, keys, traceparent))
        self._committed()

    async def park(self, feed: str, entry: E, reason: str, expected: Cursor, new: Cursor) -> None:
        moves = [CursorMove(feed, expected, new, gated=self._gated)]

        async def work(tx: AsyncManagedTransaction) -> None:
            await lock_cursors(tx, moves)
            await move_cursors(tx, moves)
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
            locked = await rows_of(
                tx, cypher.LOCK_CURSORS, rows=[cursor_row(feed, 0, lane) for lane in LANES], gates=[]
            )
            begun = {row["id"] for row in locked if row["epoch"] == epoch}
            starts = [Cursor(epoch, 0, lane, 0) for lane in LANES]
            moves = [CursorMove(feed, start, start) for start in starts]
            await move_cursors(tx, [move for move in moves if move.id not in begun])
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
                if self._gated:
                    await rows_of(tx, cypher.LOCK_GATES, gates=[gate_id(feed, place.partition)])
                ours, entry = self._graph.tx(tx), parse(row["entry"])
                touched = await self._effect(ours, [entry], place.epoch)
                await self._steps.cut(ours, touched, place.lane, entry.traceparent)
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
