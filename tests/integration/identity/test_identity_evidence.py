"""Evidence through PostgreSQL: whatever the order and the batches, the store comes to what the pure functions say of
the whole at once; of a file to what `pathloom identity link` says of it."""

import csv
import json
import random
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pathloom.identity.v1 import customers_pb2 as c
from pathloom_identity.adapters.models import load_model, put_in_force
from pathloom_identity.application.ports import AppendRequest
from pathloom_identity.application.terms import Terms
from pathloom_identity.application.weighers import Weighers
from pathloom_identity.bootstrap import build
from pathloom_identity.domain.acceptance import NewEvent
from pathloom_identity.domain.events import Event, EventType
from pathloom_identity.domain.evidence.attributes import standard
from pathloom_identity.domain.evidence.blocking import BlockKey
from pathloom_identity.domain.evidence.crowds import WHOLE
from pathloom_identity.domain.evidence.model import Model
from pathloom_identity.domain.evidence.model_file import BadModel, write_model
from pathloom_identity.domain.evidence.resolution import resolve as resolve_file
from pathloom_identity.domain.evidence.table import table
from pathloom_identity.domain.evidence.weigher import Weigher
from pathloom_identity.domain.said import Said
from pathloom_identity.models import cautious, general
from pathloom_kit.feeds.cursor import Lane
from pathloom_kit.feeds.turns import Turns

from tests.integration.identity.identity_stores import (
    PostgresResolutionStore,
    Store,
    assert_equals,
    resolver_module,
)
from tests.integration.identity.identity_world import (
    Identity,
    RpcError,
    identify,
    settings_for,
    source,
    start,
)
from tests.unit.identity.evidence_worlds import evidence_decisions, evidence_world
from tests.unit.identity.identity_worlds import LAW_MODEL, LAW_TERMS, LAW_WHOLE, resolve

FAKE = Path(__file__).parents[4] / "shared/data/identity/fake_1000.csv"
COLUMNS = {
    "first_name": "given_name",
    "surname": "surname",
    "dob": "date_of_birth",
    "city": "city",
    "email": "email",
}


def terms(model: Model, whole: int = LAW_WHOLE, **given: Any) -> Terms:
    return replace(LAW_TERMS, weigher=Weigher(model, whole=whole), weighers=Weighers(whole), **given)


async def play(store: Store, world: Sequence[Event], seed: int) -> None:
    """Records and resolves in an order, in batches and in lanes of chance; another replica, which remembers nothing,
    takes over now and then."""
    chance = random.Random(seed)
    left = list(world)
    chance.shuffle(left)
    turns = Turns(0.2)
    while left:
        size = chance.choice([1, 1, 2, len(left)])
        batch, left = left[:size], left[size:]
        await store.record(batch, chance.choice(list(Lane)))
        store.terms = terms(LAW_MODEL)
        resolver = store.resolver(batch=chance.randint(1, 9))
        for _ in range(chance.randint(0, 3)):
            await resolver.turn(turns)
    await store.resolver().drain()


async def test_any_order_and_batch_equals_the_pure_function(store: Store) -> None:
    for seed in range(25):
        await store.empty()
        world = evidence_world(seed, persons=6)
        await play(store, world, seed)
        for one in (said := evidence_decisions(seed, world)):
            await store.decide(one.left, one.right, one.same, "steward", "")
        await assert_equals(store, resolve(store.named(world), said))


class Blind(PostgresResolutionStore):
    """Planted: does not look who else is in a block."""

    async def mates(self, most: Mapping[BlockKey, int]) -> Any:
        return {key: [] for key in most}, {}


class Greedy(PostgresResolutionStore):
    """Planted: a block that has become too large is taken for one at the cap."""

    async def mates(self, most: Mapping[BlockKey, int]) -> Any:
        whole, said = await super().mates(dict.fromkeys(most, 1000))
        return {key: (found or [])[: LAW_MODEL.block_cap] for key, found in whole.items()}, said


