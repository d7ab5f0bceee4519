"""Follows the service's own log: each batch's effect and the cursor move in one transaction."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pathloom_kit import telemetry
from pathloom_kit import telemetry_names as names
from pathloom_kit.feeds import pg_cursors
from pathloom_kit.feeds.cursor import LANES, Cursor, Lane
from pathloom_kit.feeds.metrics import apply_span
from pathloom_kit.feeds.serve import GATHER_S
from pathloom_kit.feeds.stale import StaleCursor
from pathloom_kit.feeds.turns import Turns
from pathloom_kit.feeds.wakeup import WakeUp
from pathloom_kit.postgres import Database, RawConnection
from pathloom_kit.transient import is_transient

from pathloom_identity.adapters.event_rows import event_of
from pathloom_identity.adapters.keyed import KeyedHashes
from pathloom_identity.adapters.log_reader import read_batch, waiting
from pathloom_identity.adapters.resolution_store import PostgresResolutionStore
from pathloom_identity.adapters.step import begin, step
from pathloom_identity.adapters.tasks import BackgroundTasks
from pathloom_identity.application.door import AGAIN_S, Door
from pathloom_identity.application.resolve_events import ResolveEvents

_log = logging.getLogger(__name__)
FEED = "events"
# The log and what is resolved from it are restored together, so the resolver's own cursor knows no epochs.
_OWN = "own"
_HISTORY = 4  # times as many events in a batch of history


@dataclass
class LogResolver:
    """One replica's resolver. `published` is called after each commit."""

    database: Database
    hashes: KeyedHashes
    resolve: ResolveEvents
    tasks: BackgroundTasks
    wakeup: WakeUp
    published: Callable[[], None]
    door: Door = field(default_factory=Door)
    batch: int = 500
    bulk_share: float = 0.2
    poll_s: float = 1.0
    gather_s: float = GATHER_S[Lane.LIVE]
    """Two batches of live events, when the first took all there were, are twice as far apart as that one took, and at most
    so far: what comes meanwhile goes in one transaction where there is much to do, and waits for nothing where there is
    little."""
    applied: int = 0
    refused: int = 0
    """How often another replica had been faster."""
    _places: dict[Lane, Cursor] = field(default_factory=dict)
    _gathers_until: float = float("-inf")

    def __post_init__(self) -> None:
        # As every follower does: this is how operators see which replica works.
        meter = telemetry.meter()
        self._applied = meter.create_counter(names.FEED_APPLIED)
        self._stale = meter.create_counter(names.FEED_STALE)

    async def run(self) -> None:
        """Live first, a share for bulk, what is left over last. Until cancelled."""
        turns, backoff, woken = Turns(self.bulk_share), 0.05, False
        while True:
            mark = self.wakeup.mark()
            try:
                idle = not await self.turn(turns, woken)
                backoff = 0.05
            except Exception as error:
                if not is_transient(error):
                    raise
                _log.warning("resolving waits", extra={"error": type(error).__name__})
                self._places.clear()
                await asyncio.sleep(backoff)
                backoff = min(backoff * 2, 5.0)
                continue
            woken = False
            if idle:
                await self.wakeup.wait(mark, self.poll_s)
                woken = self.wakeup.mark() != mark

    async def turn(self, turns: Turns, woken: bool = False) -> bool:
        """One batch of one lane, or one piece of left-over work. False when there is nothing to do. `woken`: something was
        recorded; where it is no history it is live, and is not asked for before it is taken."""
        async with self.database.asyncpg() as conn:
            if not self._places:
                await self._read_places(conn)
            if woken and not self.door.history_comes():
                lanes = {Lane.LIVE}
            else:
                lanes = await waiting(conn, {lane: place.n for lane, place in self._places.items()})
            begun = self.door.now()
            live = Lane.LIVE in lanes and begun >= self._gathers_until
            lane = turns.next(live, Lane.BULK in lanes and self.door.history_may_go())
            if lane is not None:
                taken = await self._take(conn, lane, Lane.LIVE in lanes)
                if lane is Lane.BULK:
                    self.door.history_took(self.door.now() - begun)
                elif 0 < taken < self.batch:
                    self._gathers_until = begun + self.gather_s
                turns.spent(lane, taken, len(lanes) == len(LANES))
                return True
            if not lanes:
                if await self.tasks.one(conn):
                    self.published()
                    return True
                return False
        # What is live gathers; history waits while more of it is being taken in.
        await asyncio.sleep(self._gathers_until - begun if Lane.LIVE in lanes else AGAIN_S)
        return True

    async def drain(self) -> None:
        """Until there is nothing to do."""
        turns = Turns(self.bulk_share)
        while await self.turn(turns):
            pass

    async def _read_places(self, conn: RawConnection) -> None:
        stored = await pg_cursors.read_cursors(conn, FEED)
        self._places = {lane: stored.get((0, lane), Cursor("", 0, lane, 0)) for lane in LANES}

    async def _take(self, conn: RawConnection, lane: Lane, live_waits: bool) -> int:
        """One batch; how many events it was. Of history more at once, while nothing live waits for it: who is named again and
        again is then worked out once."""
        most = self.batch if lane is Lane.LIVE or live_waits else self.batch * _HISTORY
        place = self._places[lane]
        try:
            taken = await self._apply(conn, lane, most)
        except StaleCursor:
            self._refused()
            return 0
        except Exception as error:
            if is_transient(error):
                raise
            rows = await read_batch(conn, lane, place.n, most)
            await self._one_by_one(conn, lane, rows)
            taken = len(rows)
        if taken:
            self.published()
        return taken

    async def _one_by_one(self, conn: RawConnection, lane: Lane, rows: Sequence[Any]) -> None:
        """Something in the batch fails however often it is tried: find it, set it aside, take the rest."""
        for row in rows:
            try:
                await self._apply(conn, lane, 1)
            except StaleCursor:
                self._refused()
                return
            except Exception as error:
                if is_transient(error):
                    raise
                _log.exception("an event is parked", extra={"lane": lane.name, "n": row["n"]})
                await self._park(conn, lane, row, error)

    async def _apply(self, conn: RawConnection, lane: Lane, most: int) -> int:
        """How many were applied."""
        expected = self._places[lane]
        async with step(conn):
            # Alone first: erasure blanks events, and what is read from here on stays as it is.
            rows, known = await begin(conn, FEED, expected, _OWN, most)
            if not rows:
                return 0
            causes = [row["traceparent"] for row in rows]
            traceparent = next((cause for cause in reversed(causes) if cause), "")
            with apply_span(FEED, lane, causes):
                events = [event_of(row) for row in rows if not row["erased"]]
                store = PostgresResolutionStore(conn, self.hashes, traceparent, known)
                await self.resolve(store, events, lane)
        self._places[lane] = Cursor(_OWN, 0, lane, rows[-1]["n"])
        self.applied += len(rows)
        self._applied.add(len(rows), {names.FEED: FEED, names.LANE: lane.name})
        return len(rows)

    def _refused(self) -> None:
        self.refused += 1
        self._stale.add(1, {names.FEED: FEED})
        self._places.clear()

    async def _park(self, conn: RawConnection, lane: Lane, row: Any, error: Exception) -> None:
        expected = self._places[lane]
        new = Cursor(_OWN, 0, lane, row["n"])
        async with conn.transaction():
            # The entry itself stays in the log: only its place is kept here.
            await pg_cursors.park(
                conn, FEED, row["event_id"].hex(), b"", type(error).__name__, new, expected, new
            )
        self._places[lane] = new


async def resolved_to(conn: RawConnection) -> dict[Lane, int]:
    """How far the log is resolved."""
    stored = await pg_cursors.read_cursors(conn, FEED)
    return {lane: stored[0, lane].n if (0, lane) in stored else 0 for lane in LANES}


def as_places(resolved: Mapping[Lane, int], epoch: str) -> list[Cursor]:
    """The same as places of an epoch."""
    return [Cursor(epoch, 0, lane, n) for lane, n in resolved.items()]
