"""Everything whose present customer may have changed with what a page touched."""

from pathloom_kit.postgres import RawConnection

from pathloom_gateway.adapters.read_model.customers import Touched

# Contacts follow the record that the root of their chain is bound to.
_BOUND = """
SELECT DISTINCT c.own_customer_id FROM view_contact r JOIN view_contact c ON c.root_key = r.contact_key
WHERE r.bound_record = ANY($1) AND c.own_customer_id IS NOT NULL
"""
_CHAINS = """
SELECT DISTINCT c.own_customer_id FROM view_contact c
WHERE c.root_key IN (SELECT root_key FROM view_contact WHERE contact_key = ANY($1)) AND c.own_customer_id IS NOT NULL
"""
# OFFSET 0: looked up one by one, though whoever plans it expects thousands of a recursion.
_INTO = """
WITH RECURSIVE into_these AS (
    SELECT unnest($1::text[]) AS customer_id
    UNION SELECT c.customer_id FROM into_these i CROSS JOIN LATERAL (
        SELECT customer_id FROM view_customer WHERE into_id = i.customer_id OFFSET 0) c
) SELECT customer_id FROM into_these
"""

# The records of who is now another one: they are about to lead there. OFFSET 0 as above.
_LEFT_BEHIND = """
SELECT m.record_key FROM view_customer c CROSS JOIN LATERAL (
    SELECT record_key FROM view_member WHERE customer_id = c.customer_id OFFSET 0) m
WHERE c.customer_id = ANY($1) AND c.state <> 1
"""


async def widen(conn: RawConnection, touched: Touched) -> None:
    """Adds to the touched customer ids those that lead to a touched customer, record or contact, and the records of
    touched customers that no longer stand for themselves."""
    if touched.customer_ids:
        rows = await conn.fetch(_INTO, list(touched.customer_ids))
        touched.customer_ids.update(row["customer_id"] for row in rows)
        rows = await conn.fetch(_LEFT_BEHIND, list(touched.customer_ids))
        touched.records.update(row["record_key"] for row in rows)
    if touched.records:
        rows = await conn.fetch(_BOUND, list(touched.records))
        touched.customer_ids.update(row["own_customer_id"] for row in rows)
    if touched.contacts:
        rows = await conn.fetch(_CHAINS, list(touched.contacts))
        touched.customer_ids.update(row["own_customer_id"] for row in rows)
