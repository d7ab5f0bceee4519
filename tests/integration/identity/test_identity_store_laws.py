"""The laws through PostgreSQL: whatever the order, batching, lanes, writers and replicas, the store comes to what the
pure function says."""

import asyncio
import random
from collections.abc import Collection
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pathloom_identity.application.errors import CustomerErased
from pathloom_identity.application.ports import AppendRequest
from pathloom_identity.application.resolution import BIND_AT_ONCE
from pathloom_identity.domain.acceptance import RefusedEvent, Status
from pathloom_identity.domain.clustering import Decision
from pathloom_identity.domain.events import Event, EventType
from pathloom_identity.domain.identifiers import Identifier
from pathloom_identity.domain.records import RecordKey, RecordKind
from pathloom_identity.domain.statements import Level
from pathloom_kit.feeds import pg_cursors
from pathloom_kit.feeds.cursor import Lane
from pathloom_kit.feeds.turns import Turns

from tests.integration.identity.identity_stores import (
    PostgresResolutionStore,
    Store,
    assert_equals,
    key,
    new_event,
    resolver_module,
)
from tests.unit.identity.identity_worlds import SOURCES, decisions, event, events, resolve

CRM = SOURCES["crm"]


def worlds(count: int, seed: int = 7) -> list[list[Event]]:
    """Worlds drawn from the same strategy as the properties of the pure functions, the same in every run."""
    found: list[list[Event]] = []

    @settings(
        max_examples=count, derandomize=True, database=None, deadline=None, phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(events(max_size=30))
    def draw(world: list[Event]) -> None:
        found.append(world)

    draw()
    random.Random(seed).shuffle(found)
    return sorted(found, key=len, reverse=True)[:count]


async def play(store: Store, world: list[Event], seed: int) -> None:
    """Records and resolves in an order, in batches and in lanes of chance."""
    chance = random.Random(seed)
    left = world[:]
    chance.shuffle(left)
    resolver = store.resolver(batch=chance.randint(1, 9))
    turns = Turns(0.2)
    while left:
        size = chance.randint(1, len(left))
        batch, left = left[:size], left[size:]
        await store.record(batch, chance.choice(list(Lane)))
        for _ in range(chance.randint(0, 3)):
            await resolver.turn(turns)
    await resolver.drain()


async def test_any_order_batching_and_lane_equals_the_pure_function(store: Store) -> None:
    for seed, world in enumerate(worlds(25)):
        await store.empty()
        await play(store, world, seed)
        await assert_equals(store, resolve(store.named(world)))


@pytest.mark.soak
@pytest.mark.timeout(3600)
async def test_any_order_for_long(store: Store) -> None:
    for seed, world in enumerate(worlds(400)):
        await store.empty()
        await play(store, world, seed)
        await assert_equals(store, resolve(store.named(world)))


class Forgetful(PostgresResolutionStore):
    """Planted: does not look who else holds a value that has come."""

    async def holders(
        self, values: Collection[Identifier], contact: bool, limit: int
    ) -> dict[Identifier, list[int]]:
        return {}


class Lame(PostgresResolutionStore):
    """Planted: contacts are not bound again when the owners of their number change."""

    async def contacts_holding(self, values: Collection[Identifier], limit: int) -> Any:
        return set(), []


class Forgiving(PostgresResolutionStore):
    """Planted: a withdrawal is forgotten when what it withdraws comes later."""

    async def withdrawals(self, event_ids: Collection[str]) -> set[tuple[str, str]]:
        return set()


@pytest.mark.parametrize("fault", [Forgetful, Lame])
async def test_any_order_catches(store: Store, fault: type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolver_module, "PostgresResolutionStore", fault)
    wrong = 0
    for seed, world in enumerate(worlds(25)):
        await store.empty()
        try:
            await play(store, world, seed)
            await assert_equals(store, resolve(store.named(world)))
        except (AssertionError, KeyError):
            wrong += 1
            break
    assert wrong


async def withdrawn_in_any_order(store: Store) -> None:
    email = {"traits": {"email": "a@mail.example.org"}}
    said = [event(n, CRM, EventType.IDENTIFY, user=f"U{n}", payload=email) for n in (1, 2)]
    taken_back = event(3, CRM, user="U2", payload={"properties": {"retracts": "m2"}})
    for world in ([*said, taken_back], [taken_back, *said]):
        await store.empty()
        for one in world:
            await store.record([one])
            await store.resolver().drain()
        await assert_equals(store, resolve(store.named(world)))


async def test_withdrawals_come_before_or_after(store: Store) -> None:
    await withdrawn_in_any_order(store)


async def test_withdrawals_catches(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolver_module, "PostgresResolutionStore", Forgiving)
    with pytest.raises(AssertionError):
        await withdrawn_in_any_order(store)


async def test_twice_is_once(store: Store) -> None:
    for seed, world in enumerate(worlds(5, seed=3)):
        await store.empty()
        await play(store, world, seed)
        before = await store.things()
        again = await store.record(world)
        assert {r.status for r in again} == {Status.REPEATED}
        # The whole log again, from the first event: nothing gets a new version.
        await store.say("WITH gone AS (DELETE FROM feed_cursor RETURNING 1) SELECT count(*) FROM gone")
        await store.resolver(batch=4).drain()
        assert await store.things() == before


async def test_merge_then_unmerge_equals_resolving_with_the_cannot_link(store: Store) -> None:
    said: list[list[Decision]] = []
    settings(max_examples=40, derandomize=True, database=None, phases=(Phase.generate,))(
        given(decisions)(lambda drawn: said.append(drawn))
    )()
    tried = 0
    for seed, world in enumerate(worlds(10, seed=5)):
        pairs = [d for d in max(said, key=len) if {d.left, d.right} <= resolve(world).states.keys()]
        if not pairs:
            continue
        tried += 1
        await store.empty()
        await play(store, world, seed)
        plain = await store.things()
        for same in (True, False):
            for pair in pairs:
                await store.decide(pair.left, pair.right, same, "steward", "")
            decided = [Decision(p.left, p.right, same) for p in pairs]
            await assert_equals(store, resolve(store.named(world), decided))
        old_ids = [k for k, (_, entry) in plain.items() if entry.HasField("customer")]
        for old in old_ids:
            async with store.work() as unit:
                assert (await unit.leader_of(old)).customer_id in old_ids
    assert tried


async def test_eight_writers_and_two_resolvers_come_to_the_same(store: Store) -> None:
    chance = random.Random(1)
    world = [
        event(
            n, CRM, EventType.IDENTIFY, user=f"U{n % 60}", cookie=chance.choice(["", f"k{n % 45}"]), at=n, received=n,
            payload={"traits": {"email": f"p{chance.randint(0, 40)}@mail.example.org", "first_name": f"N{n}"}},
        )
        for n in range(400)
    ]  # fmt: skip
    resolvers = [store.resolver(batch=3), store.resolver(batch=3)]
    writing = True
    done = asyncio.get_running_loop().create_future()

    async def write(mine: list[Event]) -> None:
        while mine:
            size = chance.randint(1, 6)
            batch, mine = mine[:size], mine[size:]
            again = chance.sample(batch, 1)
            await store.log.append(
                [AppendRequest("crm", Lane.LIVE, [new_event(e) for e in [*batch, *again]])], 10**12
            )

    async def follow(number: int) -> None:
        turns, mine, other = Turns(0.2), resolvers[number], resolvers[1 - number]
        while True:
            # A replica that wins every race would do it all: who is ahead waits, so that both have their part.
            waits = mine.applied > other.applied + 30 and 1 - number not in ended
            if not waits and not await mine.turn(turns) and not writing:
                ended.add(number)
                return
            await asyncio.wait({done}, timeout=0.001)

    ended: set[int] = set()
    following = [asyncio.create_task(follow(number)) for number in range(2)]
    await asyncio.gather(*(write(world[n::8]) for n in range(8)))
    writing = False
    await asyncio.gather(*following)
    numbers = await store.say("SELECT array_agg(n ORDER BY n) FROM event")
    assert numbers == list(range(1, len(world) + 1))
    assert all(r.applied > 0 for r in resolvers)
    assert sum(r.refused for r in resolvers) > 0
    await assert_equals(store, resolve(store.named(world)))


async def test_a_stale_replica_is_refused_and_changes_nothing(store: Store) -> None:
    await store.record([event(1, CRM, user="a")])
    slow, fast = store.resolver(), store.resolver()
    async with store.database.asyncpg() as conn:
        await slow._read_places(conn)
    await fast.drain()
    before = await store.things()
    async with store.database.asyncpg() as conn:
        with pytest.raises(pg_cursors.StaleCursor):
            await slow._apply(conn, Lane.LIVE, 500)
    assert await store.things() == before


async def test_what_can_never_be_applied_is_parked_and_costs_nobody_else(store: Store) -> None:
    await store.record([event(1, CRM, user="a"), event(2, CRM, user="b"), event(3, CRM, user="c")])
    await store.say("UPDATE event SET payload = 'not json' WHERE n = 2 RETURNING n")
    await store.resolver().drain()
    assert await store.say("SELECT array_agg(n) FROM feed_parked") == [2]
    assert {m.key.id for _, e in (await store.things()).values() for m in e.customer.records} == {"a", "c"}


async def test_a_number_of_many_calls_is_bound_again_to_the_last(store: Store) -> None:
    calls = BIND_AT_ONCE + 60
    number = {"properties": {"from_number": "402-555-0101"}}
    world = [event(n, CRM, call=f"c{n}", payload=number, received=n) for n in range(calls)]
    world.append(event(9000, CRM, EventType.IDENTIFY, user="a", payload={"traits": {"phone": "4025550101"}}))
    await store.record(world)
    await store.resolver().drain()
    await assert_equals(store, resolve(store.named(world)))
    more = [event(9001, CRM, EventType.IDENTIFY, user="b", payload={"traits": {"phone": "4025550101"}})]
    await store.record(more)
    resolver = store.resolver()
    assert await resolver.turn(Turns(0.2))
    assert await store.say("SELECT count(*) FROM task") == 1
    await resolver.drain()
    await assert_equals(store, resolve(store.named([*world, *more])))
    levels = {Level(e.contact.level) for _, e in (await store.things()).values() if e.HasField("contact")}
    assert levels == {Level.LISTED}


# --- erasure ---------------------------------------------------------------------------------------------------------

NEEDLES = ("Zebedee", "zeb@", "4025550177", "402-555-0177", "zeb-user", "zeb-cookie", "zeb-call", "zeb-leg")


def zebedee() -> list[Event]:
    """A person with two records, a call of two legs, a stranger who shares the browser, and a bystander."""
    leg = {"properties": {"related_contact_id": "zeb-call", "relation": "transfer_of"}}
    return [
        event(
            1, CRM, EventType.IDENTIFY, user="zeb-user", cookie="zeb-cookie", at=1,
            payload={"traits": {"first_name": "Zebedee", "email": "zeb@mail.example.org", "phone": "402-555-0177"}},
        ),
        event(2, SOURCES["form"], EventType.IDENTIFY, user="x7", payload={"traits": {"email": "zeb@mail.example.org"}}),
        event(3, CRM, cookie="zeb-cookie", at=3),
        event(4, CRM, call="zeb-call", at=4, payload={"properties": {"from_number": "402-555-0177"}}),
        event(5, CRM, call="zeb-leg", at=5, payload=leg),
        event(6, CRM, EventType.IDENTIFY, user="bystander", at=6, payload={"traits": {"first_name": "Ann"}}),
    ]  # fmt: skip


async def erased_world(store: Store) -> str:
    await store.record(zebedee())
    reused = event(1, CRM, user="zeb-user", payload={"traits": {"first_name": "Zebedee the second"}})
    assert (await store.record([reused]))[0].reason == "ID_REUSED"
    await store.resolver().drain()
    customer = store.hashes.own_customer_id(key("crm", "zeb-user"), 0)
    await store.erase(customer, "steward")
    return customer


async def found_needles(store: Store) -> dict[str, list[str]]:
    content = await store.content()
    found = {name: [n for n in NEEDLES if n in text] for name, text in content.items()}
    return {name: needles for name, needles in found.items() if needles}


async def test_an_erased_person_is_found_in_no_table(store: Store) -> None:
    customer = await erased_world(store)
    # The claimed form is a customer of its own: it was not joined, so it is not erased, and holds what it said itself.
    assert set(await found_needles(store)) <= {"event", "record", "feed_thing"}
    form = store.hashes.own_customer_id(key("form", "x7"), 0)
    await store.erase(form, "steward")
    left = await found_needles(store)
    # Followers are told which records to forget, for an hour; nothing else is left.
    assert set(left) <= {"feed_thing"}
    assert not {"Zebedee", "zeb@", "4025550177", "402-555-0177"} & {
        n for found in left.values() for n in found
    }
    store.clock.set(store.clock.now().replace(hour=2))
    await store.resolver().drain()
    assert await found_needles(store) == {}
    entry = (await store.things())[customer][1]
    assert entry.HasField("erased")
    assert not entry.erased.records
    with pytest.raises(CustomerErased):
        await store.erase(customer, "steward")


async def test_erasure_scan_catches(store: Store) -> None:
    """Planted: the quarantine is forgotten."""
    await store.record(zebedee())
    await store.record([event(1, CRM, user="zeb-user", payload={"traits": {"first_name": "Zebedee II"}})])
    await store.say("UPDATE quarantine SET subjects = '{}' RETURNING seq")
    await store.resolver().drain()
    await store.erase(store.hashes.own_customer_id(key("crm", "zeb-user"), 0), "steward")
    assert "quarantine" in await found_needles(store)


async def test_what_in_quarantine_speaks_of_the_erased_alone_goes_with_them(store: Store) -> None:
    await store.record(zebedee())
    await store.resolver().drain()
    refused = [
        RefusedEvent(name, "MISSING", "userId", "", said.encode())
        for name, said in (
            ("by number", '{"properties": {"phone": "(402) 555-0177"}}'),
            ("by address", '{"properties": {"email": "ZEB@mail.example.org"}}'),
            ("no JSON", '{"userId": "zeb-user", "text": "cut off he'),
            ("another", '{"properties": {"email": "ann@mail.example.org"}}'),
        )
    ]
    await store.log.append([AppendRequest("crm", Lane.LIVE, [], refused=refused)], 1)
    names = "SELECT array_agg(message_id ORDER BY message_id) FROM quarantine"
    await store.erase(store.hashes.own_customer_id(key("crm", "zeb-user"), 0), "steward")
    # The form has the address too: it is a customer of its own.
    assert await store.say(names) == ["another", "by address"]
    await store.erase(store.hashes.own_customer_id(key("form", "x7"), 0), "steward")
    assert await store.say(names) == ["another"]


async def test_what_was_erased_stays_erased_and_who_comes_back_is_new(store: Store) -> None:
    customer = await erased_world(store)
    again = await store.record(zebedee())
    assert [r.reason for r in again] == ["ERASED", "", "ERASED", "ERASED", "ERASED", ""]
    # The same history under other message ids is refused too.
    renamed = [
        event(
            n + 100, CRM, e.type, user=e.user_id, cookie=e.anonymous_id, at=e.occurred_at, payload=e.payload
        )
        for n, e in enumerate(zebedee()[:1])
    ]
    assert [r.reason for r in await store.record(renamed)] == ["ERASED"]
    assert await store.say("SELECT count(*) FROM quarantine") == 0
    late = event(
        50, CRM, EventType.IDENTIFY, user="zeb-user", at=10**17, payload={"traits": {"first_name": "New"}}
    )
    late_result = await store.log.append([AppendRequest("crm", Lane.LIVE, [new_event(late)])], 10**17)
    assert not isinstance(late_result[0], Exception)
    assert late_result[0].results[0].status is Status.ACCEPTED
    await store.resolver().drain()
    new = {k: e for k, (_, e) in (await store.things()).items() if e.HasField("customer")}
    came_back = next(k for k, e in new.items() if e.customer.records[0].key.id == "zeb-user")
    assert came_back != customer
    assert [g.value for g in new[came_back].customer.golden] == ["New"]


async def test_erasing_gives_the_others_their_calls(store: Store) -> None:
    """A number of two people lists both; when one is erased, the call is probably the other's."""
    number = {"traits": {"phone": "402-555-0101"}}
    await store.record([
        event(1, CRM, EventType.IDENTIFY, user="a", payload=number),
        event(2, CRM, EventType.IDENTIFY, user="b", payload=number),
        event(3, CRM, call="c1", payload={"properties": {"from_number": "402-555-0101"}}),
    ])  # fmt: skip
    await store.resolver().drain()
    await store.erase(store.hashes.own_customer_id(key("crm", "a"), 0), "steward")
    contact = store.hashes.own_customer_id(RecordKey("crm", RecordKind.CONTACT, "c1"), 0)
    shown = (await store.things())[contact][1].contact
    assert (Level(shown.level), shown.bound_to.id) == (Level.PROBABLE, "b")


def test_worlds_are_not_trivial() -> None:
    found = worlds(25)
    assert sum(any(len(g) > 1 for g in resolve(w).groups) for w in found) > 5
    assert sum(bool(resolve(w).bindings) for w in found) > 5
    assert st is not None
