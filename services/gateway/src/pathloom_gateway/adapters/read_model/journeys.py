"""Applies journeys and scores, and keeps each journey under whoever its customer is now."""

from collections.abc import Collection, Sequence
from typing import Any

from pathloom.journey_graph.v1.journeys_pb2 import Journey, JourneyEntry, JourneyState, Touchpoint
from pathloom.scoring.v1.scores_pb2 import ScoreEntry
from pathloom_kit.feeds.cursor import Cursor
from pathloom_kit.postgres import RawConnection

from pathloom_gateway.adapters.read_model.customers import Touched
from pathloom_gateway.adapters.read_model.resolve import present_ids
from pathloom_gateway.domain.instants import stamp_micros

# A journey that is withdrawn keeps its body (a "ghost") until its touchpoints have come elsewhere, see `shown.py`.
_PUT = """
INSERT INTO view_journey AS j (journey_id, epoch, version, withdrawn, customer_id, owner, customer_version, generation,
    in_progress, open_items, opened_us, last_us, body)
SELECT i.id, $1, i.version, false, i.customer_id, i.owner, i.customer_version, i.generation, i.going, i.open, i.opened,
       i.last, i.body
FROM unnest($2::text[], $3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::bool[], $9::bool[],
            $10::bigint[], $11::bigint[], $12::bytea[])
     AS i(id, version, customer_id, owner, customer_version, generation, going, open, opened, last, body)
ON CONFLICT (journey_id) DO UPDATE SET epoch = excluded.epoch, version = excluded.version, withdrawn = false,
    customer_id = excluded.customer_id, owner = excluded.owner, customer_version = excluded.customer_version,
    generation = excluded.generation, in_progress = excluded.in_progress, open_items = excluded.open_items,
    opened_us = excluded.opened_us, last_us = excluded.last_us, body = excluded.body, fragment_of = NULL
"""
_WITHDRAW = """
INSERT INTO view_journey AS j (journey_id, epoch, version, withdrawn, customer_id, owner, customer_version, generation,
    in_progress, open_items, opened_us, last_us)
SELECT i.id, $1, i.version, true, '', '', 0, 0, false, false, 0, 0 FROM unnest($2::text[], $3::bigint[]) AS i(id, version)
ON CONFLICT (journey_id) DO UPDATE SET epoch = excluded.epoch, version = excluded.version, withdrawn = true,
    fragment_of = NULL
"""
_PUT_SCORES = """
INSERT INTO view_score AS s (journey_id, epoch, version, customer_id, body)
SELECT i.id, $1, i.version, i.customer_id, i.body
FROM unnest($2::text[], $3::bigint[], $4::text[], $5::bytea[]) AS i(id, version, customer_id, body)
ON CONFLICT (journey_id) DO UPDATE SET epoch = excluded.epoch, version = excluded.version,
    customer_id = excluded.customer_id, body = excluded.body
WHERE s.epoch <> excluded.epoch OR s.version < excluded.version
RETURNING journey_id
"""
# Mostly nothing is: what follows from it need not be asked for.
_UNSETTLED = """
SELECT EXISTS (SELECT FROM view_contested) AS contested,
       EXISTS (SELECT FROM view_journey WHERE withdrawn AND body IS NOT NULL) AS ghosts
"""
# OFFSET 0: ghosts are few, and what each of them holds is looked up.
_GHOSTS_GONE = """
SELECT g.journey_id, g.owner FROM view_journey g WHERE g.withdrawn AND g.body IS NOT NULL AND NOT EXISTS (
    SELECT FROM view_touchpoint t WHERE t.journey_id = g.journey_id AND NOT EXISTS (
        SELECT FROM view_touchpoint o JOIN view_journey j ON j.journey_id = o.journey_id
        WHERE o.touchpoint_id = t.touchpoint_id AND o.journey_id <> t.journey_id AND NOT j.withdrawn OFFSET 0) OFFSET 0)
"""
# OFFSET 0 as above: what is contested is few too.
_CONTESTED_WITH = """
SELECT DISTINCT unnest(array_agg(h.owner)) AS owner FROM view_contested c CROSS JOIN LATERAL (
    SELECT j.owner, j.customer_id FROM view_touchpoint t JOIN view_journey j ON j.journey_id = t.journey_id
    WHERE t.touchpoint_id = c.touchpoint_id OFFSET 0) h
GROUP BY c.touchpoint_id HAVING bool_or(h.owner = ANY($1) OR h.customer_id = ANY($2))
"""
_REOWN = """
UPDATE view_journey j SET owner = i.owner FROM unnest($1::text[], $2::text[]) AS i(customer_id, owner)
WHERE j.customer_id = i.customer_id AND j.owner <> i.owner AND j.body IS NOT NULL
RETURNING j.journey_id, j.owner
"""


