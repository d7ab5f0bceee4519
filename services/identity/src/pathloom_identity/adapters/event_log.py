"""The append-only log in PostgreSQL. One transaction takes many requests; the head row is locked last. A few events go in
by one look and one statement that is its own transaction, because round trips are most of what they cost; many by COPY."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from asyncpg import UniqueViolationError
from pathloom_kit.feeds.cursor import Cursor, Lane
from pathloom_kit.feeds.epoch import NoEpoch
from pathloom_kit.feeds.numbers import TAKE, take_numbers
from pathloom_kit.ids import IdFactory
from pathloom_kit.postgres import Database, RawConnection

from pathloom_identity.adapters.event_rows import is_object
from pathloom_identity.adapters.keyed import KeyedHashes
from pathloom_identity.adapters.source_store import parse_sources
from pathloom_identity.application.errors import SourceNotFound
from pathloom_identity.application.ports import Appended, AppendRequest
from pathloom_identity.domain import acceptance
from pathloom_identity.domain.acceptance import ERASED, Known, NewEvent, RefusedEvent, Result, Status
from pathloom_identity.domain.records import RecordKey, RecordKind
from pathloom_identity.domain.refused_shape import shape_of
from pathloom_identity.domain.sources import Source

FEED = "events"
_COLUMNS = (
    "lane", "n", "event_id", "source_id", "message_id", "digest", "type", "name", "namespace", "kind", "user_id",
    "anonymous_id", "contact_id", "previous_id", "group_id", "occurred_at", "received_at", "client_time", "payload",
    "claimed", "test", "erased", "default_channel", "traceparent", "record_hash", "contact_hash",
)  # fmt: skip
_TYPES = (
    "smallint", "bigint", "bytea", "text", "text", "bytea", "smallint", "text", "text", "smallint", "text",
    "text", "text", "text", "text", "bigint", "bigint", "bigint", "bytea",
    "boolean", "boolean", "boolean", "text", "text", "bytea", "bytea",
)  # fmt: skip
_FEW = 32
"""Up to so many events arrays cost less than what COPY needs beside them."""
# Each row brings its place among these in the column n: 1 and so on.
_PUT = f"""
WITH taken AS ({TAKE}), put AS (
    INSERT INTO event ({", ".join(_COLUMNS)})
    SELECT {", ".join("t.n - $4::bigint + i.n" if name == "n" else f"i.{name}" for name in _COLUMNS)}
    FROM taken t, unnest({", ".join(f"${at}::{kind}[]" for at, kind in enumerate(_TYPES, 5))}) AS i({", ".join(_COLUMNS)})
)
SELECT n FROM taken
"""  # noqa: S608 - our own column names
_LOOK = """
SELECT epoch, EXISTS (SELECT FROM tombstone) AS tombstones,
       ARRAY(SELECT ROW(source_id, declaration::text) FROM source ORDER BY source_id) AS sources,
       ARRAY(SELECT ROW(event_id, lane, n, digest, erased) FROM event WHERE event_id = ANY($1)) AS known
FROM feed_epoch
"""
_QUARANTINE = """
INSERT INTO quarantine (quarantine_id, same, source_id, lane, message_id, reason, field, detail, original, claimed,
                        received_at, subjects)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (same) DO NOTHING
