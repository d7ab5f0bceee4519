"""Erasing in PostgreSQL: blank in place, delete, and leave keyed hashes so that it stays erased."""

from pathloom_kit.feeds.cursor import Lane
from pathloom_kit.postgres import RawConnection

from pathloom_identity.adapters.codec import unpack
from pathloom_identity.adapters.keyed import KeyedHashes
from pathloom_identity.adapters.quarantine_mentions import forget_mentions
from pathloom_identity.adapters.resolution_store import PostgresResolutionStore, key_of
from pathloom_identity.application.ports import Erasure
from pathloom_identity.application.resolution import index_rows
from pathloom_identity.domain.evidence.blocking import BlockKey, keys_of
from pathloom_identity.domain.identifiers import Identifier
from pathloom_identity.domain.records import NOBODYS, RecordKey, RecordKind

# Before anything else, so that nothing is recorded between looking and blanking; lanes in the order of the log.
_STOP_THE_LOG = """
INSERT INTO feed_head AS h (feed, partition, lane, n) VALUES ('events', 0, $1, 0)
ON CONFLICT (feed, partition, lane) DO UPDATE SET n = h.n
"""
_PEOPLE = "SELECT record_no, namespace, kind, id, own_customer_id, state FROM record WHERE customer_id = $1 AND kind <> 3"
_CONTACTS = """
SELECT record_no, namespace, kind, id, own_customer_id, state FROM record
WHERE kind = 3 AND component IN (SELECT component FROM record WHERE bound_no = ANY($1))
"""
# Who could have been one with them, or could be one among themselves now.
_NEAR = """
SELECT namespace, kind, id FROM record
WHERE kind <> 3 AND component IN (SELECT component FROM record WHERE record_no = ANY($1)) AND record_no <> ALL($1)
"""
_NAMED = """
SELECT DISTINCT namespace, kind, user_id, anonymous_id, contact_id, claimed FROM event
WHERE record_hash = ANY($1) OR contact_hash = ANY($1)
"""
_BLANKED = """
UPDATE event SET message_id = NULL, digest = NULL, name = '', namespace = '', user_id = '', anonymous_id = '',
    contact_id = '', previous_id = '', group_id = '', client_time = NULL, payload = ''::bytea, traceparent = '',
    record_hash = NULL, contact_hash = NULL, erased = true
"""
_BLANK = _BLANKED + "WHERE record_hash = ANY($1) OR contact_hash = ANY($1)"
_BLANK_OF_ONE = _BLANKED + "WHERE record_hash = $1"
_TOMBSTONES = """
INSERT INTO tombstone AS t (key_hash, erased_at, generation) SELECT k, $2, 1 FROM unnest($1::bytea[]) k
ON CONFLICT (key_hash) DO UPDATE SET erased_at = excluded.erased_at, generation = t.generation + 1
"""


async def erase(
    conn: RawConnection,
    hashes: KeyedHashes,
    customer_id: str,
    actor: str,
    now: int,
    certificate_id: str,
    follow_by: int,
) -> Erasure:
    """Erases the customer whose id NOW is `customer_id`: its records, the contacts bound to them with their chains,
    the events that name any of these, and what of them is in quarantine."""
    for lane in Lane:
        await conn.execute(_STOP_THE_LOG, int(lane))
    people = await conn.fetch(_PEOPLE, customer_id)
    contacts = await conn.fetch(_CONTACTS, [r["record_no"] for r in people])
    rows = [*people, *contacts]
    keys = list(map(key_of, rows))
    digests = [key.digest() for key in keys]
    named = await conn.fetch(_NAMED, digests)
    blanked = await conn.execute(_BLANK, digests)
    secret = [hashes.record(key) for key in keys]
    await conn.execute(_TOMBSTONES, secret, now)
    await conn.execute("DELETE FROM quarantine WHERE subjects && $1", secret)
    near = await conn.fetch(_NEAR, [r["record_no"] for r in people])
    blocks = await _leave_blocks(conn, hashes, [r["record_no"] for r in people])
    doubts = await PostgresResolutionStore(conn, hashes).doubt([r["record_no"] for r in people], ())
    await conn.execute("DELETE FROM record WHERE record_no = ANY($1)", [r["record_no"] for r in rows])
    own = tuple(r["own_customer_id"] for r in people)
    await conn.execute(
        "INSERT INTO certificate VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, false)",
        certificate_id, customer_id, list(own), [r["own_customer_id"] for r in contacts], actor, int(blanked.split()[1]), len(rows), now, follow_by,
    )  # fmt: skip
    values: set[Identifier] = {i for r in people for i in index_rows(unpack(r["state"]))}
    await forget_mentions(conn, values)
    return Erasure(
        events=int(blanked.split()[1]),
        records=len(rows),
        own_ids=own,
        people=tuple(keys[: len(people)]),
        contacts=tuple((k, r["own_customer_id"]) for k, r in zip(keys[len(people) :], contacts, strict=True)),
        shared=tuple(sorted(await _still_there(conn, _keys(named) - set(keys)))),
        values=tuple(sorted(values)),
        blocks=blocks,
        doubts=tuple(doubts),
        near=tuple(map(key_of, near)),
    )


async def erase_nobodys(
    conn: RawConnection,
    hashes: KeyedHashes,
    key: RecordKey,
    actor: str,
    now: int,
    certificate_id: str,
    follow_by: int,
) -> int:
    """Blanks what names a record that is no customer's (an employee), forgets what of it is in quarantine and leaves a
    tombstone. Nothing has been resolved from it, so there is nothing else. How many events were blanked."""
    for lane in Lane:
        await conn.execute(_STOP_THE_LOG, int(lane))
    blanked = int((await conn.execute(_BLANK_OF_ONE, key.digest())).split()[1])
    await conn.execute(_TOMBSTONES, [hashes.record(key)], now)
    await conn.execute("DELETE FROM quarantine WHERE subjects && $1", [hashes.record(key)])
    # No customer: the feed of customers has nothing to say of it, so its keys count as dropped.
    await conn.execute(
        "INSERT INTO certificate VALUES ($1, '', '{}', '{}', $2, $3, 0, $4, $5, true)",
        certificate_id, actor, blanked, now, follow_by,
    )  # fmt: skip
    return blanked


def _keys(rows: list[object]) -> set[RecordKey]:
    found = set()
    for r in rows:
        for kind, name in (
            (RecordKind.USER, "user_id"),
            (RecordKind.ANONYMOUS, "anonymous_id"),
            (RecordKind.CONTACT, "contact_id"),
        ):
            if r[name] and (kind is RecordKind.CONTACT or r["kind"] not in NOBODYS):  # type: ignore[index]
                found.add(RecordKey(r["namespace"], kind, r[name]))  # type: ignore[index]
    return found


async def _leave_blocks(conn: RawConnection, hashes: KeyedHashes, numbers: list[int]) -> tuple[BlockKey, ...]:
    """The index of blocks has no foreign key, which would cost another index as large as itself."""
    store = PostgresResolutionStore(conn, hashes)
    said = await store.said(numbers)
    rows = [(number, key) for number, one in said.items() for key in keys_of(one)]
    await store.say((), (), rows)
    return tuple(key for _, key in rows)


async def _still_there(conn: RawConnection, keys: set[RecordKey]) -> list[RecordKey]:
    rows = await conn.fetch(
        "SELECT namespace, kind, id FROM record WHERE key_hash = ANY($1)", [key.digest() for key in keys]
    )
    return list(map(key_of, rows))