async def apply_journeys(conn: RawConnection, entries: Sequence[JourneyEntry], place: Cursor) -> Touched:
    """Applies a page; older versions than those applied change nothing. Says what it touched."""
    touched = Touched()
    newest: dict[str, JourneyEntry] = {}
    before_owner: dict[str, str] = {}
    for entry in entries:
        if entry.journey_id not in newest or newest[entry.journey_id].version <= entry.version:
            newest[entry.journey_id] = entry
    for row in await conn.fetch(
        "SELECT journey_id, owner, epoch, version FROM view_journey WHERE journey_id = ANY($1)", list(newest)
    ):
        if row["epoch"] == place.epoch and row["version"] >= newest[row["journey_id"]].version:
            del newest[row["journey_id"]]
        else:
            touched.owners.add(row["owner"])
            before_owner[row["journey_id"]] = row["owner"]
    if not newest:
        touched.owners.clear()
        return touched
    touched.journeys.update(newest)
    standing = {key: entry.journey for key, entry in newest.items() if entry.HasField("journey")}
    owners = await present_ids(conn, {journey.customer_id for journey in standing.values()})
    # An erased customer's journey read before the tombstone: as if withdrawn, and nothing of it is kept.
    dropped = [key for key, journey in standing.items() if owners[journey.customer_id] is None]
    withdrawn = [key for key in newest if key not in standing] + dropped
    rows = [
        _row(key, newest[key].version, standing[key], owners[standing[key].customer_id] or "")
        for key in sorted(set(standing) - set(dropped))
    ]
    if withdrawn:
        await conn.execute(_WITHDRAW, place.epoch, withdrawn, [newest[key].version for key in withdrawn])
        await forget_bodies(conn, dropped, touched)
    kept = {key: standing[key] for key in standing if key not in dropped}
    there = await _pairs(conn, kept)
    shrunk = {journey for _, journey in there - _wanted(kept)}
    before = {
        row["journey_id"]: row
        for row in await conn.fetch("SELECT * FROM view_journey WHERE journey_id = ANY($1)", list(shrunk))
    }
    if rows:
        await conn.execute(_PUT, place.epoch, *map(list, zip(*rows, strict=True)))
        touched.owners.update(str(row[3]) for row in rows)
    others = any(before_owner.get(str(row[0]), row[3]) != row[3] for row in rows)
    touched.moved |= bool(withdrawn or shrunk) or others
    await _put_promises(conn, kept, withdrawn)
    await _put_touchpoints(conn, kept, there, touched)
    await _keep_lost(conn, kept, before, place.epoch, touched)
    touched.owners.discard("")
    return touched


def _row(key: str, version: int, journey: Journey, owner: str) -> tuple[object, ...]:
    open_items = any(not one.HasField("kept_at") for one in journey.promises) or any(
        not one.HasField("closed_at") for one in journey.cases
    )
    return (
        key,
        version,
        journey.customer_id,
        owner,
        journey.customer_version,
        journey.generation,
        journey.state == JourneyState.JOURNEY_STATE_IN_PROGRESS,
        open_items,
        stamp_micros(journey.opened_at),
        stamp_micros(journey.last_at),
        journey.SerializeToString(),
    )


