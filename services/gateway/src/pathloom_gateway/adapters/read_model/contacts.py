"""Live contacts: pieces by contact id, chains, and the folded contact that readers see."""

from collections.abc import Iterable, Sequence

from pathloom.gateway.v1.view_pb2 import LiveContact
from pathloom.identity.v1.customers_pb2 import BindingLevel
from pathloom.identity.v1.events_pb2 import LoggedEvent
from pathloom_kit.feeds.cursor import Cursor
from pathloom_kit.postgres import RawConnection

from pathloom_gateway.adapters.read_model.customers import Touched
from pathloom_gateway.adapters.read_model.keys import contact_key, contact_of, forgotten_hash
from pathloom_gateway.adapters.read_model.pieces import Epoched, pack, piece_of, unpack
from pathloom_gateway.adapters.read_model.resolve import present_ids
from pathloom_gateway.domain.instants import stamp, stamp_micros
from pathloom_gateway.domain.live_contact import WAITING, LiveState, fold, folds_into

LEVELS = {
    BindingLevel.BINDING_LEVEL_UNSPECIFIED: "none",
    BindingLevel.BINDING_LEVEL_NONE: "none",
    BindingLevel.BINDING_LEVEL_LISTED: "listed",
    BindingLevel.BINDING_LEVEL_PROBABLE: "probable",
    BindingLevel.BINDING_LEVEL_CLAIMED: "claimed",
    BindingLevel.BINDING_LEVEL_VERIFIED: "verified",
}
_PUT_PIECES = """
INSERT INTO view_contact AS c (contact_key, namespace, contact_id, root_key, step_key, pieces, last_us)
SELECT i.key, i.namespace, i.contact_id, i.step, i.step, i.pieces, i.last
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bytea[], $6::bigint[])
     AS i(key, namespace, contact_id, step, pieces, last)
ON CONFLICT (contact_key) DO UPDATE SET pieces = excluded.pieces, last_us = excluded.last_us,
    step_key = coalesce(c.b_root, excluded.step_key)
"""
# These, and everybody whose way to the root leads over one of them (a contact that is gone is still somebody's step).
# OFFSET 0: looked up one by one, though whoever plans it expects thousands of a recursion.
_DOWNSTREAM = """
WITH RECURSIVE down AS (
    SELECT contact_key, root_key, step_key FROM view_contact WHERE contact_key = ANY($1) OR step_key = ANY($1)
    UNION SELECT c.* FROM down d CROSS JOIN LATERAL (
        SELECT contact_key, root_key, step_key FROM view_contact WHERE step_key = d.contact_key OFFSET 0) c
) SELECT * FROM down
"""
_PUT_LIVE = """
INSERT INTO view_live AS l (root_key, owner, level, candidates, state, queue, started_us, since_us, waiting_us, last_us,
    offered_us, ended_us, abandoned, short, test, body, revision)
SELECT i.root, i.owner, i.level, coalesce(string_to_array(nullif(i.candidates, ''), ' '), '{}'), i.state, i.queue,
       i.started, i.since, i.waiting, i.last, i.offered, i.ended, i.abandoned, i.short, i.test, i.body,
       nextval('view_revision')
FROM unnest($1::text[], $2::text[], $3::smallint[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[],
            $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bool[], $14::bool[], $15::bool[], $16::bytea[])
     AS i(root, owner, level, candidates, state, queue, started, since, waiting, last, offered, ended, abandoned, short,
          test, body)
ON CONFLICT (root_key) DO UPDATE SET owner = excluded.owner, level = excluded.level, candidates = excluded.candidates,
    state = excluded.state, queue = excluded.queue, started_us = excluded.started_us, since_us = excluded.since_us,
    waiting_us = excluded.waiting_us, last_us = excluded.last_us, offered_us = excluded.offered_us,
    ended_us = excluded.ended_us, abandoned = excluded.abandoned, short = excluded.short, test = excluded.test,
    body = excluded.body, revision = excluded.revision
WHERE (l.owner, l.level, l.candidates, l.body, l.last_us, l.abandoned, l.short, l.test, l.offered_us) IS DISTINCT FROM
      (excluded.owner, excluded.level, excluded.candidates, excluded.body, excluded.last_us, excluded.abandoned,
       excluded.short, excluded.test, excluded.offered_us)
RETURNING root_key
"""


