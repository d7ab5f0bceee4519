"""Crowds through PostgreSQL: who comes, goes or says something else changes the parts of others, and whatever the order
and the batches, the store comes to the parts, and so to the customers, that all records together have."""

import random
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import pytest
from pathloom_identity.adapters.tasks import CROWD
from pathloom_identity.application.nearness import Nearness
from pathloom_identity.application.weighers import Weighers
from pathloom_identity.domain.events import Event, EventType
from pathloom_identity.domain.evidence.weigher import Weigher
from pathloom_kit.feeds.cursor import Lane

from tests.integration.identity.identity_stores import (
    PostgresResolutionStore,
    Store,
    assert_equals,
    resolver_module,
)
from tests.unit.identity.evidence_worlds import evidence_decisions, evidence_world
from tests.unit.identity.identity_worlds import LAW_MODEL, LAW_TERMS, LAW_WHOLE, near_weights, resolve

#: Nearly everybody is near somebody: strangers of one town and one surname.
MODEL = replace(LAW_MODEL, version="crowds", cut=-1.0, block_cap=9)


def crowd(seed: int) -> list[Event]:
    return evidence_world(seed, persons=9)


async def play(store: Store, world: Sequence[Event], seed: int) -> list[dict[str, int]]:
    """In an order and in batches of chance; what was told of being left out."""
    chance, left, told = random.Random(seed), list(world), list[dict[str, int]]()
    chance.shuffle(left)
    while left:
        size = chance.choice([1, 1, 2, 5, len(left)])
        batch, left = left[:size], left[size:]
        await store.record(batch, chance.choice(list(Lane)))
        store.terms = replace(
            LAW_TERMS,
            weigher=Weigher(MODEL, whole=LAW_WHOLE),
            weighers=Weighers(LAW_WHOLE),
            left_out=lambda found: told.append(dict(found)),
        )
        await store.resolver(batch=chance.randint(1, 9)).drain()
    return told


@pytest.fixture(autouse=True)
async def no_model_in_force(store: Store) -> None:
    await store.say("DELETE FROM model_version RETURNING 1")


async def test_any_order_and_batch_comes_to_the_same_parts(store: Store) -> None:
    crowds = 0
    for seed in range(25):
        await store.empty()
        world = crowd(seed)
        crowds += sum(CROWD in found for found in await play(store, world, seed))
        for one in (said := evidence_decisions(seed, world)):
            await store.decide(one.left, one.right, one.same, "steward", "")
        await assert_equals(store, resolve(store.named(world), said, model=MODEL))
    assert crowds > 25


async def test_what_is_kept_of_pairs_is_what_all_records_together_weigh(store: Store) -> None:
    for seed in range(8):
        await store.empty()
        world = crowd(seed)
        await play(store, world, seed)
        async with store.database.asyncpg() as conn:
            rows = await conn.fetch(
                "SELECT l.id AS left, r.id AS right, d.weight FROM doubt d JOIN record l ON l.record_no = left_no "
                "JOIN record r ON r.record_no = right_no"
            )
        kept = {(frozenset((row["left"], row["right"])), row["weight"]) for row in rows}
        wanted = near_weights(store.named(world), MODEL)
        assert {one for one in kept if one[1] > Weigher(MODEL).near_from} == {
            (frozenset((a.id, b.id)), weight) for (a, b), weight in wanted.items()
        }


async def erase_the_largest(store: Store, seed: int) -> None:
    """And what is left must be what it would have been without them."""
    world = [one for one in crowd(seed) if one.type is EventType.IDENTIFY]
    await store.empty()
    await play(store, world, seed)
    things = [e.customer for _, e in (await store.things()).values() if e.HasField("customer")]
    gone = max(things, key=lambda one: (len(one.records), one.customer_id))
    await store.erase(gone.customer_id, "steward")
    names = {(m.key.namespace, m.key.id) for m in gone.records}
    left = [one for one in store.named(world) if (one.record.namespace, one.record.id) not in names]
    await assert_equals(store, resolve(left, model=MODEL))


async def test_whoever_is_erased_makes_no_crowd_any_more(store: Store) -> None:
    for seed in range(12):
        await erase_the_largest(store, seed)


async def test_a_crowd_that_is_taken_for_one_still_is_noticed(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    true_change = Nearness.change
    # Planted: nobody asks whom somebody was near to.
    monkeypatch.setattr(Nearness, "change", lambda self, lost, found: true_change(self, (), found))
    for seed in range(80):
        try:
            await erase_the_largest(store, seed)
        except AssertionError:
            return
    raise AssertionError("nothing was noticed")


async def test_crowds_from_before_there_were_parts_fall_apart_in_the_background(store: Store) -> None:
    for seed in range(6):
        world = crowd(seed)
        await store.empty()
        await play(store, world, seed)
        # As versions before left it: one component, and pairs kept that no block brings together any more.
        await store.say("UPDATE record SET component = (SELECT min(record_no) FROM record WHERE kind <> 3) WHERE kind <> 3 RETURNING 1")  # fmt: skip
        await store.say(
            "INSERT INTO doubt SELECT l.record_no, r.record_no, $1 FROM record l JOIN record r ON l.record_no < r.record_no "
            "WHERE (l.record_no + r.record_no) % 7 = 0 ON CONFLICT DO NOTHING RETURNING 1",
            Weigher(MODEL).near_from + 1,
        )
        await store.say("INSERT INTO task VALUES ($1, '', 0) RETURNING 1", CROWD)
        await store.resolver().drain()
        await assert_equals(store, resolve(store.named(world), model=MODEL))


class Clinging(PostgresResolutionStore):
    """Planted: a pair whose block is too large now stays near."""

    async def undoubt(self, pairs: Collection[tuple[int, int]]) -> None:
        """Nothing is forgotten."""


async def near_neighbours_alone(self: Nearness) -> set[int]:
    """Planted: the parts that others were in, or fall back to, are not looked at."""
    return await self._components_of(self._was.keys())


@pytest.mark.parametrize("fault", [Clinging, near_neighbours_alone])
async def test_any_order_catches(store: Store, fault: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    if isinstance(fault, type):
        monkeypatch.setattr(resolver_module, "PostgresResolutionStore", fault)
    else:
        monkeypatch.setattr(Nearness, "touched", fault)
        monkeypatch.setattr(Nearness, "beyond", nobody)
    for seed in range(80):
        await store.empty()
        world = crowd(seed)
        try:
            await play(store, world, seed)
            await assert_equals(store, resolve(store.named(world), model=MODEL))
        except AssertionError:
            return
    raise AssertionError("nothing was noticed")


async def nobody(self: Nearness, numbers: Collection[int]) -> set[int]:
    return set()
