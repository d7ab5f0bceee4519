"""A model that is sent: from one moment on every replica decides by it, and everybody comes to what it would have made
from empty."""

import random
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pathloom.identity.v1 import customers_pb2 as c
from pathloom_identity.adapters.model_list import ModelList
from pathloom_identity.adapters.models import put_in_force
from pathloom_identity.application.activate_model import ActivateModel
from pathloom_identity.application.weighers import ModelUnreadable, Weighers
from pathloom_identity.domain.events import Event
from pathloom_identity.domain.evidence.model import Model
from pathloom_identity.domain.evidence.model_file import write_model
from pathloom_identity.models import cautious, general
from pathloom_kit.feeds.cursor import Lane
from pathloom_kit.feeds.turns import Turns

from tests.integration.identity.identity_stores import (
    PostgresResolutionStore,
    Store,
    assert_equals,
    resolver_module,
)
from tests.integration.identity.identity_world import Identity, RpcError, identify, record, source, start
from tests.integration.identity.test_identity_evidence import terms
from tests.unit.identity.evidence_worlds import evidence_world
from tests.unit.identity.identity_worlds import LAW_MODEL, LAW_WHOLE, resolve

OTHER = replace(LAW_MODEL, version="other", cut=-6.0, block_cap=6, log2_prior=-12.0)
#: Joins by a name and a town alone.
EAGER = replace(cautious(), version="eager", cut=8.0)
ALIKE = {"first_name": "Ann", "last_name": "Okafor", "city": "Omaha"}


async def send(store: Store, model: Model) -> int:
    activate = ActivateModel(store.work, store.clock, store.terms)
    return await activate(write_model(model), 0, "operator", "")


async def played(
    store: Store, world: Sequence[Event], seed: int, sent: Sequence[Model]
) -> tuple[list[int], int]:
    """Events in an order of chance, two replicas that take turns, and between them models that are sent. What each replica
    applied, and how often one was too late."""
    chance = random.Random(seed)
    left, to_send = list(world), list(sent)
    chance.shuffle(left)
    own = []
    for _ in range(2):
        # Each remembers its own.
        store.terms = replace(terms(LAW_MODEL), weighers=Weighers(LAW_WHOLE))
        own.append((store.resolver(batch=chance.randint(1, 5)), Turns(0.2)))
    while left or to_send:
        if to_send and (not left or chance.random() < 0.4):
            await send(store, to_send.pop(0))
        batch, left = left[:3], left[3:]
        if batch:
            await store.record(batch, chance.choice(list(Lane)))
        for resolver, turns in chance.sample(own, 2):
            await resolver.turn(turns)
    for resolver, _ in own:
        await resolver.drain()
    return [resolver.applied for resolver, _ in own], sum(resolver.refused for resolver, _ in own)


async def lawful(store: Store, seed: int, sent: Sequence[Model]) -> tuple[list[int], int]:
    world = evidence_world(seed, persons=6)
    await store.empty()
    await store.say("TRUNCATE model_version, model RESTART IDENTITY")
    store.terms = terms(LAW_MODEL)
    await put_in_force(store.database, LAW_MODEL)
    done = await played(store, world, seed, sent)
    await assert_equals(store, resolve(store.named(world), model=sent[-1]))
    return done


@pytest.mark.parametrize("sent", [[OTHER], [OTHER, LAW_MODEL], [OTHER, LAW_MODEL, OTHER]], ids=len)
async def test_whatever_is_sent_meanwhile_two_replicas_come_to_what_the_last_model_makes_from_empty(
    store: Store, sent: Sequence[Model]
) -> None:
    done = [await lawful(store, seed, sent) for seed in range(5)]
    assert all(sum(applied[of] for applied, _ in done) for of in range(2))
    assert sum(refused for _, refused in done)


class Deaf(PostgresResolutionStore):
    """Planted: a replica goes on by the model with which it started."""

    async def model_in_force(self) -> str | None:
        return None


async def test_models_catches(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolver_module, "PostgresResolutionStore", Deaf)
    wrong = 0
    for seed in range(12):
        try:
            await lawful(store, seed, [OTHER])
        except AssertionError:
            wrong += 1
            break
    assert wrong


async def customers(identity: Identity) -> list[list[str]]:
    things = (await identity.things()).values()
    return sorted(sorted(m.key.id for m in t.customer.records) for t in things if t.HasField("customer"))


async def listed(identity: Identity, **given: int) -> c.ListModelsResponse:
    return await identity.models.ListModels(c.ListModelsRequest(**given))  # type: ignore[arg-type]  # by name


