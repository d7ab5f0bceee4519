"""Erased stays erased, also where identity was restored to before: its backup still held those people.

A customer's id is a keyed hash of a record's key and of how often that was erased, so whoever was erased and comes again
has another one: an id that was erased once never lives again, and says nothing about anybody.
"""

from collections.abc import Iterable, Sequence

from pathloom.identity.v1.customers_pb2 import CustomerEntry, ErasedCustomer
from pathloom_kit.postgres import RawConnection

_REMEMBER = "INSERT INTO view_erased (customer_id) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING"
_LIVES_AGAIN = "UPDATE view_erased SET lives_again = true WHERE customer_id = ANY($1)"


async def remember_erased(conn: RawConnection, customer_ids: Iterable[str]) -> None:
    """Upstream says that they are."""
    if ids := sorted(set(customer_ids) - {""}):
        await conn.execute(_REMEMBER, ids)


async def as_erased(
    conn: RawConnection, things: dict[str, CustomerEntry], bindings: dict[str, CustomerEntry]
) -> None:
    """Puts tombstones in the place of entries (by customer id, by contact) that say of somebody erased that they live, and
    notes whom upstream is to be asked to erase again.

    Whoever stands together with somebody who was not erased (the restore has undone a split, too) stays: nobody can say
    which of what is there is theirs, and erasing cannot be undone. Nor is it asked for by a contact that is now bound.
    """
    members = {
        key: {record.own_customer_id for record in entry.customer.records} | {key}
        for key, entry in things.items()
        if entry.HasField("customer")
    }
    contacts = {key: entry.contact for key, entry in bindings.items() if not entry.contact.erased}
    own = {contact.own_customer_id for contact in contacts.values()}
    asked = set().union(own, *members.values())
    rows = await conn.fetch("SELECT customer_id FROM view_erased WHERE customer_id = ANY($1)", sorted(asked))
    erased = {row["customer_id"] for row in rows}
    if not erased:
        return
    again = {key for key, ids in members.items() if ids <= erased}
    for key in again:
        entry = things[key]
        tombstone = ErasedCustomer(customer_id=key, records=[one.key for one in entry.customer.records])
        things[key] = CustomerEntry(n=entry.n, version=entry.version, erased=tombstone)
    for key, contact in contacts.items():
        if contact.own_customer_id in erased:
            entry = bindings[key]
            bindings[key] = CustomerEntry(n=entry.n, version=entry.version, contact=contact)
            bindings[key].contact.erased = True
            if not contact.HasField("bound_to"):
                again.add(contact.own_customer_id)
    await conn.execute(_LIVES_AGAIN, sorted(again))


async def asked_again(conn: RawConnection, customer_id: str) -> None:
    """Upstream has answered: its tombstone is in the feed, or on its way."""
    await conn.execute("UPDATE view_erased SET lives_again = false WHERE customer_id = $1", customer_id)


async def living_again(conn: RawConnection, limit: int) -> Sequence[str]:
    """Who is to be erased again."""
    rows = await conn.fetch("SELECT customer_id FROM view_erased WHERE lives_again LIMIT $1", limit)
    return [row["customer_id"] for row in rows]
