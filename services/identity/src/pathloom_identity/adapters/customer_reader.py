"""Reading customers: from the feed's own rows, so that a call and a follower are told the same."""

from pathloom.identity.v1 import customers_pb2 as c
from pathloom_kit.feeds.cursor import Cursor
from pathloom_kit.feeds.page import watermarks_of
from pathloom_kit.feeds.serve import fill_page
from pathloom_kit.postgres import Database, RawConnection

from pathloom_identity.adapters.resolution_store import FEED
from pathloom_identity.adapters.resolver import as_places, resolved_to
from pathloom_identity.adapters.source_store import load_sources
from pathloom_identity.adapters.unit_of_work import leader_of
from pathloom_identity.application.errors import ContactNotFound
from pathloom_identity.domain.contacts import MAX_CANDIDATES
from pathloom_identity.domain.identifiers import Normalise, digest_of, is_blocked
from pathloom_identity.domain.records import RecordKey

_THING = "SELECT version, entry FROM feed_thing WHERE feed = 'customers' AND partition = 0 AND key = $1"
# Joining before finding, then the oldest; one row a customer.
_FOUND = """
SELECT t.entry FROM (
    SELECT r.customer_id, bool_or(x.joins) AS joins, min(r.first_seen) AS first_seen
    FROM identifier x JOIN record r USING (record_no)
    WHERE x.value = ANY($1) AND ($2 = '' OR x.namespace IN ($2, '')) AND NOT x.contact GROUP BY r.customer_id
    ORDER BY NOT bool_or(x.joins), min(r.first_seen), r.customer_id LIMIT $3
) found LEFT JOIN feed_thing t ON t.feed = 'customers' AND t.partition = 0 AND t.key = found.customer_id
ORDER BY NOT joins, first_seen, customer_id
"""


class CustomerReader:
    """Reads that change nothing."""

    def __init__(self, database: Database, normalise: Normalise) -> None:
        self._database = database
        self._normalise = normalise

    async def page(self, after: Cursor, limit: int) -> c.FollowCustomersResponse:
        """What follows `after` in the feed of customers."""
        async with self._database.asyncpg() as conn:
            # Before the page: what it is made from is resolved by then.
            resolved = await resolved_to(conn)
            page = await FEED.read(conn, after, limit)
        marks = watermarks_of("events", as_places(resolved, page.cursor.epoch))
        return fill_page(c.FollowCustomersResponse(), page, marks)

    async def get(self, customer_id: str) -> c.GetCustomerResponse:
        """By any id it ever had. CustomerNotFound, CustomerErased."""
        async with self._database.asyncpg() as conn:
            current = await conn.fetchval(
                "SELECT customer_id FROM record WHERE own_customer_id = $1 AND kind <> 3", customer_id
            )
            if current is None:
                await leader_of(conn, customer_id)  # raises
            row = await conn.fetchrow(_THING, current)
        entry = c.CustomerEntry.FromString(row["entry"])
        return c.GetCustomerResponse(customer=entry.customer, version=row["version"])

    async def contact(self, key: RecordKey) -> c.ContactBinding:
        """Whose a contact is now. ContactNotFound."""
        async with self._database.asyncpg() as conn:
            own = await conn.fetchval("SELECT own_customer_id FROM record WHERE key_hash = $1", key.digest())
            row = await conn.fetchrow(_THING, own) if own else None
        if row is None:
            raise ContactNotFound()
        return c.CustomerEntry.FromString(row["entry"]).contact

    async def find(self, kind: str, value: str, namespace: str) -> c.FindCustomersResponse:
        """Those that an identifier leads to; nobody for a value that is nobody's."""
        raw = value.strip()
        if is_blocked(kind, raw):
            return c.FindCustomersResponse()
        async with self._database.asyncpg() as conn:
            spellings = await self._spellings(conn, kind, raw)
            rows = await conn.fetch(
                _FOUND, [digest_of(kind, s) for s in spellings], namespace, MAX_CANDIDATES + 1
            )
        entries = [entry for (entry,) in rows[:MAX_CANDIDATES] if entry is not None]
        found = [c.CustomerEntry.FromString(entry).customer for entry in entries]
        return c.FindCustomersResponse(customers=found, more=len(rows) > MAX_CANDIDATES)

    async def _spellings(self, conn: RawConnection, kind: str, raw: str) -> list[str]:
        """As it is, and as each region that a source declares would read it."""
        # Of all but phone numbers every region reads the same.
        regions = (
            {source.region for source in (await load_sources(conn)).values()} if kind == "phone" else {""}
        )
        found = {self._normalise(kind, raw, region) for region in sorted(regions)}
        return sorted({raw, *(spelling for spelling in found if spelling)})
