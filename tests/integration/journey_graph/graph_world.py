"""journey-graph on a real Neo4j, fed by hand: what identity would send, in whatever order a test likes."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from neo4j import AsyncDriver
from pathloom.identity.v1 import customers_pb2, events_pb2
from pathloom.journey_graph.v1 import journeys_pb2 as pb
from pathloom_journey_graph.adapters.blueprint_files import load_blueprints
from pathloom_journey_graph.adapters.follower_store import Neo4jFollowerStore
from pathloom_journey_graph.adapters.follows import FollowCustomers, FollowEvents
from pathloom_journey_graph.adapters.graph import Graph
from pathloom_journey_graph.adapters.history import History
from pathloom_journey_graph.adapters.journey_reads import JourneyReads
from pathloom_journey_graph.adapters.journeys_feed import JourneysFeed
from pathloom_journey_graph.adapters.steps import Steps
from pathloom_journey_graph.adapters.sweeps import Sweeps
from pathloom_journey_graph.application.close_due import RecutJourneys
from pathloom_journey_graph.application.cut_history import CutHistory
from pathloom_journey_graph.application.cut_touched import CutTouched
from pathloom_journey_graph.application.move_records import MoveRecords
from pathloom_journey_graph.application.place_events import PlaceEvents
from pathloom_journey_graph.application.recut import Recut
from pathloom_kit.clock import ManualClock
from pathloom_kit.feeds.cursor import Cursor, Lane
from pathloom_kit.feeds.page import Watermark

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
ERASURE_SECRET = "a secret of more than sixteen bytes"
_CLEAN = "MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 5000 ROWS"
KINDS = {"user": 1, "anonymous": 2, "contact": 3}
TYPES = {"track": 1, "identify": 2, "page": 3}


def key(text: str) -> events_pb2.RecordKey:
    """The message for namespace|kind|id."""
    namespace, kind, name = text.split("|", 2)
    return events_pb2.RecordKey(
        namespace=namespace, kind=events_pb2.RecordKind.ValueType(KINDS[kind]), id=name
    )


def event(
    number: int, name: str, record: str, at: datetime, contact: str = "", kind: str = "track", **props: Any
) -> events_pb2.LoggedEvent:
    """An event as the log holds it."""
    found = events_pb2.LoggedEvent(
        event_id=f"ev_{number:06}", source_id="src", message_id=f"m{number}", type=events_pb2.EventType.ValueType(TYPES[kind]),
        name=name, record=key(record), payload=json.dumps({"properties": props}).encode(), default_channel="voice",
    )  # fmt: skip
    if contact:
        found.contact.CopyFrom(key(contact))
    found.occurred_at.FromDatetime(at)
    found.received_at.FromDatetime(at + timedelta(seconds=1))
    return found


def customer(customer_id: str, version: int, *records: str) -> customers_pb2.CustomerEntry:
    """A customer that lives."""
    members = [customers_pb2.MemberRecord(key=key(r)) for r in records]
    return customers_pb2.CustomerEntry(
        version=version, customer=customers_pb2.Customer(customer_id=customer_id, records=members)
    )


def merged(customer_id: str, version: int, into: str) -> customers_pb2.CustomerEntry:
    """A customer that is another one now."""
    return customers_pb2.CustomerEntry(
        version=version, merged=customers_pb2.MergedCustomer(customer_id=customer_id, into_customer_id=into)
    )


def erased(customer_id: str, version: int, at: datetime, *records: str) -> customers_pb2.CustomerEntry:
    """A customer that was erased."""
    entry = customers_pb2.CustomerEntry(version=version)
    entry.erased.customer_id = customer_id
    entry.erased.records.extend(key(r) for r in records)
    entry.erased.erased_at.FromDatetime(at)
    return entry


def binding(
    contact: str, version: int, own: str, bound_to: str = "", root: str = ""
) -> customers_pb2.CustomerEntry:
    """Whose a contact is."""
    said = customers_pb2.ContactBinding(contact=key(contact), root=key(root or contact), own_customer_id=own)
    if bound_to:
        said.bound_to.CopyFrom(key(bound_to))
    return customers_pb2.CustomerEntry(version=version, contact=said)


async def emptied(driver: AsyncDriver) -> None:
    """Nothing is left but the schema."""
    async with driver.session() as session:
        await (await session.run(_CLEAN)).consume()


class Replica:
    """One copy of the service's inside on a graph that others may share."""

    def __init__(self, driver: AsyncDriver, clock: ManualClock | None = None) -> None:
        self.graph = Graph(driver)
        self.clock = clock or ManualClock(NOW)
        self.woken = 0

    async def open(self, blueprints: str = "b1", *, later: bool = False) -> "Replica":
        """Migrates and wires. `later`: history is cut when the test says so, as the service does when it pauses."""
        await self.graph.migrate()
        meta = await self.graph.open(blueprints, ERASURE_SECRET)
        self.recut = Recut(load_blueprints(), self.clock, meta.generation)
        cut, watched = CutTouched(self.recut, later), self.recut.watched
        self.steps = steps = Steps(self.graph, cut)
        events = FollowEvents(self.graph, PlaceEvents(meta.secret, watched), cut)
        customers = FollowCustomers(self.graph, MoveRecords(meta.secret, watched, self.clock), cut)
        self.events: Neo4jFollowerStore[events_pb2.LoggedEvent] = Neo4jFollowerStore(
            self.graph,
            self.clock,
            steps,
            events.effect,
            events.finish,
            events.keys,
            self._wake,
            about=events.about,
        )
        self.customers: Neo4jFollowerStore[customers_pb2.CustomerEntry] = Neo4jFollowerStore(
            self.graph,
            self.clock,
            steps,
            customers.effect,
            customers.finish,
            customers.keys,
            self._wake,
            gated=True,
        )
        self.feed = JourneysFeed(self.graph)
        self.reads = JourneyReads(self.graph, self.recut)
        self.history = History(self.graph, CutHistory(self.recut), self._wake)
        self.sweeps = Sweeps(self.graph, RecutJourneys(self.recut), self._wake)
        return self

    def _wake(self) -> None:
        self.woken += 1

    async def send_events(
        self,
        *entries: events_pb2.LoggedEvent,
        epoch: str = "e1",
        lane: Lane = Lane.LIVE,
        marks: Sequence[Watermark] = (),
    ) -> None:
        """The next page of events."""
        await self._send("events", self.events, entries, epoch, lane, marks)

    async def send_customers(
        self,
        *entries: customers_pb2.CustomerEntry,
        epoch: str = "c1",
        lane: Lane = Lane.LIVE,
        marks: Sequence[Watermark] = (),
    ) -> None:
        """The next page of customers."""
        await self._send("customers", self.customers, entries, epoch, lane, marks)

    async def _send(
        self,
        feed: str,
        store: Any,
        entries: Sequence[Any],
        epoch: str,
        lane: Lane,
        marks: Sequence[Watermark],
    ) -> None:
        expected = (await store.cursors(feed)).get((0, lane)) or Cursor("", 0, lane, 0)
        new = Cursor(epoch, 0, lane, expected.n + len(entries))
        for n, entry in enumerate(entries, start=expected.n + 1):
            entry.n = n
        await store.apply(feed, entries, expected, new, marks)

    async def journeys(self) -> list[pb.Journey]:
        """All that live, as a follower of both lanes has them in the end."""
        known: dict[str, pb.JourneyEntry] = {}
        for lane in (Lane.LIVE, Lane.BULK):
            after = Cursor("", 0, lane, 0)
            while True:
                page = await self.feed.read_page(after, 100)
                for entry in page.entries:
                    if entry.journey_id not in known or known[entry.journey_id].version <= entry.version:
                        known[entry.journey_id] = entry
                after = Cursor.from_proto(page.header.cursor)
                if page.header.caught_up:
                    break
        alive = [e.journey for e in known.values() if e.HasField("journey")]
        return sorted(alive, key=lambda j: (j.customer_id, j.opened_at.ToMicroseconds(), j.journey_id))

    async def rows(self, query: str, **parameters: Any) -> list[dict[str, Any]]:
        """Any Cypher."""
        return await self.graph.read_rows(query, **parameters)


def content(journeys: Sequence[pb.Journey]) -> list[bytes]:
    """Journeys as bytes, what depends on how they came about (versions, generation) aside."""
    found = []
    for journey in journeys:
        kept = pb.Journey()
        kept.CopyFrom(journey)
        kept.customer_version = kept.generation = 0
        found.append(kept.SerializeToString(deterministic=True))
    return found
