"""Identity's adapters on a real database, driven step by step, and what they come to."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pathloom.identity.v1 import customers_pb2 as c
from pathloom_identity.adapters import resolver as resolver_module
from pathloom_identity.adapters.event_log import PostgresEventLog
from pathloom_identity.adapters.keyed import KeyedHashes
from pathloom_identity.adapters.resolution_store import PostgresResolutionStore
from pathloom_identity.adapters.resolver import LogResolver
from pathloom_identity.adapters.source_store import put_source
from pathloom_identity.adapters.tasks import BackgroundTasks
from pathloom_identity.adapters.unit_of_work import PostgresUnitOfWork
from pathloom_identity.application.decide import Decide
from pathloom_identity.application.erase_customer import EraseCustomer
from pathloom_identity.application.pin_value import PinValue
from pathloom_identity.application.ports import AppendRequest
from pathloom_identity.application.resolve_events import ResolveEvents
from pathloom_identity.application.terms import Terms
from pathloom_identity.application.withdraw_pin import WithdrawPin
from pathloom_identity.domain.acceptance import NewEvent, Result
from pathloom_identity.domain.events import Event
from pathloom_identity.domain.records import RecordKey, RecordKind
from pathloom_identity.domain.sources import PLATFORM
from pathloom_identity.domain.statements import Level
from pathloom_identity.schema import MIGRATIONS
from pathloom_identity.wire import key_from_proto
from pathloom_kit.clock import ManualClock
from pathloom_kit.feeds.cursor import Lane
from pathloom_kit.feeds.epoch import ensure_epoch
from pathloom_kit.feeds.wakeup import LocalWakeUp
from pathloom_kit.ids import counting_ids
from pathloom_kit.migrations import migrate_async
from pathloom_kit.postgres import Database, connect

from tests.integration.identity.identity_world import settings_for
from tests.unit.identity.identity_worlds import LAW_TERMS, SOURCES, Resolved

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TABLES = (
    "event", "withdrawal", "quarantine", "record", "identifier", "said", "block", "doubt", "change", "decision", "pin", "pin_change", "task", "tombstone", "certificate",
    "feed_head", "feed_thing", "feed_cursor", "feed_watermark", "feed_parked", "lease", "source",
)  # fmt: skip


@dataclass
class Store:
    """The pieces, on one database."""

    database: Database
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))
    hashes: KeyedHashes = field(default_factory=lambda: KeyedHashes(b"a secret of sixteen or more bytes"))
    ids: Any = field(default_factory=counting_ids)
    terms: Terms = LAW_TERMS

    @property
    def log(self) -> PostgresEventLog:
        return PostgresEventLog(self.database, self.hashes, self.ids, 10**15)

    @property
    def work(self) -> PostgresUnitOfWork:
        return PostgresUnitOfWork(self.database, self.log, self.hashes, lambda: None)

    @property
    def resolve(self) -> ResolveEvents:
        return ResolveEvents(self.terms)

    @property
    def decide(self) -> Decide:
        return Decide(self.work, self.clock, self.terms)

    @property
    def pin(self) -> PinValue:
        return PinValue(self.work, self.clock, self.terms)

    @property
    def withdraw_pin(self) -> WithdrawPin:
        return WithdrawPin(self.work, self.clock, self.terms)

    @property
    def erase(self) -> EraseCustomer:
        return EraseCustomer(self.work, self.resolve, self.clock, self.ids, timedelta(days=30))

    def resolver(self, batch: int = 500) -> LogResolver:
        tasks = BackgroundTasks(self.hashes, self.resolve, self.clock, timedelta(hours=1))
        return LogResolver(
            self.database,
            self.hashes,
            self.resolve,
            tasks,
            LocalWakeUp(),
            lambda: None,
            batch=batch,
            poll_s=0.01,
            gather_s=0.0,
        )

    async def empty(self) -> None:
        """As new."""
        async with self.database.asyncpg() as conn:
            await conn.execute(f"TRUNCATE {', '.join(TABLES)} RESTART IDENTITY CASCADE")
            for one in SOURCES.values():
                if one is not PLATFORM:
                    await put_source(conn, one)

    async def record(self, events: Sequence[Event], lane: Lane = Lane.LIVE) -> list[Result]:
        """Through the log, one request for each source, in the order of the events within a source."""
        found: dict[str, Result] = {}
        by_source: dict[str, list[Event]] = {}
        for event in events:
            by_source.setdefault(event.source_id, []).append(event)
        requests = [AppendRequest(s, lane, [new_event(e) for e in of_one]) for s, of_one in by_source.items()]
        for of_one, answer in zip(by_source.values(), await self.log.append(requests, 10**12), strict=True):
            assert not isinstance(answer, Exception)
            found |= {e.event_id: r for e, r in zip(of_one, answer.results, strict=True)}
        return [found[event.event_id] for event in events]

    async def things(self) -> dict[str, tuple[int, c.CustomerEntry]]:
        """The customers feed as it is now, with versions."""
        async with self.database.asyncpg() as conn:
            rows = await conn.fetch("SELECT key, version, entry FROM feed_thing WHERE feed = 'customers'")
        return {r["key"]: (r["version"], c.CustomerEntry.FromString(r["entry"])) for r in rows}

    def named(self, world: Sequence[Event]) -> list[Event]:
        """The world with the ids that the log gives its events: ties are broken by them."""
        return [replace(e, event_id=self.hashes.event(e.source_id, e.message_id).hex()) for e in world]

    async def say(self, query: str, *args: Any) -> Any:
        async with self.database.asyncpg() as conn:
            return await conn.fetchval(query, *args)

    async def content(self) -> dict[str, str]:
        """Every row of every table, as text: what whoever reads the disk would read."""
        async with self.database.asyncpg() as conn:
            names = [
                r["tablename"]
                for r in await conn.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            ]
            found = {}
            for name in names:
                rows = await conn.fetch(f'SELECT * FROM "{name}"')  # noqa: S608 - names from the catalogue
                found[name] = "\n".join(" ".join(map(readable, row.values())) for row in rows)
        return found


def readable(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def new_event(event: Event) -> NewEvent:
    """As a client would hand it over."""
    return NewEvent(
        event.message_id, event.type, event.name, event.user_id, event.anonymous_id,
        event.contact.id if event.contact else "", event.previous_id, "", event.occurred_at, event.received_at, None,
        json.dumps(event.payload, sort_keys=True).encode(), event.claimed,
    )  # fmt: skip


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Store]:
    settings = settings_for(url)
    password = settings.database_password.get_secret_value()
    await migrate_async(settings.database_url, password, MIGRATIONS)
    database = await connect(settings.database_url, password, application_name="test", raw_pool_size=16)
    async with database.asyncpg() as conn:
        await ensure_epoch(conn)
    store = Store(database)
    await store.empty()
    yield store
    await database.close()


async def assert_equals(store: Store, pure: Resolved) -> None:
    """What the store serves is what the pure function says: groups, golden values, chains, bindings and households
    (those that are: of one that is no more, an entry without customers says so)."""
    groups, golden, roots, bindings, owner = set(), {}, {}, {}, {}
    customers: dict[str, RecordKey] = {}
    things = [entry for _, entry in (await store.things()).values()]
    for entry in things:
        if entry.HasField("customer"):
            members = tuple(key_from_proto(m.key) for m in entry.customer.records)
            groups.add(members)
            customers[entry.customer.customer_id] = members[0]
            golden[members[0]] = {
                (g.name, g.value, g.source_id, key_from_proto(g.record), g.pinned)
                for g in entry.customer.golden
            }
            for member in entry.customer.records:
                owner[member.own_customer_id] = entry.customer.customer_id
        elif entry.HasField("contact"):
            contact = key_from_proto(entry.contact.contact)
            roots[contact] = key_from_proto(entry.contact.root)
            bindings[contact] = entry.contact
    assert groups == pure.groups
    assert golden == {
        leader: {(g.name, g.text, g.source_id, g.record, g.pin is not None) for g in fields}
        for leader, fields in pure.golden.items()
    }
    assert roots == pure.roots
    for contact, shown in bindings.items():
        wanted = pure.bindings[pure.roots[contact]]
        bound = key_from_proto(shown.bound_to) if shown.HasField("bound_to") else None
        assert (Level(shown.level), bound, shown.reason) == (wanted.level, wanted.bound_to, wanted.reason)
        candidates = tuple(str(customers.get(i, i)) for i in shown.candidate_customer_ids)
        assert (contact, candidates) == (contact, wanted.candidates)
    for entry in things:
        if entry.HasField("merged"):
            assert owner[entry.merged.customer_id] == entry.merged.into_customer_id
    homes = [entry.household for entry in things if entry.household.customer_ids]
    assert sorted(
        (h.household_id, h.type, h.hint, sorted(str(customers[i]) for i in h.customer_ids)) for h in homes
    ) == sorted(
        (store.hashes.household(*value), h.type, h.hint, sorted(h.customer_ids))
        for value, h in pure.households.items()
    )


def key(namespace: str, user: str) -> RecordKey:
    return RecordKey(namespace, RecordKind.USER, user)


__all__ = ["PostgresResolutionStore", "Store", "assert_equals", "key", "opened", "resolver_module"]