class Sticky(PostgresResolutionStore):
    """Planted: who says something else now stays in the old blocks."""

    async def say(self, said: Sequence[Any], came: Sequence[Any], left: Sequence[Any]) -> None:
        await super().say(said, came, ())


class Stale(PostgresResolutionStore):
    """Planted: what others weigh a record by is what it said first."""

    async def say(self, said: Sequence[tuple[int, Said]], came: Sequence[Any], left: Sequence[Any]) -> None:
        known = await self.said([number for number, _ in said])
        await super().say([(number, one) for number, one in said if number not in known], came, left)


@pytest.mark.parametrize("fault", [Blind, Greedy, Sticky, Stale])
async def test_any_order_catches(store: Store, fault: type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolver_module, "PostgresResolutionStore", fault)
    for seed in range(60):
        await store.empty()
        world = evidence_world(seed, persons=6)
        try:
            await play(store, world, seed)
            await assert_equals(store, resolve(store.named(world)))
        except AssertionError:
            return
    raise AssertionError("nothing was noticed")


def as_events(rows: Sequence[dict[str, str]]) -> list[NewEvent]:
    names = {
        "first_name": "first_name",
        "surname": "last_name",
        "dob": "date_of_birth",
        "city": "city",
        "email": "email",
    }
    return [
        NewEvent(
            row["unique_id"], EventType.IDENTIFY, "", row["unique_id"], "", "", "", "", at, at, None,
            json.dumps({"traits": {to: row[name] for name, to in names.items() if row[name]}}).encode(),
        )
        for at, row in enumerate(rows)
    ]  # fmt: skip


@pytest.mark.parametrize("model", ["learnt", "cautious"])
async def test_a_set_of_persons_becomes_the_customers_that_link_makes_of_its_file(
    store: Store, model: str
) -> None:
    if not FAKE.is_file():
        pytest.skip(f"the public set is not there: {FAKE}")
    with FAKE.open(encoding="utf-8") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: row["unique_id"])
    values = {standard(to): [row[name] or None for row in rows] for name, to in COLUMNS.items()}
    records = table(len(rows), values)
    deciding = resolve_file(records, general(), learn=True).model if model == "learnt" else cautious()
    cluster = resolve_file(records, deciding).cluster.tolist()
    wanted: dict[int, set[str]] = {}
    for at, row in enumerate(rows):
        wanted.setdefault(cluster[at], set()).add(row["unique_id"])

    store.terms = terms(deciding, WHOLE, demote_over=50)
    events = as_events(rows)
    random.Random(1).shuffle(events)
    # "form" may only claim; "crm" is trusted, and its e-mail addresses join: here they must find only.
    await store.say(
        "UPDATE source SET declaration = jsonb_set(declaration::jsonb, '{identifiers}', '[]') RETURNING 1"
    )
    for first in range(0, len(events), 170):
        await store.log.append([AppendRequest("crm", Lane.BULK, events[first : first + 170])], 10**12)
        await store.resolver(batch=37).drain()
    things = [entry.customer for _, entry in (await store.things()).values() if entry.HasField("customer")]
    assert {frozenset(m.key.id for m in one.records) for one in things} == set(
        map(frozenset, wanted.values())
    )
    shown = [why for one in things for why in one.evidence]
    assert all(why.weight == sum(piece.weight for piece in why.pieces) for why in shown)
    assert {why.kind for why in shown} == {c.Evidence.KIND_PROBABILISTIC}


