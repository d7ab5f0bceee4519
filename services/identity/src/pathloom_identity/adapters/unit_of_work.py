"""Units of work in PostgreSQL."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from pathloom_kit.feeds.cursor import Cursor, Lane
from pathloom_kit.feeds.epoch import epoch
from pathloom_kit.postgres import Database, RawConnection

from pathloom_identity.adapters import event_rows
from pathloom_identity.adapters.erasure import erase, erase_nobodys
from pathloom_identity.adapters.event_log import PostgresEventLog
from pathloom_identity.adapters.keyed import KeyedHashes
from pathloom_identity.adapters.models import activate
from pathloom_identity.adapters.resolution_store import PostgresResolutionStore, key_of
from pathloom_identity.adapters.step import alone
from pathloom_identity.application.errors import CustomerErased, CustomerNotFound
from pathloom_identity.application.ports import Appended, AppendRequest, Erasure
from pathloom_identity.application.resolution_store import Stored
from pathloom_identity.domain.events import Event
from pathloom_identity.domain.evidence.model import Model
from pathloom_identity.domain.golden import Survivorship
from pathloom_identity.domain.records import RecordKey

_EVENT = f"SELECT {event_rows.COLUMNS} FROM event WHERE event_id = $1"  # noqa: S608 - our own column names
# The oldest record of the group that the record with this own id is in now: the one whose own id is the customer's.
_LEADER = """
SELECT l.namespace, l.kind, l.id FROM record r JOIN record l ON l.own_customer_id = r.customer_id
WHERE r.own_customer_id = $1 AND r.kind <> 3
"""
_DECIDE = """
INSERT INTO decision (left_no, right_no, same, actor, reason, decided_at)
VALUES (least($1::bigint, $2), greatest($1::bigint, $2), $3, $4, $5, $6)
ON CONFLICT (left_no, right_no) DO UPDATE SET same = excluded.same, actor = excluded.actor,
    reason = excluded.reason, decided_at = excluded.decided_at
"""
_UNDECIDE = """
DELETE FROM decision WHERE left_no = least($1::bigint, $2) AND right_no = greatest($1::bigint, $2) RETURNING left_no
"""
_PIN = """
WITH kept AS (
    INSERT INTO pin AS p (record_no, field, source_id, actor, reason, pinned_at, seq)
    VALUES ($1, $3, $4, $5, $6, $7, nextval('change_seq_seq'))
    ON CONFLICT (record_no, field, source_id) DO UPDATE SET actor = excluded.actor, reason = excluded.reason,
        pinned_at = excluded.pinned_at, seq = excluded.seq
    RETURNING seq
)
INSERT INTO pin_change (seq, record_no, customer_id, field, source_id, pinned, actor, text, changed_at)
SELECT seq, $1, $2, $3, $4, true, $5, $6, $7 FROM kept
"""
_UNPIN = """
WITH gone AS (DELETE FROM pin WHERE record_no = $1 AND field = $3 AND source_id = $4 RETURNING record_no)
INSERT INTO pin_change (record_no, customer_id, field, source_id, pinned, actor, text, changed_at)
SELECT record_no, $2, $3, $4, false, $5, $6, $7 FROM gone RETURNING seq
"""


class PostgresUnit:
    """The port, on one connection."""

    def __init__(
        self, conn: RawConnection, log: PostgresEventLog, hashes: KeyedHashes, traceparent: str
    ) -> None:
        self._conn = conn
        self._log = log
        self._hashes = hashes
        self._resolution = PostgresResolutionStore(conn, hashes, traceparent)

    @property
    def resolution(self) -> PostgresResolutionStore:
        return self._resolution

    async def append(self, request: AppendRequest, now: int) -> Appended:
        return await self._log.append_in(self._conn, request, now)

    async def logged(self, source_id: str, message_id: str) -> tuple[Event, Cursor] | None:
        row = await self._conn.fetchrow(_EVENT, self._hashes.event(source_id, message_id))
        if row is None:
            return None
        return event_rows.event_of(row), Cursor(await epoch(self._conn), 0, Lane(row["lane"]), row["n"])

    async def leader_of(self, customer_id: str) -> Stored:
        key = await leader_of(self._conn, customer_id)
        return (await self._resolution.records([key]))[key]

    async def decide(
        self, left: Stored, right: Stored, same: bool, actor: str, reason: str, now: int
    ) -> None:
        await self._conn.execute(_DECIDE, left.no, right.no, same, actor, reason, now)

    async def withdraw_decision(self, left: Stored, right: Stored) -> bool:
        return await self._conn.fetchval(_UNDECIDE, left.no, right.no) is not None

    async def pin(
        self, record: Stored, field: str, source_id: str, actor: str, reason: str, now: int
    ) -> None:
        await self._conn.execute(_PIN, record.no, record.customer_id, field, source_id, actor, reason, now)

    async def withdraw_pin(
        self, record: Stored, field: str, source_id: str, actor: str, reason: str, now: int
    ) -> bool:
        said = (record.no, record.customer_id, field, source_id, actor, reason, now)
        return await self._conn.fetchval(_UNPIN, *said) is not None

    async def model_text(self, number: int) -> str:
        found = await self._conn.fetchval("SELECT text FROM model_version WHERE number = $1", number)
        return str(found or "")

    async def activate(
        self, model: Model, survivorship: Survivorship, actor: str, reason: str, now: int
    ) -> int:
        return await activate(self._conn, model, survivorship, actor, reason, now)

    async def erase(
        self, customer_id: str, actor: str, now: int, certificate_id: str, follow_by: int
    ) -> Erasure:
        leader = await self.leader_of(customer_id)
        return await erase(self._conn, self._hashes, leader.own_id, actor, now, certificate_id, follow_by)

    async def erase_nobodys(
        self, key: RecordKey, actor: str, now: int, certificate_id: str, follow_by: int
    ) -> int:
        return await erase_nobodys(self._conn, self._hashes, key, actor, now, certificate_id, follow_by)


async def leader_of(conn: RawConnection, customer_id: str) -> RecordKey:
    """The oldest record of the customer that ever had this id. CustomerNotFound, CustomerErased."""
    row = await conn.fetchrow(_LEADER, customer_id)
    if row is not None:
        return key_of(row)
    erased = await conn.fetchval(
        "SELECT EXISTS (SELECT FROM certificate WHERE own_customer_ids @> ARRAY[$1])", customer_id
    )
    raise CustomerErased() if erased else CustomerNotFound()


async def customer_now(conn: RawConnection, customer_id: str) -> str:
    """The id that the customer has now. CustomerNotFound, CustomerErased."""
    key = await leader_of(conn, customer_id)
    return str(await conn.fetchval("SELECT customer_id FROM record WHERE key_hash = $1", key.digest()))


class PostgresUnitOfWork:
    """`published` is called after each commit."""

    def __init__(
        self, database: Database, log: PostgresEventLog, hashes: KeyedHashes, published: Callable[[], None]
    ) -> None:
        self._database = database
        self._log = log
        self._hashes = hashes
        self._published = published

    @asynccontextmanager
    async def __call__(self, traceparent: str = "") -> AsyncIterator[PostgresUnit]:
        async with self._database.asyncpg() as conn, conn.transaction():
            await alone(conn)
            yield PostgresUnit(conn, self._log, self._hashes, traceparent)
        self._published()