async def _put_promises(conn: RawConnection, standing: dict[str, Journey], withdrawn: Sequence[str]) -> None:
    await conn.execute("DELETE FROM view_promise WHERE journey_id = ANY($1)", [*standing, *withdrawn])
    rows = [
        (key, ordinal, stamp_micros(promise.due_at))
        for key, journey in standing.items()
        if not journey.test
        for ordinal, promise in enumerate(journey.promises)
        if promise.HasField("due_at") and not promise.HasField("kept_at")
    ]
    if rows:
        await conn.execute(
            "INSERT INTO view_promise SELECT * FROM unnest($1::text[], $2::int[], $3::bigint[])",
            *map(list, zip(*rows, strict=True)),
        )


def _wanted(standing: dict[str, Journey]) -> set[tuple[str, str]]:
    return {(one.touchpoint_id, key) for key, journey in standing.items() for one in journey.touchpoints}


async def _pairs(conn: RawConnection, standing: dict[str, Journey]) -> set[tuple[str, str]]:
    rows = await conn.fetch(
        "SELECT touchpoint_id, journey_id FROM view_touchpoint WHERE journey_id = ANY($1)", list(standing)
    )
    return {(row["touchpoint_id"], row["journey_id"]) for row in rows}


async def _put_touchpoints(
    conn: RawConnection, standing: dict[str, Journey], there: set[tuple[str, str]], touched: Touched
) -> None:
    wanted = _wanted(standing)
    touched.touchpoints.update(touchpoint for touchpoint, _ in there - wanted)
    await _remove_pairs(conn, there - wanted)
    touched.moved |= await _add_pairs(conn, sorted(wanted - there))


async def _add_pairs(conn: RawConnection, added: Sequence[tuple[str, str]]) -> bool:
    """Whether another journey has some of them too."""
    if not added:
        return False
    touchpoints = [touchpoint for touchpoint, _ in added]
    await conn.execute(
        "INSERT INTO view_touchpoint SELECT * FROM unnest($1::text[], $2::text[])",
        touchpoints,
        [journey for _, journey in added],
    )
    contested = await conn.fetch(
        "INSERT INTO view_contested SELECT touchpoint_id FROM view_touchpoint WHERE touchpoint_id = ANY($1) "
        "GROUP BY touchpoint_id HAVING count(*) > 1 ON CONFLICT (touchpoint_id) DO UPDATE "
        "SET touchpoint_id = excluded.touchpoint_id RETURNING 1",
        touchpoints,
    )
    return bool(contested)


async def _keep_lost(
    conn: RawConnection, standing: dict[str, Journey], before: dict[str, Any], epoch: str, touched: Touched
) -> None:
    """A journey that has shrunk gave its touchpoints to another, which may come later: until then what nobody else
    shows stays as a withdrawn journey of its own."""
    lost: dict[str, list[Touchpoint]] = {}
    for key, row in before.items():
        now = {one.touchpoint_id for one in standing[key].touchpoints}
        oldest = stamp_micros(standing[key].touchpoints[0].start) if standing[key].touchpoints else 0
        for one in Journey.FromString(row["body"]).touchpoints if row["body"] is not None else ():
            # Older than the oldest shown of a journey that omits some: counted there now.
            counted = standing[key].omitted.touchpoints and stamp_micros(one.start) <= oldest
            if one.touchpoint_id not in now and not counted:
                lost.setdefault(key, []).append(one)
    if not lost:
        return
    ids = [one.touchpoint_id for held in lost.values() for one in held]
    rows = await conn.fetch(
        "SELECT DISTINCT touchpoint_id FROM view_touchpoint WHERE touchpoint_id = ANY($1)", ids
    )
    elsewhere = {row["touchpoint_id"] for row in rows}
    for key, held in lost.items():
        kept = [one for one in held if one.touchpoint_id not in elsewhere]
        if kept:
            ghost = await _put_ghost(conn, before[key], kept, epoch, touched)
            touched.journeys.add(ghost)
            touched.owners.add(before[key]["owner"])