async def apply_events(
    conn: RawConnection, entries: Sequence[LoggedEvent], place: Cursor, secret: bytes
) -> Touched:
    """Adds the pieces of a page to their contacts; a piece that is there already changes nothing."""
    touched = Touched()
    fresh: dict[str, dict[str, Epoched]] = {}
    received: dict[str, int] = {}
    for entry in entries:
        piece = piece_of(entry)
        if piece is not None:
            key = contact_key(entry.contact.namespace, entry.contact.id)
            fresh.setdefault(key, {})[piece.event_id] = (place.epoch, piece)
            received[key] = max(received.get(key, 0), stamp_micros(entry.received_at))
    hashes = {forgotten_hash(secret, key): key for key in fresh}
    for row in await conn.fetch(
        "SELECT key_hash, erased_us FROM view_forgotten WHERE key_hash = ANY($1)", list(hashes)
    ):
        key = hashes[row["key_hash"]]
        fresh[key] = {
            event: kept for event, kept in fresh[key].items() if kept[1].received > row["erased_us"]
        }
    await add_pieces(conn, {key: pieces for key, pieces in fresh.items() if pieces}, touched)
    return touched


async def add_pieces(conn: RawConnection, fresh: dict[str, dict[str, Epoched]], touched: Touched) -> None:
    """Merges pieces into their contacts' rows."""
    if not fresh:
        return
    rows = []
    stored = {
        row["contact_key"]: unpack(row["pieces"])
        for row in await conn.fetch(
            "SELECT contact_key, pieces FROM view_contact WHERE contact_key = ANY($1)", list(fresh)
        )
    }
    for key in sorted(fresh):
        merged = stored.get(key, {}) | fresh[key]
        if key in stored and merged == stored[key]:
            continue
        rows.append(_row(key, merged))
    if rows:
        await conn.execute(_PUT_PIECES, *map(list, zip(*rows, strict=True)))
        touched.contacts.update(row[0] for row in rows)


def _row(key: str, pieces: dict[str, Epoched]) -> tuple[str, str, str, str, bytes, int]:
    namespace, contact_id = contact_of(key)
    into = folds_into(piece for _, piece in pieces.values())
    step = contact_key(namespace, into) if into else key
    return key, namespace, contact_id, step, pack(pieces), max(piece.at for _, piece in pieces.values())


async def keep_epoch(conn: RawConnection, epoch: str, touched: Touched) -> None:
    """Drops the pieces that were not sent again in `epoch`."""
    after = ""
    while rows := await conn.fetch(
        "SELECT contact_key, pieces, b_root FROM view_contact WHERE contact_key > $1 AND pieces IS NOT NULL "
        "ORDER BY contact_key LIMIT 1000",
        after,
    ):
        after = rows[-1]["contact_key"]
        for row in rows:
            pieces = unpack(row["pieces"])
            kept = {event: one for event, one in pieces.items() if one[0] == epoch}
            if len(kept) == len(pieces):
                continue
            key = row["contact_key"]
            touched.contacts.add(key)
            if kept:
                await conn.execute(_PUT_PIECES, *([value] for value in _row(key, kept)))
            else:
                await conn.execute(
                    "UPDATE view_contact SET pieces = NULL, last_us = 0, step_key = coalesce(b_root, contact_key) "
                    "WHERE contact_key = $1",
                    key,
                )
    await conn.execute("DELETE FROM view_contact WHERE pieces IS NULL AND b_epoch IS NULL AND last_us = 0")


async def refold(conn: RawConnection, touched: Touched) -> set[str]:
    """Works out the roots of the touched contacts and folds their chains anew; a contact whose binding or record
    moved is folded too. Adds the owners concerned to `touched`; returns the roots that changed."""
    roots = await _reroot(conn, touched)
    if touched.records:
        for row in await conn.fetch(
            "SELECT DISTINCT root_key FROM view_contact WHERE bound_record = ANY($1)", list(touched.records)
        ):
            roots.add(row["root_key"])
    if not roots:
        return set()
    return await _fold_roots(conn, sorted(roots), touched)


async def _reroot(conn: RawConnection, touched: Touched) -> set[str]:
    if not touched.contacts:
        return set()
    down = {row["contact_key"]: row for row in await conn.fetch(_DOWNSTREAM, list(touched.contacts))}
    steps = {key: row["step_key"] for key, row in down.items()}
    missing = set(steps.values()) - set(steps)
    while missing:
        found = {
            row["contact_key"]: row["step_key"]
            for row in await conn.fetch(
                "SELECT contact_key, step_key FROM view_contact WHERE contact_key = ANY($1)", list(missing)
            )
        }
        # A related contact that has not come yet is where the way ends, for now.
        steps |= {key: found.get(key, key) for key in missing}
        missing = set(steps.values()) - set(steps)
    roots = set(touched.contacts)
    moved = []
    for key, row in down.items():
        root = _root(key, steps)
        roots |= {root, row["root_key"]}
        if root != row["root_key"]:
            moved.append((key, root))
    if moved:
        await conn.execute(
            "UPDATE view_contact c SET root_key = i.root FROM unnest($1::text[], $2::text[]) AS i(key, root) "
            "WHERE c.contact_key = i.key",
            [key for key, _ in moved],
            [root for _, root in moved],
        )
        for row in await conn.fetch(
            "SELECT own_customer_id FROM view_contact WHERE contact_key = ANY($1) AND own_customer_id IS NOT NULL",
            [key for key, _ in moved],
        ):
            touched.customer_ids.add(row["own_customer_id"])
    return roots


