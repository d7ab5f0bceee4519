"""The whole service over gRPC, following an identity that says what it is told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import grpc
import pytest
import pytest_asyncio
from neo4j import AsyncDriver
from pathloom.feed.v1 import feed_pb2
from pathloom.identity.v1 import customers_pb2, customers_pb2_grpc, events_pb2, events_pb2_grpc
from pathloom.journey_graph.v1 import journeys_pb2 as pb
from pathloom.journey_graph.v1 import journeys_pb2_grpc
from pathloom_journey_graph.adapters import steps
from pathloom_journey_graph.bootstrap import build
from pathloom_journey_graph.settings import Settings
from pathloom_kit.errors import DomainError
from pathloom_kit.feeds.cursor import Cursor, Lane
from pathloom_kit.rpc.client import channel, domain_error_of
from pathloom_kit.rpc.server import serve
from pathloom_local.engines.neo4j import Neo4jServer

from .graph_world import ERASURE_SECRET, NOW, Replica, binding, content, customer, event
from .test_graph_follows import CALL, T0, U1, call

TOKEN = "t" * 32


def _header(request: feed_pb2.FollowRequest, count: int) -> feed_pb2.PageHeader:
    lane = request.after.lane or feed_pb2.LANE_LIVE
    head = count if lane == 1 else 0
    cursor = feed_pb2.Cursor(epoch="i1", lane=lane, n=head)
    mark = feed_pb2.Watermark(feed="events", cursor=feed_pb2.Cursor(epoch="i1", lane=lane, n=10**6))
    return feed_pb2.PageHeader(cursor=cursor, head=head, caught_up=True, watermarks=[mark])


class Events(events_pb2_grpc.EventLogServiceServicer):
    """The log."""

    def __init__(self, entries: list[events_pb2.LoggedEvent]) -> None:
        self.entries = entries

    async def FollowEvents(
        self, request: feed_pb2.FollowRequest, context: Any
    ) -> AsyncIterator[events_pb2.FollowEventsResponse]:
        after = request.after
        while True:
            page = events_pb2.FollowEventsResponse(header=_header(request, len(self.entries)))
            if page.header.cursor.lane == 1:
                page.entries.extend(e for e in self.entries if e.n > after.n)
            yield page
            after = page.header.cursor
            await asyncio.sleep(0.2)


class Customers(customers_pb2_grpc.CustomerServiceServicer):
    """Who is who."""

    def __init__(self, entries: list[customers_pb2.CustomerEntry]) -> None:
        self.entries = entries

    async def FollowCustomers(
        self, request: feed_pb2.FollowRequest, context: Any
    ) -> AsyncIterator[customers_pb2.FollowCustomersResponse]:
        after = request.after
        while True:
            page = customers_pb2.FollowCustomersResponse(header=_header(request, len(self.entries)))
            if page.header.cursor.lane == 1:
                page.entries.extend(e for e in self.entries if e.n > after.n)
            yield page
            after = page.header.cursor
            await asyncio.sleep(0.2)


@pytest_asyncio.fixture(loop_scope="session")
async def service(
    driver: AsyncDriver, neo4j: Neo4jServer
) -> AsyncIterator[journeys_pb2_grpc.JourneyServiceStub]:
    """A running service on what one caller did."""
    await Replica(driver).graph.migrate()
    events = [
        *call(1, CALL, T0),
        event(50, "Status", U1, T0 + timedelta(hours=1), kind="page", category="aid_appeal", channel="web"),
    ]
    customers = [customer("cus_1", 1, U1), binding(CALL, 1, "cus_c", bound_to=U1)]
    for n, logged in enumerate(events, start=1):
        logged.n = n
    for n, who in enumerate(customers, start=1):
        who.n = n
    async with AsyncExitStack() as stack:
        identity = await serve(
            [
                (events_pb2_grpc.add_EventLogServiceServicer_to_server, Events(events), "pathloom.identity.v1.EventLogService"),  # type: ignore[abstract]
                (customers_pb2_grpc.add_CustomerServiceServicer_to_server, Customers(customers), "pathloom.identity.v1.CustomerService"),  # type: ignore[abstract]
            ],
            address="127.0.0.1:0", rpc_token=TOKEN, domain="identity.pathloom",
        )  # fmt: skip
        stack.push_async_callback(identity.stop, 0.1)
        settings = Settings.load(
            neo4j_uri=neo4j.uri, neo4j_user=neo4j.user, neo4j_password=neo4j.password, rpc_token=TOKEN,
            erasure_secret=ERASURE_SECRET, identity_address=f"127.0.0.1:{identity.port}",
            grpc_address="127.0.0.1:0",
        )  # fmt: skip
        running = await build(settings, stack)
        stack.push_async_callback(running.stop, 0.1)
        client = channel(f"127.0.0.1:{running.port}", token=TOKEN)
        stack.push_async_callback(client.close)
        yield journeys_pb2_grpc.JourneyServiceStub(client)


async def _refused(answer: Any) -> DomainError:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await answer
    return domain_error_of(error.value)


async def test_what_identity_says_comes_out_as_journeys(service: Any) -> None:
    journey = pb.Journey()
    async for page in service.FollowJourneys(feed_pb2.FollowRequest(after=feed_pb2.Cursor())):
        for entry in page.entries:
            journey.CopyFrom(entry.journey)
        marks = {m.feed: m.cursor.n for m in page.header.watermarks if m.cursor.lane == 1}
        if len(journey.touchpoints) == 2 and marks.get("events") == 7:
            break
    assert (journey.customer_id, journey.goal) == ("cus_1", "appeal")
    newest = await service.GetJourney(pb.GetJourneyRequest(journey_id=journey.journey_id, page_size=1))
    assert [t.channel for t in newest.journey.touchpoints] == ["web"]
    older = await service.GetJourney(
        pb.GetJourneyRequest(journey_id=journey.journey_id, page_size=1, page_token=newest.next_page_token)
    )
    assert ([t.channel for t in older.journey.touchpoints], older.next_page_token) == (["voice"], "")
    listed = await service.ListTouchpoints(pb.ListTouchpointsRequest(customer_id="cus_1", page_size=1))
    assert (listed.total, listed.touchpoints[0]) == (2, newest.journey.touchpoints[0])
    variants = await service.ListVariants(pb.ListVariantsRequest())
    assert ([list(v.steps) for v in variants.variants], variants.total) == ([["voice", "web"]], 1)
    steps = await service.ListTransitions(pb.ListTransitionsRequest())
    assert steps.total == 3
    assert {b.key for b in (await service.ListBlueprints(pb.ListBlueprintsRequest())).blueprints} == {
        "college",
        "shop",
    }
    traced = await service.TraceEvent(
        pb.TraceEventRequest(event_id="ev_000001", record_key=CALL, contact_key=CALL)
    )
    assert (traced.state, traced.journey_id) == (pb.TraceEventResponse.STATE_PLACED, journey.journey_id)
    feeds = (await service.DescribeFeeds(feed_pb2.DescribeFeedsRequest())).feeds
    assert [(f.parked, f.waiting) for f in feeds] == [(0, 0), (0, 0)]
    error = await _refused(service.GetJourney(pb.GetJourneyRequest(journey_id="none")))
    assert error.reason == "JOURNEY_NOT_FOUND"
    error = await _refused(
        service.ListTouchpoints(pb.ListTouchpointsRequest(customer_id="c", page_token="odd"))
    )
    assert "page_token" in error.fields
    error = await _refused(service.TraceEvent(pb.TraceEventRequest(event_id="e", record_key="odd")))
    assert "record_key" in error.fields


async def test_a_crash_before_the_commit_leaves_nothing(
    replica: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    await replica.send_customers(customer("cus_1", 1, U1), binding(CALL, 1, "cus_c", bound_to=U1))
    await replica.send_events(*call(1, CALL, T0)[:3])
    before = content(await replica.journeys())
    rest = call(1, CALL, T0)[3:]

    async def crash(*_: Any) -> None:
        raise RuntimeError("the machine is gone")

    with monkeypatch.context() as planted:
        planted.setattr(steps, "move_cursors", crash)
        with pytest.raises(RuntimeError):
            await replica.send_events(*rest)
    assert content(await replica.journeys()) == before
    assert (await replica.events.cursors("events"))[0, Lane.LIVE] == Cursor("e1", 0, Lane.LIVE, 3)
    await replica.send_events(*rest)
    (journey,) = await replica.journeys()
    assert journey.touchpoints[0].events == 6
    assert journey.opened_at.ToDatetime(NOW.tzinfo) == T0