async def _put_ghost(
    conn: RawConnection, row: Any, kept: Sequence[Touchpoint], epoch: str, touched: Touched
) -> str:
    journey = Journey.FromString(row["body"])
    journey.journey_id = f"{row['journey_id']}~{row['version']}"
    for name in ("touchpoints", "promises", "cases", "omitted"):
        journey.ClearField(name)
    journey.touchpoints.extend(kept)
    await conn.execute(
        "INSERT INTO view_journey (journey_id, epoch, version, withdrawn, customer_id, owner, customer_version, "
        "generation, in_progress, open_items, opened_us, last_us, body) "
        "VALUES ($1, $2, $3, true, $4, $5, $6, $7, $8, false, $9, $10, $11) "
        "ON CONFLICT (journey_id) DO UPDATE SET epoch = excluded.epoch, body = excluded.body, owner = excluded.owner, "
        "customer_id = excluded.customer_id, fragment_of = NULL",
        journey.journey_id,
        epoch,
        row["version"],
        row["customer_id"],
        row["owner"],
        row["customer_version"],
        row["generation"],
        row["in_progress"],
        row["opened_us"],
        row["last_us"],
        journey.SerializeToString(),
    )
    there = await _pairs(conn, {journey.journey_id: journey})
    await _put_touchpoints(conn, {journey.journey_id: journey}, there, touched)
    return journey.journey_id


async def _remove_pairs(conn: RawConnection, pairs: Collection[tuple[str, str]]) -> None:
    if not pairs:
        return
    await conn.execute(
        "DELETE FROM view_touchpoint t USING unnest($1::text[], $2::text[]) AS i(touchpoint_id, journey_id) "
        "WHERE t.touchpoint_id = i.touchpoint_id AND t.journey_id = i.journey_id",
        [touchpoint for touchpoint, _ in pairs],
        [journey for _, journey in pairs],
    )


async def settle_contested(conn: RawConnection, touched: Touched) -> None:
    """Forgets what is contested no more; lets go of withdrawn journeys whose touchpoints all stand elsewhere; adds to
    `touched` the owners of all journeys that share a touchpoint with a touched one."""
    unsettled = await conn.fetchrow(_UNSETTLED)
    if unsettled["contested"] and touched.journeys:
        rows = await conn.fetch(
            "SELECT DISTINCT j.owner FROM view_touchpoint t JOIN view_contested c USING (touchpoint_id) "
            "JOIN view_touchpoint o USING (touchpoint_id) JOIN view_journey j ON j.journey_id = o.journey_id "
            "WHERE t.journey_id = ANY($1)",
            list(touched.journeys),
        )
        touched.owners.update(row["owner"] for row in rows if row["owner"])
    if unsettled["ghosts"]:
        gone = await conn.fetch(_GHOSTS_GONE)
        touched.owners.update(row["owner"] for row in gone if row["owner"])
        await forget_bodies(conn, [row["journey_id"] for row in gone], touched)
    if unsettled["contested"]:
        # Who shows a contested touchpoint depends on the customers too: all who hold it are put together again.
        rows = await conn.fetch(_CONTESTED_WITH, list(touched.owners), list(touched.customer_ids))
        touched.owners.update(row["owner"] for row in rows if row["owner"])
    if touched.touchpoints:
        rows = await conn.fetch(
            "SELECT DISTINCT j.owner FROM view_touchpoint t JOIN view_journey j USING (journey_id) "
            "WHERE t.touchpoint_id = ANY($1)",
            list(touched.touchpoints),
        )
        touched.owners.update(row["owner"] for row in rows if row["owner"])
    if unsettled["contested"]:
        await conn.execute(
            "DELETE FROM view_contested c WHERE (SELECT count(*) FROM view_touchpoint t "
            "WHERE t.touchpoint_id = c.touchpoint_id) < 2"
        )


