"""Who is kept erased, and who is asked to be erased again, when an upstream says that they live."""

from collections.abc import Sequence

from pathloom.identity.v1.customers_pb2 import CustomerEntry
from pathloom_gateway.adapters.read_model.erased_before import as_erased, living_again, remember_erased
from pathloom_kit.postgres import Database

from .feed_entries import binding, contact, customer, merged, own_id, user


async def said(
    database: Database,
    erased: Sequence[str],
    things: Sequence[CustomerEntry] = (),
    bindings: Sequence[CustomerEntry] = (),
) -> tuple[list[CustomerEntry], set[str]]:
    """What becomes of the entries, and who is to be erased again."""
    customers = {getattr(one, one.WhichOneof("thing") or "").customer_id: one for one in things}
    contacts = {one.contact.contact.id: one for one in bindings}
    async with database.asyncpg() as conn:
        await remember_erased(conn, erased)
        await as_erased(conn, customers, contacts)
        again = set(await living_again(conn, 10))
    return [*customers.values(), *contacts.values()], again


async def test_somebody_erased_with_all_their_records(gateway_db: Database) -> None:
    (entry,), again = await said(
        gateway_db, ["cus_a", "cus_x"], [customer(1, 7, "cus_a", ["a", "x"], phone="+1")]
    )
    assert entry.erased.customer_id == "cus_a"
    assert list(entry.erased.records) == [user("a"), user("x")]
    assert entry.version == 7
    assert again == {"cus_a"}


async def test_somebody_who_stands_with_somebody_who_was_not_erased(gateway_db: Database) -> None:
    together = customer(1, 1, "cus_a", ["a", "b"])
    (entry,), again = await said(gateway_db, ["cus_a"], [together])
    assert entry == together
    assert again == set()


async def test_an_id_that_leads_to_another_one(gateway_db: Database) -> None:
    """Whether that one lives is for its own entry to say."""
    redirect = merged(1, 1, "cus_a", "cus_b")
    (entry,), again = await said(gateway_db, ["cus_a"], [redirect])
    assert entry == redirect
    assert again == set()


async def test_a_contact_that_is_nobodys(gateway_db: Database) -> None:
    (entry,), again = await said(gateway_db, [own_id("c1")], bindings=[binding(1, 1, "c1")])
    assert entry.contact.erased
    assert entry.contact.contact == contact("c1")
    assert again == {own_id("c1")}


async def test_a_contact_that_is_bound_asks_for_nobodys_erasure(gateway_db: Database) -> None:
    (entry,), again = await said(gateway_db, [own_id("c1")], bindings=[binding(1, 1, "c1", bound_to="b")])
    assert entry.contact.erased
    assert again == set()


async def test_whoever_was_never_erased(gateway_db: Database) -> None:
    entries = customer(1, 1, "cus_b", ["b"]), binding(2, 1, "c2", bound_to="b")
    (thing, contact_entry), again = await said(gateway_db, ["cus_a"], entries[:1], entries[1:])
    assert (thing, contact_entry) == entries
    assert again == set()
