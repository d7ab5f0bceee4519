"""Puts the documents of touched customers together again, once each."""

from collections.abc import Iterable, Sequence
from typing import Any

from pathloom.gateway.v1.view_pb2 import LiveContact
from pathloom.identity.v1.customers_pb2 import Customer
from pathloom.journey_graph.v1.journeys_pb2 import Journey
from pathloom.scoring.v1.scores_pb2 import Score
from pathloom_kit.postgres import RawConnection

from pathloom_gateway.adapters.json_template import Part, journey_template, view_template
from pathloom_gateway.adapters.read_model.documents import (
    Document,
    Sync,
    document_of,
    pack_parts,
    unpack_parts,
)
from pathloom_gateway.adapters.read_model.hidden import hidden_in
from pathloom_gateway.adapters.read_model.households import households
from pathloom_gateway.adapters.read_model.leads import drop_leads
from pathloom_gateway.adapters.read_model.resolve import present_ids
from pathloom_gateway.domain.customer_view import MOST_CLOSED, MOST_LIVE, Composed, Live, compose_view
from pathloom_gateway.domain.journey_view import JourneyPart, journey_part

# A customer on more journeys at once than this has the others counted only.
_MOST_GOING = 100
_MOST_OPEN = 50
_CHUNK = 200
_JOURNEYS = """
SELECT o.owner, t.total, j.journey_id, j.version, j.withdrawn, j.customer_id, j.customer_version, j.body, j.fragment,
       j.fragment_of, s.body AS score
FROM unnest($1::text[]) AS o(owner)
CROSS JOIN LATERAL (SELECT count(*) AS total FROM view_journey c WHERE c.owner = o.owner AND c.body IS NOT NULL) t
LEFT JOIN LATERAL (
    (SELECT journey_id FROM view_journey WHERE owner = o.owner AND in_progress AND body IS NOT NULL
     ORDER BY last_us DESC LIMIT $2)
    UNION (SELECT journey_id FROM view_journey WHERE owner = o.owner AND NOT in_progress AND body IS NOT NULL
     ORDER BY last_us DESC LIMIT $3)
    UNION (SELECT journey_id FROM view_journey WHERE owner = o.owner AND open_items AND body IS NOT NULL
     ORDER BY last_us DESC LIMIT $4)
) w ON true
LEFT JOIN view_journey j ON j.journey_id = w.journey_id
LEFT JOIN view_score s ON s.journey_id = j.journey_id AND s.body IS NOT NULL
"""
_LIVES = """
SELECT o.owner, l.body, l.last_us FROM unnest($1::text[]) AS o(owner) CROSS JOIN LATERAL (
    SELECT body, last_us, root_key FROM view_live v WHERE v.owner = o.owner AND v.ended_us = 0
    ORDER BY last_us DESC LIMIT $2) l ORDER BY o.owner, l.last_us DESC, l.root_key
"""
_PUT = """
INSERT INTO view_document AS d (customer_id, revision, changed_us, summary, body, message, last_contact_us)
SELECT i.id, nextval('view_revision'), $1, i.summary, i.body, i.message, i.last
FROM unnest($2::text[], $3::bytea[], $4::bytea[], $5::bytea[], $6::bigint[]) AS i(id, summary, body, message, last)
ON CONFLICT (customer_id) DO UPDATE SET revision = excluded.revision, changed_us = excluded.changed_us,
    summary = excluded.summary, body = excluded.body, message = excluded.message,
    last_contact_us = excluded.last_contact_us
WHERE (d.summary, d.body, d.message) IS DISTINCT FROM (excluded.summary, excluded.body, excluded.message)
RETURNING customer_id
"""


async def recompose(conn: RawConnection, owners: Iterable[str], now_us: int) -> set[str]:
    """Composes each customer's document anew and stores those that differ. Returns the ids that changed.

    An id that no longer stands for itself, or of which nothing is known, loses its document.
    """
    wanted = sorted(set(owners) - {""})
    changed: set[str] = set()
    for start in range(0, len(wanted), _CHUNK):
        changed |= await _recompose(conn, wanted[start : start + _CHUNK], now_us)
    return changed


