"""Households through the service: a relation, kept by who holds the value now."""

import itertools
import json
from collections.abc import Collection
from dataclasses import replace

import pytest
from pathloom.identity.v1 import customers_pb2 as c
from pathloom_identity.adapters import resolver as resolver_module
from pathloom_identity.adapters.resolution_store import PostgresResolutionStore
from pathloom_identity.application.ports import AppendRequest
from pathloom_identity.application.resolution_store import Home
from pathloom_identity.domain.acceptance import NewEvent
from pathloom_identity.domain.events import EventType
from pathloom_identity.domain.identifiers import Identifier
from pathloom_kit.feeds.cursor import Lane

from tests.integration.identity.identity_stores import Store
from tests.integration.identity.identity_world import Identity, event, identify, record, source

PHONE = "+14025550123"


class Unmoved(PostgresResolutionStore):
    """Planted: a household that is none any more is never said to be."""

    async def homes(self, values: Collection[Identifier], limit: int) -> dict[Identifier, Home]:
        found = await super().homes(values, limit)
        return {value: replace(home, published=False) for value, home in found.items()}


def told(message_id: str, user: str, at: int, **traits: str) -> NewEvent:
    payload = json.dumps({"traits": traits}).encode()
    return NewEvent(message_id, EventType.IDENTIFY, "", user, "", "", "", "", at, at, None, payload)


async def homes(identity: Identity) -> list[c.Household]:
    return [t.household for t in (await identity.things()).values() if t.HasField("household")]


async def ids_of(identity: Identity, *users: str) -> list[str]:
    found = {
        m.key.id: t.customer.customer_id
        for t in (await identity.things()).values() for m in t.customer.records
    }  # fmt: skip
    return sorted({found[user] for user in users})


async def test_it_follows_values_merges_and_erasure(identity: Identity) -> None:
    await identity.put(source("web", trust=c.TRUST_CLAIMED))
    await identity.record("crm", identify("1", "a", 1, phone=PHONE, first_name="Ann"))
    await identity.record("web", identify("2", "x", 2, phone=PHONE))
    await identity.settled()
    assert await homes(identity) == []  # one customer, and one who only says so

    await identity.record(
        "crm", identify("3", "b", 3, phone="402-555-0123"), identify("4", "c", 4, phone=PHONE),
        event("5", 5, contact_id="call", properties={"from_number": PHONE}),
    )  # fmt: skip
    await identity.settled()
    (home,) = await homes(identity)
    assert (home.type, home.hint) == ("phone", "23")
    assert list(home.customer_ids) == await ids_of(identity, "a", "b", "c")
    assert PHONE not in str(home)

    # A relation, never a merge; and a merge by another reason takes them together.
    left, right = record("crm", 1, "a"), record("crm", 1, "b")
    await identity.customers.Decide(c.DecideRequest(left=left, right=right, same=True, actor="s"))
    (home,) = await homes(identity)
    assert list(home.customer_ids) == await ids_of(identity, "a", "c")
    await identity.customers.Decide(c.DecideRequest(left=left, right=right, same=False, actor="s"))
    (home,) = await homes(identity)
    assert list(home.customer_ids) == await ids_of(identity, "a", "b", "c")

    for user, left_over in (("a", ["b", "c"]), ("b", [])):
        (gone,) = await ids_of(identity, user)
        await identity.customers.EraseCustomer(c.EraseCustomerRequest(customer_id=gone, actor="s"))
        (home,) = await homes(identity)
        assert list(home.customer_ids) == (await ids_of(identity, *left_over))
    assert (home.hint, len(home.customer_ids)) == ("", 0)


async def test_a_number_of_too_many_is_no_home(identity: Identity) -> None:
    await identity.record("crm", *(identify(str(n), f"u{n}", n, phone=PHONE) for n in range(10)))
    await identity.settled()
    assert [len(home.customer_ids) for home in await homes(identity)] == [10]
    await identity.record("crm", identify("10", "u10", 10, phone=PHONE))
    await identity.settled()
    assert [len(home.customer_ids) for home in await homes(identity)] == [0]


async def test_any_order_gives_the_same(store: Store) -> None:
    said = [
        told("1", "a", 1, phone=PHONE),
        told("2", "b", 2, phone=PHONE),
        told("3", "a", 3, email="j@x.example.org"),
    ]
    found = []
    for order in itertools.permutations(said):
        await store.empty()
        for one in order:
            await store.log.append([AppendRequest("crm", Lane.LIVE, [one])], 10**12)
            await store.resolver().drain()
        found.append(
            {key: entry.household.SerializeToString(deterministic=True)
             for key, (_, entry) in (await store.things()).items() if entry.HasField("household")}
        )  # fmt: skip
    assert found[0]
    assert all(one == found[0] for one in found)


@pytest.mark.parametrize(("kind", "left"), [(PostgresResolutionStore, 0), (Unmoved, 2)])
async def test_a_home_of_two_who_turn_out_to_be_one_is_no_more(
    store: Store, kind: type, left: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted fault leaves it standing."""
    monkeypatch.setattr(resolver_module, "PostgresResolutionStore", kind)
    email = "a@mail.example.org"
    for one in (told("1", "a", 1, phone=PHONE, email=email), told("2", "b", 2, phone=PHONE)):
        await store.log.append([AppendRequest("crm", Lane.LIVE, [one])], 10**12)
    await store.resolver().drain()
    await store.log.append([AppendRequest("crm", Lane.LIVE, [told("3", "b", 3, email=email)])], 10**12)
    await store.resolver().drain()
    things = (await store.things()).values()
    assert [len(e.household.customer_ids) for _, e in things if e.HasField("household")] == [left]


async def test_who_was_there_before_there_were_households_gets_one(store: Store) -> None:
    """As the migration leaves a database: people, no household, and the work left over."""
    for n, user in enumerate("abc"):
        said = told(str(n), user, n, phone=PHONE if user < "c" else "402-555-0199")
        await store.log.append([AppendRequest("crm", Lane.LIVE, [said])], 10**12)
    await store.resolver().drain()
    before = await store.things()
    gone = (
        "WITH gone AS (DELETE FROM feed_thing WHERE key LIKE 'hou\\_%' RETURNING 1) SELECT count(*) FROM gone"
    )
    assert await store.say(gone) == 1
    assert await store.say("INSERT INTO task VALUES ('household', '', 0) RETURNING kind") == "household"
    await store.resolver().drain()
    after = await store.things()
    assert await store.say("SELECT count(*) FROM task") == 0
    assert {key: entry for key, (_, entry) in after.items()} == {
        key: entry for key, (_, entry) in before.items()
    }
    unchanged = {key: version for key, (version, entry) in before.items() if not entry.HasField("household")}
    assert unchanged.items() <= {key: version for key, (version, _) in after.items()}.items()
