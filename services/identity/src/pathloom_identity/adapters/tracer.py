"""What became of an event, and where the feeds stand."""

from pathloom.feed.v1 import feed_pb2 as f
from pathloom.identity.v1 import events_pb2 as e
from pathloom_kit.feeds.cursor import LANES, Cursor
from pathloom_kit.feeds.epoch import epoch
from pathloom_kit.feeds.log import head
from pathloom_kit.feeds.page import watermarks_of
from pathloom_kit.postgres import Database, RawConnection

from pathloom_identity.adapters import event_rows
from pathloom_identity.adapters.keyed import KeyedHashes
from pathloom_identity.adapters.resolver import as_places, resolved_to
from pathloom_identity.adapters.source_store import load_sources
from pathloom_identity.application.errors import EventNotFound
from pathloom_identity.wire import key_to_proto, timestamp

_EVENT = f"SELECT {event_rows.COLUMNS} FROM event WHERE event_id = ANY($1) ORDER BY received_at DESC LIMIT 1"  # noqa: S608 - our own column names
_REFUSED = """
SELECT * FROM quarantine WHERE message_id = $1 AND ($2 = '' OR source_id = $2) ORDER BY seq DESC LIMIT 1
"""
_PARKED = "SELECT reason FROM feed_parked WHERE feed = 'events' AND lane = $1 AND n = $2"
_BIND_OWNER = """
SELECT coalesce(b.customer_id, r.own_customer_id) FROM record r LEFT JOIN record b ON b.record_no = r.bound_no
WHERE r.key_hash = $1
"""
_State = e.TraceEventResponse


class Tracer:
    """Reads that change nothing."""

    def __init__(self, database: Database, hashes: KeyedHashes) -> None:
        self._database = database
        self._hashes = hashes

    async def trace(self, message_id: str, source_id: str) -> e.TraceEventResponse:
        """EventNotFound when neither the log nor the quarantine knows it."""
        async with self._database.asyncpg() as conn:
            sources = [source_id] if source_id else sorted(await load_sources(conn))
            row = await conn.fetchrow(_EVENT, [self._hashes.event(s, message_id) for s in sources])
            if row is not None:
                return await self._logged(conn, row)
            row = await conn.fetchrow(_REFUSED, message_id, source_id)
        if row is None:
            raise EventNotFound()
        return e.TraceEventResponse(
            state=_State.STATE_QUARANTINED,
            reason=row["reason"],
            detail=f"{row['field']}: {row['detail']}" if row["field"] else row["detail"],
            received_at=timestamp(row["received_at"]),
        )

    async def _logged(self, conn: RawConnection, row: object) -> e.TraceEventResponse:
        logged = event_rows.logged(row)
        lane, n = row["lane"], row["n"]  # type: ignore[index]
        place = await epoch(conn)
        done = await resolved_to(conn)
        found = e.TraceEventResponse(event_id=logged.event_id, received_at=logged.received_at)
        found.position.CopyFrom(f.Cursor(epoch=place, lane=lane, n=n))
        if logged.erased:
            found.state = _State.STATE_ERASED
            return found
        found.record.CopyFrom(logged.record)
        if logged.HasField("contact"):
            found.contact.CopyFrom(logged.contact)
        parked = await conn.fetchval(_PARKED, lane, n)
        found.reason = parked or ""
        found.state = (
            _State.STATE_PARKED
            if parked
            else _State.STATE_RESOLVED
            if done[lane] >= n
            else _State.STATE_WAITING
        )
        key = event_rows.record_of(row)
        found.record.CopyFrom(key_to_proto(key))
        if key.is_nobodys:
            return found
        query = "SELECT customer_id FROM record WHERE key_hash = $1" if key.is_person else _BIND_OWNER
        found.customer_id = await conn.fetchval(query, key.digest()) or ""
        return found

    async def feeds(self) -> f.DescribeFeedsResponse:
        """Heads, how far the log is resolved, what is parked, and what still waits to be resolved."""
        async with self._database.asyncpg() as conn:
            place = await epoch(conn)
            resolved = await resolved_to(conn)
            marks = [mark.to_proto() for mark in watermarks_of("events", as_places(resolved, place))]
            heads = {
                (feed, lane): await head(conn, feed, 0, lane)
                for feed in ("events", "customers")
                for lane in LANES
            }
            parked = {
                r["lane"]: r["n"]
                for r in await conn.fetch(
                    "SELECT lane, count(*) AS n FROM feed_parked WHERE feed = 'events' GROUP BY lane"
                )
            }
            left = await conn.fetchval("SELECT count(*) FROM task")
        found = f.DescribeFeedsResponse()
        for (feed, lane), n in heads.items():
            state = found.feeds.add(feed=feed, head=Cursor(place, 0, lane, n).to_proto())
            if feed == "customers":
                state.watermarks.extend(marks)
                state.parked = parked.get(lane, 0)
                state.waiting = heads["events", lane] - resolved[lane]
                state.waiting += left if lane is LANES[-1] else 0
        return found
