"""Golden values that a steward pinned: through the service, and as a law through the store."""

import random
import time
from collections.abc import Collection
from dataclasses import replace

import pytest
from pathloom.identity.v1 import customers_pb2 as c
from pathloom.identity.v1 import events_pb2 as e
from pathloom_identity.adapters.models import put_in_force
from pathloom_identity.domain.clustering import Decision
from pathloom_identity.domain.events import Event
from pathloom_identity.domain.golden import Pins, Survives
from pathloom_identity.domain.records import RecordKey
from pathloom_kit.feeds.cursor import Lane

from tests.integration.identity.identity_stores import (
    PostgresResolutionStore,
    Store,
    assert_equals,
    resolver_module,
)
from tests.integration.identity.identity_world import BASE, Identity, RpcError, identify, record, source
from tests.integration.identity.test_identity_evidence import terms
from tests.integration.identity.test_identity_store_laws import worlds
from tests.unit.identity.identity_worlds import LAW_MODEL, LAW_RULES, resolve

FIELDS = ("first_name", "last_name", "email")
SHARED = {"email": "a@mail.example.org"}


def pin(user: str, field: str = "first_name", source_id: str = "crm", reason: str = "") -> c.PinValueRequest:
    asked = c.PinValueRequest(
        record=record(source_id, 1, user), field=field, source_id=source_id, actor="steward-1"
    )
    asked.reason = reason
    return asked


def withdrawal(asked: c.PinValueRequest, reason: str = "") -> c.WithdrawPinRequest:
    return c.WithdrawPinRequest(
        record=asked.record, field=asked.field, source_id=asked.source_id, actor="steward-2", reason=reason
    )


async def two_records(identity: Identity) -> None:
    """One customer who is called in two ways, the second later."""
    await identity.record(
        "crm",
        identify("1", "a", 1, first_name="Robert", **SHARED),
        identify("2", "b", 2, first_name="Rob", **SHARED),
    )
    await identity.settled()


async def first_names(identity: Identity) -> list[tuple[str, bool]]:
    customers = [t.customer for t in (await identity.things()).values() if t.HasField("customer")]
    return sorted((g.value, g.pinned) for one in customers for g in one.golden if g.name == "first_name")


async def test_a_pinned_value_is_golden_until_it_is_withdrawn(identity: Identity) -> None:
    await two_records(identity)
    before = await identity.things()
    assert await first_names(identity) == [("Rob", False)]
    pinned = await identity.customers.PinValue(pin("a", reason="said so on the phone"))
    assert await first_names(identity) == [("Robert", True)]
    # What the source says later is pinned as well; what another record says later is not.
    await identity.record(
        "crm", identify("3", "a", 3, first_name="Roberto"), identify("4", "b", 4, first_name="Bob")
    )
    await identity.settled()
    assert await first_names(identity) == [("Roberto", True)]
    # It says nothing any more, and then something again.
    await identity.record("crm", identify("5", "a", 5, first_name=None))
    await identity.settled()
    assert await first_names(identity) == [("Bob", False)]
    await identity.record(
        "crm", identify("6", "a", 6, first_name="Robert"), identify("7", "b", 7, first_name="Rob")
    )
    await identity.settled()
    assert await first_names(identity) == [("Robert", True)]
    # The later recorded wins, and falls away again.
    await identity.customers.PinValue(pin("b"))
    assert await first_names(identity) == [("Rob", True)]
    await identity.customers.WithdrawPin(withdrawal(pin("b")))
    assert await first_names(identity) == [("Robert", True)]
    withdrawn = await identity.customers.WithdrawPin(withdrawal(pin("a"), "a mistake"))
    assert withdrawn.customer_id == pinned.customer_id
    assert await first_names(identity) == [("Rob", False)]
    with pytest.raises(RpcError, match="PIN_NOT_FOUND"):
        await identity.customers.WithdrawPin(withdrawal(pin("a")))
    assert before.keys() == (await identity.things()).keys()

    asked = c.ListChangesRequest(customer_id=pinned.customer_id)
    told = (await identity.customers.ListChanges(asked)).changes
    kinds = c.CustomerChange
    assert [(one.kind, one.record.id, one.field, one.source_id, one.actor, one.text) for one in told] == [
        (kinds.KIND_PIN_WITHDRAWN, "a", "first_name", "crm", "steward-2", "a mistake"),
        (kinds.KIND_PIN_WITHDRAWN, "b", "first_name", "crm", "steward-2", ""),
        (kinds.KIND_PINNED, "b", "first_name", "crm", "steward-1", ""),
        (kinds.KIND_PINNED, "a", "first_name", "crm", "steward-1", "said so on the phone"),
    ]
    assert told[0].into_customer_id == told[0].from_customer_id == pinned.customer_id
    assert all(one.HasField("changed_at") for one in told)
    asked.page_size = 3
    first = await identity.customers.ListChanges(asked)
    asked.page_token = first.next_page_token
    assert [*first.changes, *(await identity.customers.ListChanges(asked)).changes] == list(told)