async def forget_bodies(conn: RawConnection, journey_ids: Sequence[str], touched: Touched) -> None:
    """Empties withdrawn journeys: only their id and version stay, so that an older entry comes to nothing."""
    if not journey_ids:
        return
    ids = list(journey_ids)
    rows = await conn.fetch(
        "DELETE FROM view_touchpoint WHERE journey_id = ANY($1) RETURNING touchpoint_id", ids
    )
    touched.touchpoints.update(row["touchpoint_id"] for row in rows)
    await conn.execute("DELETE FROM view_promise WHERE journey_id = ANY($1)", ids)
    await conn.execute(
        "UPDATE view_journey SET body = NULL, fragment = NULL, fragment_of = NULL, customer_id = '', owner = '' "
        "WHERE journey_id = ANY($1)",
        ids,
    )
    # What stood for a shrunk journey's lost touchpoints was never upstream's.
    await conn.execute(
        "DELETE FROM view_journey WHERE journey_id = ANY($1) AND strpos(journey_id, '~') > 0", ids
    )


async def apply_scores(conn: RawConnection, entries: Sequence[ScoreEntry], place: Cursor) -> Touched:
    """Applies a page of scores; a score may come before its journey."""
    touched = Touched()
    newest: dict[str, ScoreEntry] = {}
    for entry in entries:
        if entry.journey_id not in newest or newest[entry.journey_id].version <= entry.version:
            newest[entry.journey_id] = entry
    gone = await present_ids(
        conn, {entry.score.customer_id for entry in newest.values() if entry.HasField("score")}
    )
    rows = []
    for key in sorted(newest):
        entry = newest[key]
        kept = entry.HasField("score") and gone[entry.score.customer_id] is not None
        rows.append(
            (
                key,
                entry.version,
                entry.score.customer_id if kept else "",
                entry.score.SerializeToString() if kept else None,
            )
        )
    if rows:
        applied = await conn.fetch(_PUT_SCORES, place.epoch, *map(list, zip(*rows, strict=True)))
        await owners_of_journeys(conn, [row["journey_id"] for row in applied], touched)
    return touched


async def owners_of_journeys(conn: RawConnection, journey_ids: Sequence[str], touched: Touched) -> None:
    """Adds whose they are."""
    rows = await conn.fetch("SELECT owner FROM view_journey WHERE journey_id = ANY($1)", list(journey_ids))
    touched.owners.update(row["owner"] for row in rows if row["owner"])


async def reown(conn: RawConnection, touched: Touched) -> None:
    """Puts journeys of customers whose present id has changed under it; erased customers' journeys go at once."""
    if not touched.customer_ids:
        return
    owners = await present_ids(conn, touched.customer_ids)
    touched.owners.update(owner for owner in owners.values() if owner)
    # A document under an id that is no longer the present one goes with the next recomposition.
    touched.owners.update(owners)
    before = await conn.fetch(
        "SELECT DISTINCT owner FROM view_journey WHERE customer_id = ANY($1) AND body IS NOT NULL",
        list(owners),
    )
    touched.owners.update(row["owner"] for row in before if row["owner"])
    erased = [customer_id for customer_id, owner in owners.items() if owner is None]
    if erased:
        rows = await conn.fetch(
            "UPDATE view_journey SET withdrawn = true WHERE body IS NOT NULL AND customer_id = ANY($1) RETURNING journey_id",
            erased,
        )
        await forget_bodies(conn, [row["journey_id"] for row in rows], touched)
    standing = {customer_id: owner for customer_id, owner in owners.items() if owner}
    moved = await conn.fetch(_REOWN, list(standing), list(standing.values()))
    touched.journeys.update(row["journey_id"] for row in moved)
    touched.moved |= bool(erased or moved)