async def _recompose(conn: RawConnection, owners: Sequence[str], now_us: int) -> set[str]:
    present = await present_ids(conn, owners)
    standing = [one for one in owners if present[one] == one]
    await _let_go(conn, [one for one in owners if present[one] != one])
    customers = {
        row["customer_id"]: row
        for row in await conn.fetch(
            "SELECT customer_id, version, lane, n, thing FROM view_customer "
            "WHERE customer_id = ANY($1) AND thing IS NOT NULL",
            standing,
        )
    }
    rows: dict[str, list[Any]] = {}
    totals: dict[str, int] = {}
    for row in await conn.fetch(_JOURNEYS, standing, _MOST_GOING, MOST_CLOSED, _MOST_OPEN):
        totals[row["owner"]] = row["total"]
        if row["journey_id"] is not None:
            rows.setdefault(row["owner"], []).append(row)
    lives: dict[str, list[Live]] = {}
    for row in await conn.fetch(_LIVES, standing, MOST_LIVE):
        lives.setdefault(row["owner"], []).append(Live(LiveContact.FromString(row["body"]), row["last_us"]))
    hidden = await hidden_in(conn, [row["journey_id"] for held in rows.values() for row in held])
    homes = await households(conn, standing)
    documents: dict[str, Document] = {}
    fragments: list[tuple[str, bytes, str]] = []
    for owner in standing:
        customer = customers.get(owner)
        held = rows.get(owner, [])
        if customer is None and not held and owner not in lives:
            continue
        parts = [_part(row, hidden.get(row["journey_id"], set())) for row in held]
        composed = compose_view(
            owner,
            Customer.FromString(customer["thing"]) if customer is not None else None,
            parts,
            lives.get(owner, []),
            more_journeys=totals.get(owner, 0) - len(held),
            household=homes.get(owner, ([], 0)),
        )
        by_id = {row["journey_id"]: row for row in held}
        documents[owner] = document_of(
            composed,
            _sync(customer, held, hidden),
            view_template(composed, _templates(composed, by_id, hidden, fragments)),
        )
    if fragments:
        await conn.execute(
            "UPDATE view_journey j SET fragment = i.fragment, fragment_of = i.made_of "
            "FROM unnest($1::text[], $2::bytea[], $3::text[]) AS i(id, fragment, made_of) WHERE j.journey_id = i.id",
            *map(list, zip(*fragments, strict=True)),
        )
    gone = [one for one in owners if one not in documents]
    changed = {
        row["customer_id"]
        for row in await conn.fetch(
            "DELETE FROM view_document WHERE customer_id = ANY($1) RETURNING customer_id", gone
        )
    }
    if documents:
        stored = await conn.fetch(
            _PUT,
            now_us,
            list(documents),
            [one.summary for one in documents.values()],
            [one.body for one in documents.values()],
            [one.message for one in documents.values()],
            [one.last_contact_us for one in documents.values()],
        )
        changed |= {row["customer_id"] for row in stored}
    return changed


async def _let_go(conn: RawConnection, customer_ids: Sequence[str]) -> None:
    """Whoever is now another one, who has come: what was kept of them until then goes."""
    rows = await conn.fetch(
        "UPDATE view_customer SET thing = NULL WHERE customer_id = ANY($1) AND state <> 1 AND thing IS NOT NULL "
        "RETURNING customer_id",
        list(customer_ids),
    )
    await drop_leads(conn, [row["customer_id"] for row in rows])


def _part(row: Any, hidden: set[str]) -> JourneyPart:
    return journey_part(
        Journey.FromString(row["body"]),
        row["version"],
        Score.FromString(row["score"]) if row["score"] is not None else None,
        hidden=hidden,
        withdrawn=row["withdrawn"],
    )


def _sync(customer: Any, held: Sequence[Any], hidden: dict[str, set[str]]) -> Sync:
    recutting = any(row["withdrawn"] or row["journey_id"] in hidden for row in held)
    if customer is None:
        return Sync(recutting=recutting)
    behind = any(
        row["customer_id"] != customer["customer_id"] or row["customer_version"] < customer["version"]
        for row in held
    )
    return Sync(lane=customer["lane"], n=customer["n"], behind=behind, recutting=recutting)


def _templates(
    composed: Composed, rows: dict[str, Any], hidden: dict[str, set[str]], fresh: list[tuple[str, bytes, str]]
) -> dict[str, list[Part]]:
    """The journeys' JSON, as kept where it was made from the same state; what is made anew is added to `fresh`."""
    templates = {}
    for part in (*composed.in_progress, *composed.closed):
        key = part.view.journey_id
        row = rows[key]
        made_of = str(row["version"])
        plain = not (row["withdrawn"] or hidden.get(key))
        if plain and row["fragment_of"] == made_of:
            templates[key] = unpack_parts(row["fragment"])
            continue
        templates[key] = journey_template(part.view)
        if plain:
            fresh.append((key, pack_parts(templates[key]), made_of))
    return templates