async def test_a_pin_goes_with_its_record_and_with_the_person(identity: Identity) -> None:
    await two_records(identity)
    pinned = await identity.customers.PinValue(pin("a"))
    word = c.DecideRequest(left=record("crm", 1, "a"), right=record("crm", 1, "b"), same=False, actor="s")
    await identity.customers.Decide(word)
    assert await first_names(identity) == [("Rob", False), ("Robert", True)]
    word.same = True
    await identity.customers.Decide(word)
    assert await first_names(identity) == [("Robert", True)]
    await identity.customers.EraseCustomer(c.EraseCustomerRequest(customer_id=pinned.customer_id, actor="s"))
    # Whoever comes back is somebody new, of whom nothing is pinned.
    soon = time.time() - BASE + 3600
    await identity.record(
        "crm",
        identify("3", "a", soon, first_name="Robert", **SHARED),
        identify("4", "b", soon, first_name="Rob", **SHARED),
    )
    await identity.settled()
    assert [pin for _, pin in await first_names(identity)] == [False]


async def test_what_cannot_be_pinned_is_refused_by_its_field(identity: Identity) -> None:
    await two_records(identity)
    refused = [
        (pin("a", "last_name"), "field", "is not said"),
        (pin("a", "consent:marketing:"), "field", "is a consent"),
        (pin("a", source_id="other"), "", "RECORD_NOT_FOUND"),
        (pin("nobody"), "", "RECORD_NOT_FOUND"),
        (pin("a", ""), "field", "at least 1"),
    ]
    contact = pin("a")
    contact.record.kind = e.RECORD_KIND_CONTACT
    refused.append((contact, "record.kind", "has no golden values"))
    for asked, field, wrong in refused:
        with pytest.raises(RpcError) as error:
            await identity.customers.PinValue(asked)
        told = f"{error.value.details()} {error.value.trailing_metadata()}"
        assert wrong in told
        assert field in told
        assert "Robert" not in told
    with pytest.raises(RpcError, match="RECORD_NOT_FOUND"):
        await identity.customers.WithdrawPin(withdrawal(pin("nobody")))
    assert (
        await identity.customers.ListChanges(c.ListChangesRequest(customer_id=await only(identity)))
    ).changes == []


async def only(identity: Identity) -> str:
    (found,) = [key for key, t in (await identity.things()).items() if t.HasField("customer")]
    return found


async def test_all_that_is_said_to_a_field_is_listed_with_its_pins(identity: Identity) -> None:
    await identity.put(source("form", trust=c.TRUST_CLAIMED))
    await two_records(identity)
    await identity.record("crm", identify("3", "c", 3, first_name="Bobby", **SHARED))
    await identity.settled()
    customer_id = await only(identity)
    asked = c.ListFieldValuesRequest(customer_id=customer_id, field="first_name")
    values = (await identity.customers.ListFieldValues(asked)).values
    assert [(v.value, v.source_id, v.record.id, v.trust) for v in values] == [
        ("Bobby", "crm", "c", c.TRUST_TRUSTED),
        ("Rob", "crm", "b", c.TRUST_TRUSTED),
        ("Robert", "crm", "a", c.TRUST_TRUSTED),
    ]
    assert not any(v.HasField("pin") for v in values)
    await identity.customers.PinValue(pin("a", reason="on the passport"))
    values = (await identity.customers.ListFieldValues(asked)).values
    assert [v.value for v in values] == ["Robert", "Bobby", "Rob"]
    assert (values[0].pin.actor, values[0].pin.reason) == ("steward-1", "on the passport")
    assert values[0].pin.HasField("pinned_at")
    paged: list[c.FieldValue] = []
    asked.page_size = 1
    while True:
        page = await identity.customers.ListFieldValues(asked)
        paged += page.values
        asked.page_token = page.next_page_token
        if not asked.page_token:
            break
    assert paged == list(values)
    nothing = c.ListFieldValuesRequest(customer_id=customer_id, field="shoe_size")
    assert not (await identity.customers.ListFieldValues(nothing)).values
    with pytest.raises(RpcError, match="CUSTOMER_NOT_FOUND"):
        await identity.customers.ListFieldValues(c.ListFieldValuesRequest(customer_id="cus_x", field="a"))
    with pytest.raises(RpcError, match="INVALID_ARGUMENT"):
        await identity.customers.ListFieldValues(c.ListFieldValuesRequest(customer_id=customer_id))


