"""How far the read model has got, kept at hand: refreshed twice a second; its places alone every 0.03 s where somebody waits
for one of them, however many they are."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pathloom.gateway.v1.view_pb2 import Age
from pathloom_kit import telemetry
from pathloom_kit.clock import Clock
from pathloom_kit.feeds.cursor import Cursor, Lane
from pathloom_kit.postgres import Database
from pathloom_kit.transient import is_transient

from pathloom_gateway import telemetry_names as names
from pathloom_gateway.adapters.read_model.store import CUSTOMERS, EVENTS, FEEDS, JOURNEYS, SCORES
from pathloom_gateway.domain.freshness import Freshness
from pathloom_gateway.domain.instants import micros, stamp

_log = logging.getLogger(__name__)
_EVERY_S = 0.5
_WAITING_EVERY_S = 0.03
# Upstreams give a sign of life every 5 s.
_SILENT_US = 15_000_000
# A page on its way is no lag.
_LAG_US = 2_000_000

# Each is one statement, so one snapshot.
_PLACES = """
SELECT 'cursor' AS what, feed, '' AS of_feed, partition, lane, epoch, n, 0 AS heard_us, 0 AS as_of_us FROM feed_cursor
UNION ALL SELECT 'mark', feed, of_feed, partition, lane, epoch, n, 0, 0 FROM feed_watermark
UNION ALL SELECT 'heard', feed, '', partition, lane, '', head, heard_us, as_of_us FROM view_heard
UNION ALL SELECT 'left', '', '', 0, 0, '', 0, 0, 0 WHERE EXISTS (SELECT FROM view_left)
"""
_READ = f"""{_PLACES}
UNION ALL SELECT 'refilling', c.feed, '', 0, 0, '', 0, 0, 0 FROM feed_cursor c LEFT JOIN feed_filled f USING (feed)
WHERE f.epoch IS DISTINCT FROM c.epoch
UNION ALL SELECT 'erasing', '', '', 0, 0, '', 0, 0, 0 WHERE EXISTS (SELECT FROM view_erased WHERE lives_again)
UNION ALL SELECT 'recutting', '', '', 0, 0, '', 0, 0, 0
WHERE EXISTS (SELECT FROM view_journey WHERE withdrawn AND body IS NOT NULL)
"""  # noqa: S608 - our own words

_Place = tuple[str, int, int]


@dataclass(slots=True)
class _Seen:
    """feed_cursor, feed_watermark and view_heard at one moment: (feed[, of feed], partition, lane) → (epoch, n) … What is refilling
    or recut is as of the last full look."""

    cursors: Mapping[_Place, tuple[str, int]] = field(default_factory=dict)
    marks: Mapping[tuple[str, str, int, int], tuple[str, int]] = field(default_factory=dict)
    heads: Mapping[_Place, int] = field(default_factory=dict)
    heard_us: Mapping[str, int] = field(default_factory=dict)
    as_of_us: int = 0
    left: bool = False
    """Documents that history has touched are yet to be composed."""
    refilling: bool = False
    """Not all that lives in the epochs that are read here has come yet, or what lives no more is yet to go (also upstream,
    where a restore has undone an erasure)."""
    recutting: bool = False
    """Some journey was withdrawn, and whether all that it held has come elsewhere is not known yet."""
    live_as_of_us: int = 0
    """When the newest event of the live lane was received."""


class PostgresProgress:
    """Progress, shared through the database by all replicas."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._seen = _Seen()
        self._began_us = micros(clock.now())
        self._refreshing = asyncio.Lock()
        self._refreshed_at = float("-inf")  # for those who wait, by the loop's clock
        self._lagging_since: dict[str, int] = {}
        self._freshness = Freshness()
        self._freshnesses = telemetry.durations(names.VIEW_FRESHNESS)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.refresh()
            except Exception as error:
                if not is_transient(error):
                    raise
                _log.warning("progress not read", extra={"error": type(error).__name__})
            await asyncio.sleep(_EVERY_S)

    async def refresh(self) -> None:
        """Reads the cursors, what upstreams said of themselves, and when."""
        said = await self._said(_READ)
        self._seen = replace(
            _places(said), refilling="refilling" in said or "erasing" in said, recutting="recutting" in said
        )
        now_us = micros(self._clock.now())
        self._note_lag(now_us)
        self._note_freshness(now_us)

    async def _refresh_shared(self) -> None:
        """Of all who wait one reads, for all."""
        async with self._refreshing:
            now = asyncio.get_running_loop().time()
            if now - self._refreshed_at >= _WAITING_EVERY_S:
                self._refreshed_at = now
                places = _places(await self._said(_PLACES))
                self._seen = replace(places, refilling=self._seen.refilling, recutting=self._seen.recutting)

    async def _said(self, statement: str) -> Mapping[str, Sequence[Any]]:
        said: dict[str, list[Any]] = {}
        async with self._database.asyncpg() as conn:
            for row in await conn.fetch(statement):
                said.setdefault(row["what"], []).append(row)
        return said

    def silence_s(self) -> float:
        """Seconds since the read model last heard from each upstream; the largest of them."""
        return self.age(micros(self._clock.now())).seconds

    def age(self, now_us: int) -> Age:
        """As of, seconds, lagging."""
        seen = self._seen
        age = Age(seconds=max(0, now_us - min(self._heard(feed) for feed in FEEDS)) / 1_000_000)
        if seen.as_of_us:
            age.as_of.CopyFrom(stamp(seen.as_of_us))
        age.lagging.extend(
            feed
            for feed in FEEDS
            if now_us - self._heard(feed) > _SILENT_US
            or now_us - self._lagging_since.get(feed, now_us) > _LAG_US
        )
        return age

    async def reached(self, position: Cursor, wait_s: float, *, events_only: bool = False) -> bool:
        """See Progress. A position of another epoch is never reached: what it stands for may have been lost upstream."""
        deadline = asyncio.get_running_loop().time() + wait_s
        if self._shows(position, events_only):
            return True
        while True:
            await self._refresh_shared()
            if self._shows(position, events_only):
                return True
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0:
                return False
            await asyncio.sleep(min(_WAITING_EVERY_S, left))

    def journeys_have_read(self, lane: int, n: int) -> bool:
        """journey-graph has read the customers feed up to there, and what came of it is here."""
        cursor = self._seen.cursors.get((CUSTOMERS, 0, lane))
        mark = self._seen.marks.get((JOURNEYS, CUSTOMERS, 0, lane))
        return cursor is not None and mark is not None and mark[0] == cursor[0] and mark[1] >= n

    def settled(self) -> bool:
        """All cursors at the heads last heard, and each upstream had read everything that is here."""
        seen = self._seen
        if any(feed not in seen.heard_us for feed in FEEDS) or self._behind():
            return False
        if seen.left or seen.refilling or seen.recutting:
            return False
        for (feed, partition, lane), (epoch, n) in seen.cursors.items():
            followers = {
                EVENTS: (CUSTOMERS, JOURNEYS, SCORES),
                CUSTOMERS: (JOURNEYS, SCORES),
                JOURNEYS: (SCORES,),
            }
            for follower in followers.get(feed, ()):
                mark = seen.marks.get((follower, feed, partition, lane))
                if n and (mark is None or mark[0] != epoch or mark[1] < n):
                    return False
        return True

    def places(self) -> list[tuple[str, Cursor]]:
        """Where each lane of each feed has got to."""
        return [
            (feed, Cursor(epoch, partition, Lane(lane), n))
            for (feed, partition, lane), (epoch, n) in sorted(self._seen.cursors.items())
        ]

    def lags(self) -> list[tuple[str, int, int, int, int]]:
        """(feed, lane, partition, applied, head) of each lane."""
        seen = self._seen
        return [
            (feed, lane, partition, n, max(n, seen.heads.get((feed, partition, lane), 0)))
            for (feed, partition, lane), (_, n) in sorted(seen.cursors.items())
        ]

    def _shows(self, position: Cursor, events_only: bool) -> bool:
        seen = self._seen
        lane, wanted = int(position.lane), (position.epoch, position.n)
        if not _covers(seen.cursors.get((EVENTS, position.partition, lane)), wanted):
            return False
        if events_only:
            return True
        return not (seen.left and position.lane is Lane.BULK) and all(
            _covers(seen.marks.get((feed, EVENTS, position.partition, lane)), wanted)
            for feed in (CUSTOMERS, JOURNEYS, SCORES)
        )

    def _heard(self, feed: str) -> int:
        return self._seen.heard_us.get(feed, self._began_us)

    def _behind(self) -> set[str]:
        return {feed for feed, _, _, applied, head in self.lags() if head > applied}

    def _note_lag(self, now_us: int) -> None:
        behind = self._behind()
        self._lagging_since = {feed: self._lagging_since.get(feed, now_us) for feed in behind}

    def _note_freshness(self, now_us: int) -> None:
        """Of the live lane's first partition."""
        seen, lane = self._seen, int(Lane.LIVE)
        epoch, applied = seen.cursors.get((EVENTS, 0, lane), ("", 0))
        marks = [seen.marks.get((feed, EVENTS, 0, lane), ("", 0)) for feed in (CUSTOMERS, JOURNEYS, SCORES)]
        shown = min([applied, *(n if of == epoch else 0 for of, n in marks)])
        for seconds in self._freshness.seen(epoch, applied, seen.live_as_of_us, shown, now_us):
            self._freshnesses.record(seconds)


def _places(said: Mapping[str, Sequence[Any]]) -> _Seen:
    heard = said.get("heard", ())
    heard_us: dict[str, int] = {}
    for row in heard:
        heard_us[row["feed"]] = min(heard_us.get(row["feed"], row["heard_us"]), row["heard_us"])
    events = [row for row in heard if row["feed"] == EVENTS]
    return _Seen(
        cursors={
            (r["feed"], r["partition"], r["lane"]): (r["epoch"], r["n"]) for r in said.get("cursor", ())
        },
        marks={
            (r["feed"], r["of_feed"], r["partition"], r["lane"]): (r["epoch"], r["n"])
            for r in said.get("mark", ())
        },
        heads={(r["feed"], r["partition"], r["lane"]): r["n"] for r in heard},
        heard_us=heard_us,
        as_of_us=max((row["as_of_us"] for row in events), default=0),
        left="left" in said,
        live_as_of_us=max((row["as_of_us"] for row in events if row["lane"] == Lane.LIVE), default=0),
    )


def _covers(place: tuple[str, int] | None, wanted: tuple[str, int]) -> bool:
    return place is not None and place[0] == wanted[0] and place[1] >= wanted[1]
