"""Applies customers and contacts' bindings."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pathloom.identity.v1.customers_pb2 import CustomerEntry
from pathloom_kit.feeds.cursor import Cursor
from pathloom_kit.postgres import RawConnection

from pathloom_gateway.adapters.read_model.erased_before import as_erased, remember_erased
from pathloom_gateway.adapters.read_model.households import apply_households, mates_of
from pathloom_gateway.adapters.read_model.keys import forgotten_hash, record_key
from pathloom_gateway.adapters.read_model.leads import drop_leads, put_leads
from pathloom_gateway.adapters.read_model.parked import drop_parked_of
from pathloom_gateway.adapters.read_model.resolve import ERASED, LIVES, MERGED


@dataclass(slots=True)
class Touched:
    """What a page has changed, so that what depends on it is worked out once."""

    customer_ids: set[str] = field(default_factory=set)
    records: set[str] = field(default_factory=set)
    contacts: set[str] = field(default_factory=set)
    journeys: set[str] = field(default_factory=set)
    touchpoints: set[str] = field(default_factory=set)
    """Those that some journey holds no more: another may show them now."""
    owners: set[str] = field(default_factory=set)
    moved: bool = False
    """Something of one customer's has gone, perhaps to another: their documents change together."""

    def add(self, other: "Touched") -> None:
        """What another page of the same transaction has changed."""
        self.customer_ids |= other.customer_ids
        self.records |= other.records
        self.contacts |= other.contacts
        self.journeys |= other.journeys
        self.touchpoints |= other.touchpoints
        self.owners |= other.owners
        self.moved |= other.moved


# An entry of another epoch is the upstream begun again: it always counts.
_PUT_CUSTOMERS = """
INSERT INTO view_customer AS c (customer_id, epoch, version, lane, n, state, into_id, thing)
SELECT i.customer_id, $1, i.version, $2, i.n, i.state, i.into_id, i.thing
FROM unnest($3::text[], $4::bigint[], $5::bigint[], $6::smallint[], $7::text[], $8::bytea[])
     AS i(customer_id, version, n, state, into_id, thing)
ON CONFLICT (customer_id) DO UPDATE SET epoch = excluded.epoch, version = excluded.version, lane = excluded.lane,
    n = excluded.n, state = excluded.state, into_id = excluded.into_id,
    -- A merged one keeps what it was until the one it is merged into has come.
    thing = CASE WHEN excluded.state = 2 THEN c.thing ELSE excluded.thing END
WHERE c.epoch <> excluded.epoch OR c.version < excluded.version
RETURNING customer_id
"""
_PUT_BINDINGS = """
INSERT INTO view_contact AS c (contact_key, namespace, contact_id, root_key, step_key, b_epoch, b_version, b_lane, b_n,
    b_root, level, reason, bound_record, own_customer_id, candidates)
SELECT i.key, i.namespace, i.contact_id, i.root, i.root, $1, i.version, $2, i.n, i.root, i.level, i.reason,
       nullif(i.bound, ''), nullif(i.own, ''), string_to_array(nullif(i.candidates, ''), ' ')
FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[], $9::smallint[], $10::text[],
            $11::text[], $12::text[], $13::text[])
     AS i(key, namespace, contact_id, root, version, n, level, reason, bound, own, candidates)
ON CONFLICT (contact_key) DO UPDATE SET b_epoch = excluded.b_epoch, b_version = excluded.b_version,
    b_lane = excluded.b_lane, b_n = excluded.b_n, b_root = excluded.b_root, step_key = excluded.step_key, level = excluded.level,
    reason = excluded.reason, bound_record = excluded.bound_record, own_customer_id = excluded.own_customer_id,
    candidates = excluded.candidates
WHERE c.b_epoch IS NULL OR c.b_epoch <> excluded.b_epoch OR c.b_version < excluded.b_version
RETURNING contact_key
"""
_FORGET = """
INSERT INTO view_forgotten (key_hash, erased_us) SELECT h, $2 FROM unnest($1::bytea[]) AS i(h)
ON CONFLICT (key_hash) DO UPDATE SET erased_us = greatest(view_forgotten.erased_us, excluded.erased_us)
"""


async def apply_customers(
    conn: RawConnection, entries: Sequence[CustomerEntry], place: Cursor, secret: bytes, now_us: int
) -> Touched:
    """Applies a page; older versions than those applied change nothing. Says what it touched."""
    touched = Touched()
    things: dict[str, CustomerEntry] = {}
    bindings: dict[str, CustomerEntry] = {}
    homes: dict[str, CustomerEntry] = {}
    for entry in entries:
        which = entry.WhichOneof("thing")
        if which is None:
            raise ValueError("an entry without a thing")
        if which == "contact":
            into, key = bindings, record_key(entry.contact.contact)
        elif which == "household":
            into, key = homes, entry.household.household_id
        else:
            into, key = things, getattr(entry, which).customer_id
        if key not in into or into[key].version <= entry.version:
            into[key] = entry
    gone = [key for key, entry in things.items() if entry.HasField("erased")]
    gone += [entry.contact.own_customer_id for entry in bindings.values() if entry.contact.erased]
    await remember_erased(conn, gone)
    await as_erased(conn, things, bindings)
    await _apply_things(conn, things, place, secret, now_us, touched)
    touched.customer_ids |= await apply_households(conn, homes, place.epoch)
    await _apply_bindings(conn, bindings, place, secret, now_us, touched)
    return touched