"""


@dataclass(slots=True)
class _Row:
    """An event on its way into the log."""

    event_id: bytes
    digest: bytes
    lane: Lane
    event: NewEvent
    source: Source
    record: RecordKey
    contact: RecordKey | None
    traceparent: str
    n: int = 0

    def values(self) -> tuple[Any, ...]:
        e = self.event
        return (
            int(self.lane), self.n, self.event_id, self.source.source_id, e.message_id, self.digest, e.type, e.name,
            self.record.namespace, int(self.record.kind), _named_id(self), e.anonymous_id, e.contact_id, e.previous_id,
            e.group_id, e.occurred_at, e.received_at, e.client_time, e.payload, e.claimed, self.source.test, False,
            self.source.default_channel, self.traceparent, self.record.digest(),
            _other(self),
        )  # fmt: skip


@dataclass(slots=True)
class _Batch:
    """What one transaction knows."""

    known: dict[bytes, Known]
    tombstones: dict[bytes, int]
    rows: dict[bytes, _Row] = field(default_factory=dict)
    quarantined: list[tuple[Any, ...]] = field(default_factory=list)


class PostgresEventLog:
    """Appends and reads. `now` in microseconds since 1970."""

    def __init__(
        self, database: Database, hashes: KeyedHashes, new_id: IdFactory, future_tolerance_us: int
    ) -> None:
        self._database = database
        self._hashes = hashes
        self._new_id = new_id
        self._tolerance = future_tolerance_us

    async def append(self, requests: Sequence[AppendRequest], now: int) -> list[Appended | SourceNotFound]:
        """Takes all requests in one transaction, durably committed when this returns. Answers in their order."""
        while True:
            try:
                async with self._database.asyncpg() as conn:
                    return await self._append(conn, requests, now)
            except UniqueViolationError:
                # Another replica has just taken one of these ids: look again, now it is known.
                continue

    async def append_in(self, conn: RawConnection, request: AppendRequest, now: int) -> Appended:
        """The same inside the caller's transaction, which must end soon: the head row is locked from here on."""
        (found,) = await self._append(conn, [request], now)
        if isinstance(found, SourceNotFound):
            raise found
        return found

    async def _append(
        self, conn: RawConnection, requests: Sequence[AppendRequest], now: int
    ) -> list[Appended | SourceNotFound]:
        ids = [[self._hashes.event(r.source_id, e.message_id) for e in r.events] for r in requests]
        look = await conn.fetchrow(_LOOK, [i for of_one in ids for i in of_one])
        if look is None:
            raise NoEpoch
        sources = parse_sources(dict(look["sources"]))
        known = {event_id: Known(*rest) for event_id, *rest in look["known"]}
        erased = await self._tombstones(conn, requests, sources) if look["tombstones"] else {}
        batch = _Batch(known, erased)
        judged: list[list[Result] | None] = []
        for request, of_one in zip(requests, ids, strict=True):
            source = sources.get(request.source_id)
            judged.append(None if source is None else self._judge(request, source, of_one, batch, now))
        await _write(conn, batch)
        return [
            SourceNotFound()
            if results is None
            else Appended(results, _position(look["epoch"], request.lane, of_one, batch))
            for request, of_one, results in zip(requests, ids, judged, strict=True)
        ]

    def _judge(
        self, request: AppendRequest, source: Source, ids: Sequence[bytes], batch: _Batch, now: int
    ) -> list[Result]:
        results = []
        for event, event_id in zip(request.events, ids, strict=True):
            result = acceptance.fault(event, now, self._tolerance, is_object)
            if result is None:
                result = self._take(request, source, event, event_id, batch)
            if result.status is Status.QUARANTINED and result is not ERASED and request.keep_refused:
                refused = RefusedEvent(
                    event.message_id, result.reason, result.field, result.detail, event.original()
                )
                self._set_aside(request, source, refused, event.claimed, event.received_at, batch)
            results.append(result)
        for refused in request.refused:
            self._set_aside(request, source, refused, refused.claimed, now, batch)
        return results

    def _take(
        self, request: AppendRequest, source: Source, event: NewEvent, event_id: bytes, batch: _Batch
    ) -> Result:
        digest = event.digest()
        known = batch.known.get(event_id)
        if (row := batch.rows.get(event_id)) is not None:
            known = Known(int(row.lane), 0, row.digest, False)
        result = acceptance.against_known(digest, known)
        if result.status is not Status.ACCEPTED:
            return result
        record, contact = event.record(source), event.contact(source)
        if record is None:  # `fault` has seen to it
            raise ValueError("an event without a record")
        for key in (record, contact):
            # What happened before the erasure does not come back under another message id either.
            if key is not None and event.occurred_at <= batch.tombstones.get(
                self._hashes.record(key), event.occurred_at - 1
            ):
                return ERASED
        batch.rows[event_id] = _Row(
            event_id, digest, request.lane, event, source, record, contact, request.traceparent
        )
        return result

    def _set_aside(
        self,
        request: AppendRequest,
        source: Source,
        refused: RefusedEvent,
        claimed: bool,
        received: int,
        batch: _Batch,
    ) -> None:
        original = refused.original
        keys = acceptance.subjects(shape_of(original), source.namespace)
        if any(self._hashes.record(key) in batch.tombstones for key in keys):
            return
        subjects = sorted({self._hashes.record(key) for key in keys})
        clean = [
            t.replace("\x00", "�")
            for t in (refused.message_id, refused.reason, refused.field, refused.detail)
        ]
        same = self._hashes.quarantined(source.source_id, *clean[:2], original.hex())
        batch.quarantined.append(
            (
                self._new_id("qua"), same, source.source_id, int(request.lane), *clean, original, claimed, received,
                subjects,
            )
        )  # fmt: skip

    async def _tombstones(
        self, conn: RawConnection, requests: Sequence[AppendRequest], sources: dict[str, Source]
    ) -> dict[bytes, int]:
        keys: set[RecordKey] = set()
        for request in requests:
            if (source := sources.get(request.source_id)) is None:
                continue
            for event in request.events:
                keys.update(k for k in (event.record(source), event.contact(source)) if k is not None)
                keys.update(k for k in _named(event, source))
            for refused in request.refused:
                keys.update(acceptance.subjects(shape_of(refused.original), source.namespace))
        hashes = [self._hashes.record(key) for key in keys]
        rows = await conn.fetch("SELECT key_hash, erased_at FROM tombstone WHERE key_hash = ANY($1)", hashes)
        return {r["key_hash"]: r["erased_at"] for r in rows}


