"""Households: applied from the customers feed, and read when a document is composed."""

from collections.abc import Collection, Mapping

from pathloom.gateway.v1.view_pb2 import HouseholdMember
from pathloom.identity.v1.customers_pb2 import Customer, CustomerEntry
from pathloom_kit.postgres import RawConnection

from pathloom_gateway.adapters.read_model.resolve import present_ids
from pathloom_gateway.domain.customer_view import golden_values, name_of
from pathloom_gateway.domain.household_view import Shared, household_of

_PUT = """
INSERT INTO view_household AS h (household_id, epoch, version, type, hint, customer_ids)
SELECT i.id, $1, i.version, i.type, i.hint, coalesce(string_to_array(nullif(i.customers, ''), ' '), '{}')
FROM unnest($2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[]) AS i(id, version, type, hint, customers)
ON CONFLICT (household_id) DO UPDATE SET epoch = excluded.epoch, version = excluded.version, type = excluded.type,
    hint = excluded.hint, customer_ids = excluded.customer_ids
WHERE h.epoch <> excluded.epoch OR h.version < excluded.version
"""
_CUSTOMERS = "SELECT DISTINCT unnest(customer_ids) AS id FROM view_household WHERE household_id = ANY($1)"
_MATES = "SELECT DISTINCT unnest(customer_ids) AS id FROM view_household WHERE customer_ids && $1::text[]"
# Also under the ids of whoever is merged into them, until the household's own entry has come.
_SHARED = """
WITH ids AS (
    SELECT i AS id FROM unnest($1::text[]) i
    UNION SELECT c.customer_id FROM view_customer c WHERE c.into_id = ANY($1)
) SELECT type, hint, customer_ids FROM view_household WHERE customer_ids && (SELECT array_agg(id) FROM ids)
ORDER BY household_id
"""
_THINGS = "SELECT customer_id, thing FROM view_customer WHERE customer_id = ANY($1) AND thing IS NOT NULL"
Shown = tuple[list[HouseholdMember], int]


async def apply_households(conn: RawConnection, entries: Mapping[str, CustomerEntry], epoch: str) -> set[str]:
    """Applies them, none that is older than what is there. Answers the customers concerned, before and after."""
    if not entries:
        return set()
    ids = sorted(entries)
    things = [entries[key].household for key in ids]
    touched = {row["id"] for row in await conn.fetch(_CUSTOMERS, ids)}
    await conn.execute(
        _PUT, epoch, ids, [entries[key].version for key in ids], [one.type for one in things],
        [one.hint for one in things], [" ".join(one.customer_ids) for one in things],
    )  # fmt: skip
    return touched | {row["id"] for row in await conn.fetch(_CUSTOMERS, ids)}


async def mates_of(conn: RawConnection, customer_ids: Collection[str]) -> set[str]:
    """Whose views name one of these."""
    if not customer_ids:
        return set()
    return {row["id"] for row in await conn.fetch(_MATES, list(customer_ids))}


async def drop_other_epochs(conn: RawConnection, epoch: str) -> set[str]:
    """Drops what was not sent again. Answers the customers concerned."""
    rows = await conn.fetch("DELETE FROM view_household WHERE epoch <> $1 RETURNING customer_ids", epoch)
    return {key for row in rows for key in row["customer_ids"]}


async def households(conn: RawConnection, standing: Collection[str]) -> dict[str, Shown]:
    """What the views of these customers show of their households; those without one are left out."""
    rows = await conn.fetch(_SHARED, list(standing)) if standing else []
    if not rows:
        return {}
    shared = [Shared(row["type"], row["hint"], row["customer_ids"]) for row in rows]
    present = await present_ids(conn, {key for one in shared for key in one.customer_ids})
    now = {key for key in present.values() if key}
    names = {
        row["customer_id"]: name_of(golden_values(Customer.FromString(row["thing"])))
        for row in await conn.fetch(_THINGS, list(now))
    }
    found = {key: household_of(key, shared, present, names) for key in standing if key in now}
    return {key: shown for key, shown in found.items() if shown[0]}