async def test_another_model_comes_to_what_it_would_have_come_to_from_empty(store: Store) -> None:
    other = replace(LAW_MODEL, version="other", cut=-6.0, block_cap=6, log2_prior=-12.0)
    assert await put_in_force(store.database, LAW_MODEL) is True
    for seed in range(8):
        world = evidence_world(seed, persons=6)
        await store.empty()
        store.terms = terms(LAW_MODEL)
        await put_in_force(store.database, LAW_MODEL)
        await play(store, world, seed)
        before = await store.things()
        store.terms = terms(other)
        assert await put_in_force(store.database, other)
        assert not await put_in_force(store.database, other)
        await store.resolver().drain()
        await assert_equals(store, resolve(store.named(world), model=other))
        # And back: a model that was rolled back leaves nothing behind.
        store.terms = terms(LAW_MODEL)
        assert await put_in_force(store.database, LAW_MODEL)
        await store.resolver().drain()
        await assert_equals(store, resolve(store.named(world)))
        assert unmerged(await store.things()) == unmerged(before)


def unmerged(things: Mapping[str, tuple[int, c.CustomerEntry]]) -> dict[str, c.CustomerEntry]:
    """Without those who are somebody else now: whoever was told of once, on the way, answers for ever."""
    return {key: entry for key, (_, entry) in things.items() if not entry.HasField("merged")}


async def test_who_was_there_before_there_was_evidence_is_weighed(store: Store) -> None:
    for seed in range(4):
        world = evidence_world(seed, persons=6)
        await store.empty()
        store.terms = replace(LAW_TERMS, weigher=None)
        await store.record(world)
        await store.resolver().drain()
        await assert_equals(store, resolve(store.named(world), model=None))
        store.terms = terms(LAW_MODEL)
        await store.say("DELETE FROM model RETURNING 1")
        await put_in_force(store.database, LAW_MODEL)
        await store.resolver().drain()
        await assert_equals(store, resolve(store.named(world)))


async def test_whoever_is_erased_counts_in_no_block_any_more(store: Store) -> None:
    for seed in range(12):
        world = [one for one in evidence_world(seed, persons=6) if one.type is EventType.IDENTIFY]
        await store.empty()
        await play(store, world, seed)
        things = [
            entry.customer for _, entry in (await store.things()).values() if entry.HasField("customer")
        ]
        gone = max(things, key=lambda one: (len(one.records), one.customer_id))
        await store.erase(gone.customer_id, "steward")
        names = {(m.key.namespace, m.key.id) for m in gone.records}
        left = [one for one in store.named(world) if (one.record.namespace, one.record.id) not in names]
        await assert_equals(store, resolve(left))
        assert await store.say("SELECT count(*) FROM block b WHERE NOT EXISTS (SELECT FROM record r WHERE r.record_no = b.record_no)") == 0  # fmt: skip
        assert await store.say("SELECT count(*) FROM said") <= len({one.record for one in left})


async def test_what_a_cap_leaves_out_is_told(store: Store) -> None:
    told: list[dict[str, int]] = []
    store.terms = terms(LAW_MODEL, left_out=lambda found: told.append(dict(found)))
    for number in range(5):
        one = identify_in(f"U{number}", first_name=f"N{number}", email="office@mail.example.org")
        await store.log.append([AppendRequest("crm", Lane.LIVE, [one])], 10**12)
        await store.resolver().drain()
    assert [found["email"] for found in told if "email" in found] == [1, 1]


def identify_in(user: str, **traits: str) -> NewEvent:
    payload = json.dumps({"traits": traits}).encode()
    return NewEvent(f"m-{user}", EventType.IDENTIFY, "", user, "", "", "", "", 1, 1, None, payload)


async def test_two_records_of_one_person_become_one_customer_and_the_feed_says_why(
    identity: Identity,
) -> None:
    known = {
        "last_name": "Lindqvist",
        "date_of_birth": "1971-06-24",
        "phone": "+14025550133",
        "city": "Omaha",
    }
    await identity.record("crm", identify("1", "a", 1, first_name="Robert", **known))
    await identity.settled()
    assert await told_customers(identity) == [["a"]]
    await identity.record(
        "crm", identify("2", "b", 2, first_name="Bob", **known),
        identify("3", "c", 3, first_name="Maria", **(known | {"date_of_birth": "1974-11-02"})),
    )  # fmt: skip
    await identity.settled()
    assert await told_customers(identity) == [["a", "b"], ["c"]]
    (why,) = [why for t in (await identity.things()).values() for why in t.customer.evidence]
    assert why.kind == c.Evidence.KIND_PROBABILISTIC
    assert why.text == "date of birth, phone, surname, city and given name agree"
    assert {piece.attribute: piece.level for piece in why.pieces}["given_name"] == "nickname"
    assert why.weight == sum(piece.weight for piece in why.pieces)