async def _apply_things(
    conn: RawConnection,
    things: dict[str, CustomerEntry],
    place: Cursor,
    secret: bytes,
    now_us: int,
    touched: Touched,
) -> None:
    if not things:
        return
    rows: list[tuple[str, int, int, int, str | None, bytes | None]] = []
    for key in sorted(things):
        entry = things[key]
        if entry.HasField("customer"):
            rows.append((key, entry.version, entry.n, LIVES, None, entry.customer.SerializeToString()))
        elif entry.HasField("merged"):
            rows.append((key, entry.version, entry.n, MERGED, entry.merged.into_customer_id, None))
        else:
            rows.append((key, entry.version, entry.n, ERASED, None, None))
    applied = {
        row["customer_id"]
        for row in await conn.fetch(
            _PUT_CUSTOMERS, place.epoch, int(place.lane), *map(list, zip(*rows, strict=True))
        )
    }
    # Their names stand in the views of those they share a home with.
    touched.customer_ids |= applied | await mates_of(conn, applied)
    living = {key: things[key].customer for key in applied if things[key].HasField("customer")}
    gone = [key for key in applied if things[key].HasField("erased")]
    touched.moved |= bool(gone)  # who is now another one without a journey shows nothing twice (see `reown`)
    touched.records |= await drop_leads(conn, gone) | await put_leads(conn, living)
    if gone:
        keys = [record_key(record) for key in gone for record in things[key].erased.records]
        touched.records.update(keys)
        await drop_parked_of(conn, keys)
        await forget_contacts(conn, [key for key in keys if "|contact|" in key], secret, now_us, touched)
        await conn.execute("DELETE FROM view_score WHERE customer_id = ANY($1)", gone)


async def _apply_bindings(
    conn: RawConnection,
    bindings: dict[str, CustomerEntry],
    place: Cursor,
    secret: bytes,
    now_us: int,
    touched: Touched,
) -> None:
    erased = [key for key, entry in bindings.items() if entry.contact.erased]
    touched.moved |= bool(erased)
    await forget_contacts(conn, erased, secret, now_us, touched)
    rows = []
    for key in sorted(set(bindings) - set(erased)):
        entry, binding = bindings[key], bindings[key].contact
        root = record_key(binding.root) if binding.HasField("root") else key
        rows.append(
            (
                key,
                binding.contact.namespace,
                binding.contact.id,
                root,
                entry.version,
                entry.n,
                int(binding.level),
                binding.reason,
                record_key(binding.bound_to) if binding.HasField("bound_to") else "",
                binding.own_customer_id,
                " ".join(binding.candidate_customer_ids),
            )
        )
    if rows:
        columns = list(map(list, zip(*rows, strict=True)))
        before = await conn.fetch(
            "SELECT own_customer_id FROM view_contact WHERE contact_key = ANY($1) AND own_customer_id IS NOT NULL",
            columns[0],
        )
        applied = await conn.fetch(_PUT_BINDINGS, place.epoch, int(place.lane), *columns)
        touched.contacts.update(row["contact_key"] for row in applied)
        if applied:
            touched.customer_ids.update(row["own_customer_id"] for row in before)
            touched.customer_ids.update(row[9] for row in rows if row[9])


async def forget_contacts(
    conn: RawConnection, keys: Sequence[str], secret: bytes, now_us: int, touched: Touched
) -> None:
    """Deletes contacts and everything of them; what stays is a keyed hash, so that a page read before comes to
    nothing."""
    if not keys:
        return
    await conn.execute(_FORGET, [forgotten_hash(secret, key) for key in keys], now_us)
    await drop_parked_of(conn, keys)
    rows = await conn.fetch(
        "DELETE FROM view_contact WHERE contact_key = ANY($1) RETURNING contact_key, root_key, own_customer_id",
        list(keys),
    )
    touched.contacts.update(key for row in rows for key in (row["contact_key"], row["root_key"]))
    own = [row["own_customer_id"] for row in rows if row["own_customer_id"]]
    touched.customer_ids.update(own)
    # What stood under the contact's own customer id is nobody's from now on (version 0: whatever upstream says goes first).
    await conn.execute(
        "INSERT INTO view_customer (customer_id, epoch, version, lane, n, state) "
        "SELECT i, '', 0, 1, 0, 3 FROM unnest($1::text[]) AS i ON CONFLICT DO NOTHING",
        own,
    )
    await remember_erased(conn, own)
