"""Who a customer id is now: through merges, and from a contact's own id to whom the contact is bound."""

from collections.abc import Iterable

from pathloom_kit.postgres import RawConnection

LIVES, MERGED, ERASED = 1, 2, 3

_CUSTOMERS = "SELECT customer_id, state, into_id, thing IS NOT NULL AS was FROM view_customer WHERE customer_id = ANY($1)"
# A contact's own id leads to the record that the root of its chain is bound to; a record to whoever lists it. While a
# merge or un-merge is on its way two may list it: the one whose id is the record's own goes first.
_CONTACTS = """
SELECT c.own_customer_id AS id, r.own_customer_id AS root_id,
       (SELECT m.customer_id FROM view_member m WHERE m.record_key = r.bound_record
        ORDER BY m.customer_id <> m.own_customer_id, m.customer_id LIMIT 1) AS bound_id
FROM view_contact c JOIN view_contact r ON r.contact_key = c.root_key
WHERE c.own_customer_id = ANY($1)
"""


async def present_ids(conn: RawConnection, customer_ids: Iterable[str]) -> dict[str, str | None]:
    """For each id the customer it is now; None: erased.

    An id nobody knows stands for itself. One merged into a customer that has not arrived yet still stands for itself:
    the last consistent state is kept until it can be replaced.
    """
    wanted = set(customer_ids)
    steps: dict[str, str | None] = {}
    alive: set[str] = set()
    pending = set(wanted)
    while pending:
        known = {row["customer_id"]: row for row in await conn.fetch(_CUSTOMERS, list(pending))}
        others = [one for one in pending if one not in known]
        contacts = {row["id"]: row for row in await conn.fetch(_CONTACTS, others)} if others else {}
        following: set[str] = set()
        for one in pending:
            steps[one] = one
            if one in known:
                row = known[one]
                if row["state"] == ERASED:
                    steps[one] = None
                elif row["state"] == MERGED:
                    steps[one] = row["into_id"]
                    if row["was"]:
                        alive.add(one)
                else:
                    alive.add(one)
            elif one in contacts:
                row = contacts[one]
                steps[one] = row["bound_id"] or row["root_id"] or one
            target = steps[one]
            if target is not None and target not in steps:
                following.add(target)
        pending = following
    return {one: _follow(one, steps, alive) for one in wanted}


def _follow(start: str, steps: dict[str, str | None], alive: set[str]) -> str | None:
    seen = {start}
    current = start
    standing = start
    while True:
        if current in alive:
            standing = current
        following = steps.get(current, current)
        if following is None:
            return None
        if following == current or following in seen:
            # The end of the way. Where nobody stands there yet, whoever stood last on the way still does.
            return current if current in alive or standing not in alive else standing
        seen.add(following)
        current = following