# --- the law through the store ---------------------------------------------------------------------------------------


async def played(store: Store, world: list[Event], seed: int) -> tuple[list[Decision], Pins]:
    """Events in an order of chance, and between them stewards who pin, withdraw and decide."""
    chance = random.Random(seed)
    left = world[:]
    chance.shuffle(left)
    resolver = store.resolver(batch=chance.randint(1, 9))
    pinned: dict[tuple[RecordKey, str, str], int] = {}
    decided: dict[frozenset[RecordKey], Decision] = {}
    came: list[Event] = []
    while left:
        states = {key: one for key, one in resolve(store.named(came)).states.items() if key.is_person}
        said = [
            (key, *slot)
            for key in sorted(states)
            for slot, value in sorted(states[key].values.items())
            if slot[0] in FIELDS and value.text is not None
        ]
        for one in chance.sample(said, min(len(said), 3)):
            pinned.pop(one, None)
            pinned[one] = 0
            await store.pin(*one, "steward", "")
        for one in chance.sample(list(pinned), min(len(pinned), 1)):
            del pinned[one]
            await store.withdraw_pin(*one, "steward", "")
        if len(states) > 1:
            (left_one, right_one), same = chance.sample(sorted(states), 2), chance.choice([True, False])
            decided[frozenset((left_one, right_one))] = Decision(left_one, right_one, same)
            await store.decide(left_one, right_one, same, "steward", "")
        size = chance.randint(1, len(left) // 2 + 1)
        batch, left = left[:size], left[size:]
        came += batch
        await store.record(batch, chance.choice(list(Lane)))
        await resolver.drain()
    return list(decided.values()), {one: number for number, one in enumerate(pinned)}


async def lawful(store: Store, seed: int, world: list[Event]) -> int:
    """How many pins it was tried with."""
    await store.empty()
    decided, pinned = await played(store, world, seed)
    await assert_equals(store, resolve(store.named(world), decided, pins=pinned))
    for one in pinned:
        await store.withdraw_pin(*one, "steward", "")
    await assert_equals(store, resolve(store.named(world), decided))
    return len(pinned)


async def test_pins_in_any_order_equal_the_pure_function_and_withdrawn_are_as_if_never_made(
    store: Store,
) -> None:
    tried = [await lawful(store, seed, world) for seed, world in enumerate(worlds(8, seed=11))]
    assert sum(tried) > 8


class Fickle(PostgresResolutionStore):
    """Planted: pins are forgotten when a record is resolved anew."""

    async def pins(self, numbers: Collection[int]) -> Pins:
        return {}


async def test_pins_catches(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolver_module, "PostgresResolutionStore", Fickle)
    wrong = 0
    for seed, world in enumerate(worlds(8, seed=11)):
        try:
            await lawful(store, seed, world)
        except AssertionError:
            wrong += 1
            break
    assert wrong


async def test_pins_outlive_another_model_and_another_survivorship(store: Store) -> None:
    other = replace(LAW_MODEL, version="other", cut=-6.0, block_cap=6, log2_prior=-12.0)
    rule = {"last_name": Survives.LONGEST}
    tried = 0
    for seed, world in enumerate(worlds(3, seed=13)):
        store.terms = terms(LAW_MODEL)
        await store.empty()
        await put_in_force(store.database, LAW_MODEL)
        decided, pinned = await played(store, world, seed)
        tried += len(pinned)
        store.terms = replace(terms(other), survivorship=rule)
        await put_in_force(store.database, other, rule)
        await store.resolver().drain()
        rules = replace(LAW_RULES, survivorship=rule)
        await assert_equals(
            store, resolve(store.named(world), decided, model=other, pins=pinned, rules=rules)
        )
    assert tried