def _root(start: str, steps: dict[str, str]) -> str:
    way = [start]
    while steps[way[-1]] not in way:
        way.append(steps[way[-1]])
    # Contacts that name each other in a ring: the first by name, whoever asks.
    ring = way[way.index(steps[way[-1]]) :]
    return min(ring)


async def _fold_roots(conn: RawConnection, roots: Sequence[str], touched: Touched) -> set[str]:
    chains: dict[str, list[tuple[str, dict[str, Epoched]]]] = {}
    bindings = {}
    for row in await conn.fetch(
        "SELECT contact_key, root_key, pieces, level, reason, own_customer_id, candidates, b_epoch "
        "FROM view_contact WHERE root_key = ANY($1) ORDER BY contact_key",
        list(roots),
    ):
        chains.setdefault(row["root_key"], []).append((row["contact_key"], unpack(row["pieces"])))
        if row["contact_key"] == row["root_key"]:
            bindings[row["root_key"]] = row
    owners = await present_ids(
        conn, {row["own_customer_id"] for row in bindings.values() if row["own_customer_id"]}
    )
    rows = []
    for root in roots:
        chain = chains.get(root)
        if chain is None:
            continue
        binding = bindings.get(root)
        level = int(binding["level"] or 0) if binding is not None else 0
        own = binding["own_customer_id"] if binding is not None else None
        pieces = [piece for _, held in chain for _, piece in held.values()]
        state = fold(pieces)
        body = _body(root, [key for key, _ in chain if key != root], state, pieces_known=bool(pieces))
        body.identity_level = LEVELS.get(BindingLevel.ValueType(level), "none")
        body.identity_why = (binding["reason"] or "") if binding is not None else ""
        body.updating = not pieces or binding is None or binding["b_epoch"] is None
        rows.append(
            (
                root,
                (owners.get(own) or "") if own else "",
                level,
                " ".join(binding["candidates"] or []) if binding is not None else "",
                state.state if pieces else "",
                state.queue,
                state.started,
                state.since,
                _waiting_since(state),
                state.last,
                state.offered,
                state.ended if pieces else 1,
                state.abandoned,
                state.short,
                state.test,
                body.SerializeToString(),
            )
        )
    before = await conn.fetch("SELECT root_key, owner FROM view_live WHERE root_key = ANY($1)", list(roots))
    touched.owners.update(row["owner"] for row in before)
    gone = {row["root_key"] for row in before} - {row[0] for row in rows}
    if gone:
        await conn.execute("DELETE FROM view_live WHERE root_key = ANY($1)", list(gone))
    changed = set(gone)
    if rows:
        touched.owners.update(row[1] for row in rows)
        changed |= {
            row["root_key"] for row in await conn.fetch(_PUT_LIVE, *map(list, zip(*rows, strict=True)))
        }
    touched.owners.discard("")
    return changed


def _waiting_since(state: LiveState) -> int:
    # Asked for a human and not answered: the wait runs from the first time it was offered, over all queues and rings.
    if state.state not in WAITING or not state.offered:
        return 0
    return state.since if state.answered else state.offered


def _body(root: str, folded: Iterable[str], state: LiveState, pieces_known: bool) -> LiveContact:
    namespace, contact_id = contact_of(root)
    body = LiveContact(
        contact_id=contact_id, namespace=namespace, folded_contact_ids=[contact_of(key)[1] for key in folded]
    )
    if not pieces_known:
        return body
    ended = bool(state.ended)
    body.channel, body.direction = state.channel, state.direction
    body.state = "wrap_up" if ended and state.answered and not state.wrapped_up else state.state
    body.started_at.CopyFrom(stamp(state.started))
    body.since.CopyFrom(stamp(state.since))
    body.queue, body.department, body.agent_id = state.queue, state.department, state.agent
    body.reason, body.ended = state.reason, ended
    return body