def _named(event: NewEvent, source: Source) -> list[RecordKey]:
    found = []
    if event.user_id:
        found.append(RecordKey(source.namespace, RecordKind.USER, event.user_id))
    if event.anonymous_id:
        found.append(RecordKey(source.namespace, RecordKind.ANONYMOUS, event.anonymous_id))
    return found


def _named_id(row: _Row) -> str:
    # The column holds the id of whoever the kind says: a user, or an employee, an incident, a source.
    return row.record.id if row.record.is_nobodys else row.event.user_id


def _other(row: _Row) -> bytes | None:
    """The second record that leads to an event, by its digest."""
    if row.contact is not None and row.contact != row.record:
        return row.contact.digest()
    return row.event.about.digest() if row.event.about else None


async def _write(conn: RawConnection, batch: _Batch) -> None:
    """All of it or nothing, durable when this returns (or when the caller's transaction ends)."""
    by_lane = {lane: [row for row in batch.rows.values() if row.lane is lane] for lane in Lane}
    lanes = [lane for lane, rows in by_lane.items() if rows]
    if not batch.quarantined and len(lanes) <= 1:
        for lane in lanes:
            await _insert(conn, lane, by_lane[lane])
        return
    async with conn.transaction():
        if batch.quarantined:
            await conn.executemany(_QUARANTINE, batch.quarantined)
        # Always the same order of lanes: two writers cannot wait for each other.
        for lane in lanes:
            await _insert(conn, lane, by_lane[lane])


async def _insert(conn: RawConnection, lane: Lane, rows: list[_Row]) -> None:
    if len(rows) <= _FEW:
        for at, row in enumerate(rows, 1):
            row.n = at
        columns = zip(*(row.values() for row in rows), strict=True)
        before = await conn.fetchval(_PUT, FEED, 0, int(lane), len(rows), *columns) - len(rows)
        for row in rows:
            row.n += before
        return
    async with conn.transaction():
        first = await take_numbers(conn, FEED, 0, lane, len(rows))
        for n, row in enumerate(rows, first):
            row.n = n
        await conn.copy_records_to_table("event", columns=_COLUMNS, records=[row.values() for row in rows])


def _position(place: str, lane: Lane, ids: Sequence[bytes], batch: _Batch) -> Cursor:
    """The last place among the events of a request, taken now or before; what went in the other lane is not counted."""
    numbers = [batch.rows[i].n for i in ids if i in batch.rows and batch.rows[i].lane is lane]
    numbers += [k.n for i in ids if (k := batch.known.get(i)) is not None and k.lane == lane]
    return Cursor(place, 0, lane, max(numbers, default=0))