async def test_an_operator_sends_a_model_looks_how_far_it_is_and_goes_back(identity: Identity) -> None:
    await identity.record("crm", identify("1", "a", 1, **ALIKE), identify("2", "b", 2, **ALIKE))
    await identity.settled()
    apart = await customers(identity)
    assert apart == [["a"], ["b"]]
    (first,) = (await listed(identity)).models
    assert (first.number, first.version, first.actor) == (1, "cautious-1", "")

    sending = c.ActivateModelRequest(model=write_model(EAGER), actor="operator-1", reason="learnt from ours")
    assert (await identity.models.ActivateModel(sending)).number == 2
    await identity.settled()
    assert await customers(identity) == [["a", "b"]]
    found = await listed(identity)
    assert [(one.number, one.version, one.actor, one.reason) for one in found.models] == [
        (2, "eager", "operator-1", "learnt from ours"),
        (1, "cautious-1", "", ""),
    ]
    assert (found.records, found.to_weigh) == (2, 0)
    pair = c.ExplainPairRequest(left=record("crm", 1, "a"), right=record("crm", 1, "b"))
    assert (await identity.customers.ExplainPair(pair)).model_version == "eager"
    # Sent again, nothing happens.
    assert (await identity.models.ActivateModel(sending)).number == 2

    back = c.ActivateModelRequest(number=1, actor="operator-1", reason="too eager")
    assert (await identity.models.ActivateModel(back)).number == 3
    await identity.settled()
    assert await customers(identity) == apart
    assert (await identity.customers.ExplainPair(pair)).model_version == "cautious-1"
    page = await listed(identity, page_size=2)
    rest = await identity.models.ListModels(c.ListModelsRequest(page_token=page.next_page_token))
    assert [one.number for one in [*page.models, *rest.models]] == [3, 2, 1]


async def test_what_one_replica_is_sent_the_other_decides_by(database: str) -> None:
    async with AsyncExitStack() as stack:
        one, other = await start(database, stack), await start(database, stack)
        await one.put(source())
        await one.record("crm", identify("1", "a", 1, **ALIKE), identify("2", "b", 2, **ALIKE))
        await one.settled()
        await one.models.ActivateModel(c.ActivateModelRequest(model=write_model(EAGER), actor="operator"))
        pair = c.ExplainPairRequest(left=record("crm", 1, "a"), right=record("crm", 1, "b"))
        for replica in (one, other):
            assert (await replica.customers.ExplainPair(pair)).model_version == "eager"
        # Settled by the one that does not resolve: its word is weighed by the same model at once.
        word = c.DecideRequest(left=pair.left, right=pair.right, same=False, actor="steward")
        await other.customers.Decide(word)
        withdrawal = c.WithdrawDecisionRequest(left=pair.left, right=pair.right, actor="steward")
        after = await other.customers.WithdrawDecision(withdrawal)
        assert after.left_customer_id == after.right_customer_id
        await other.settled()
        assert await customers(other) == await customers(one) == [["a", "b"]]


async def test_a_model_that_cannot_serve_is_refused_with_what_is_wrong(identity: Identity) -> None:
    whole = write_model(general())
    lame = replace(general(), comparisons={k: v for k, v in general().comparisons.items() if k != "phone"})
    for given, wrong in (
        ({"model": whole[:-40]}, "is no JSON"),
        ({"model": whole.replace('"cut": -4.0', '"cut": -5.0')}, "checksum"),
        ({"model": write_model(lame)}, "comparisons.phone: is missing"),
        ({"model": whole, "number": 1}, "either it or a number"),
        ({}, "either it or a number"),
        ({"number": 9}, "MODEL_NOT_FOUND"),
    ):
        with pytest.raises(RpcError) as refused:
            await identity.models.ActivateModel(c.ActivateModelRequest(actor="operator", **given))
        assert wrong in f"{refused.value.details()} {refused.value.trailing_metadata()}"
    assert len((await listed(identity)).models) == 1


async def test_how_many_are_still_to_be_weighed_is_told(store: Store) -> None:
    await put_in_force(store.database, LAW_MODEL)
    await store.record(evidence_world(1, persons=4))
    await store.resolver().drain()
    before = await ModelList(store.database).list(0, "")
    await send(store, OTHER)
    during = await ModelList(store.database).list(0, "")
    await store.resolver().drain()
    after = await ModelList(store.database).list(0, "")
    assert [(one.records > 1, one.to_weigh) for one in (before, during, after)] == [
        (True, 0),
        (True, before.records),
        (True, 0),
    ]


async def test_what_was_sent_goes_before_the_setting_at_later_starts(database: str, tmp_path: Path) -> None:
    file = tmp_path / "model.json"
    file.write_text(write_model(EAGER), encoding="utf-8")

    async def in_force(sent: Model | None = None, **given: Any) -> list[str]:
        async with AsyncExitStack() as stack:
            identity = await start(database, stack, **given)
            if sent is not None:
                request = c.ActivateModelRequest(model=write_model(sent), actor="operator")
                await identity.models.ActivateModel(request)
            await identity.settled()
            return [one.version for one in (await listed(identity)).models]

    assert await in_force() == ["cautious-1"]
    # Until something is sent, another setting is another model.
    assert await in_force(model_file=file) == ["eager", "cautious-1"]
    assert await in_force() == ["cautious-1", "eager", "cautious-1"]
    assert (await in_force(sent=general()))[0] == general().version
    assert (await in_force(model_file=file))[0] == general().version


async def test_a_model_of_a_newer_version_makes_an_older_replica_wait(store: Store) -> None:
    await put_in_force(store.database, LAW_MODEL)
    newer = write_model(OTHER).replace('"schema": 1', '"schema": 2')
    await store.say(
        "INSERT INTO model_version (digest, version, text, actor, reason, since) VALUES ('d', 'v', $1, 'o', '', 0) RETURNING 1",
        newer,
    )
    await store.record(evidence_world(1, persons=2))
    with pytest.raises(ModelUnreadable):
        await store.resolver().drain()
    assert await store.say("SELECT count(*) FROM feed_parked") == 0