async def test_what_a_source_calls_immutable_keeps_two_apart_and_is_of_one_kind_everywhere(
    identity: Identity,
) -> None:
    known = {
        "first_name": "Robert",
        "last_name": "Lindqvist",
        "date_of_birth": "1971-06-24",
        "phone": "+14025550133",
    }
    await identity.record(
        "crm", identify("1", "a", 1, member="A-1", **known), identify("2", "b", 2, member="A-2", **known)
    )
    await identity.settled()
    assert await told_customers(identity) == [["a", "b"]]
    member = c.AttributeRule(field="member", attribute="member_no", kind="code", immutable=True)
    await identity.put(source(attributes=[member]))
    await identity.settled()
    assert await told_customers(identity) == [["a"], ["b"]]
    member.kind = "text"
    with pytest.raises(RpcError) as refused:
        await identity.put(source("shop", attributes=[member]))
    assert "is code and immutable in source crm" in str(refused.value.trailing_metadata())
    member.attribute = "address"
    with pytest.raises(RpcError) as refused:
        await identity.put(source("shop", attributes=[member]))
    assert "an attribute of the company's own" in str(refused.value.trailing_metadata())


async def test_another_survivorship_chooses_everybodys_values_anew(database: str) -> None:
    async def told(**given: Any) -> str:
        async with AsyncExitStack() as stack:
            identity = await start(database, stack, **given)
            if not given:
                await identity.put(source())
                await identity.record(
                    "crm", identify("1", "a", 1, first_name="Robert", email="a@x.example.org")
                )
                await identity.record("crm", identify("2", "b", 2, first_name="Rob", email="a@x.example.org"))
            await identity.settled()
            (one,) = [t.customer for t in (await identity.things()).values() if t.HasField("customer")]
            return {field.name: field.value for field in one.golden}["first_name"]

    assert await told() == "Rob"
    assert await told(survivorship={"first_name": "longest"}) == "Robert"
    assert await told(survivorship={}) == "Rob"
    with pytest.raises(SystemExit, match="SURVIVORSHIP"):
        settings_for(database, survivorship={"first_name": "loudest"})


async def told_customers(identity: Identity) -> list[list[str]]:
    things = (await identity.things()).values()
    return sorted([m.key.id for m in t.customer.records] for t in things if t.HasField("customer"))


def test_a_model_that_cannot_serve_is_refused_with_what_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "model.json"
    whole = write_model(general())
    lame = replace(general(), comparisons={k: v for k, v in general().comparisons.items() if k != "phone"})
    for text, wrong in (
        (whole[:-40], "is no JSON"),
        (whole.replace('"schema": 1', '"schema": 0'), "an older version"),
        ('{"format": "something else"}', "is no identity model"),
        (whole.replace('"cut": -4.0', '"cut": -5.0'), "checksum"),
        (write_model(lame), "comparisons.phone: is missing"),
    ):
        file.write_text(text, encoding="utf-8")
        with pytest.raises(BadModel, match=wrong):
            load_model(file)
    with pytest.raises(BadModel, match="cannot be read"):
        load_model(tmp_path / "no such file")
    assert load_model(None).version == "cautious-1"


async def test_the_service_does_not_start_on_a_bad_model(database: str, tmp_path: Path) -> None:
    file = tmp_path / "model.json"
    file.write_text("{}", encoding="utf-8")
    async with AsyncExitStack() as stack:
        with pytest.raises(SystemExit, match="PATHLOOM_IDENTITY_MODEL_FILE: is no identity model"):
            await build(settings_for(database, model_file=file), stack)
