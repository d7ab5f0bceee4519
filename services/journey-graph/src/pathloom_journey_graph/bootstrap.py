"""The only wiring."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import TypeVar

from pathloom.identity.v1 import customers_pb2, customers_pb2_grpc, events_pb2, events_pb2_grpc
from pathloom.journey_graph.v1 import journeys_pb2_grpc
from pathloom_kit.clock import Clock, SystemClock
from pathloom_kit.feeds.follow import FeedClient, Follower, GrpcFeed
from pathloom_kit.feeds.serve import FeedServer
from pathloom_kit.feeds.wakeup import LocalWakeUp
from pathloom_kit.ids import new_id
from pathloom_kit.readiness import follow_store
from pathloom_kit.rpc.client import channel
from pathloom_kit.rpc.server import RunningServer, serve
from pathloom_kit.service import spawn

from pathloom_journey_graph.adapters.blueprint_files import BlueprintError, load_blueprints
from pathloom_journey_graph.adapters.follower_store import Entry, Neo4jFollowerStore
from pathloom_journey_graph.adapters.follows import FollowCustomers, FollowEvents
from pathloom_journey_graph.adapters.graph import Graph, NotPrepared, transient
from pathloom_journey_graph.adapters.history import History
from pathloom_journey_graph.adapters.journey_reads import JourneyReads
from pathloom_journey_graph.adapters.journeys_feed import JourneysFeed
from pathloom_journey_graph.adapters.journeys_proto import blueprints_to_proto
from pathloom_journey_graph.adapters.lease import GraphLease
from pathloom_journey_graph.adapters.steps import Steps
from pathloom_journey_graph.adapters.sweeps import Sweeps
from pathloom_journey_graph.application.close_due import RecutJourneys
from pathloom_journey_graph.application.cut_history import CutHistory
from pathloom_journey_graph.application.cut_touched import CutTouched
from pathloom_journey_graph.application.list_paths import ListTransitions, ListVariants
from pathloom_journey_graph.application.move_records import MoveRecords
from pathloom_journey_graph.application.place_events import PlaceEvents
from pathloom_journey_graph.application.recut import Recut
from pathloom_journey_graph.application.trace_event import TraceEvent
from pathloom_journey_graph.domain.blueprint import Blueprints
from pathloom_journey_graph.entrypoints.grpc import DOMAIN, SERVICE, JourneyServicer, UseCases
from pathloom_journey_graph.schema import driver_of
from pathloom_journey_graph.settings import Settings

E = TypeVar("E", bound=Entry)


def digest(blueprints: Blueprints) -> str:
    """Changes with whatever a blueprint says."""
    return hashlib.blake2b(
        repr([(b.name, _stable(b)) for b in blueprints.all]).encode(), digest_size=16
    ).hexdigest()


def _stable(value: object) -> object:
    """The value with its sets in order, so that its text is always the same."""
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return [_stable(v) for v in value]
    if isinstance(value, dict):
        return sorted((k, _stable(v)) for k, v in value.items())
    if hasattr(value, "__dataclass_fields__"):
        return [(name, _stable(getattr(value, name))) for name in value.__dataclass_fields__]
    return value


async def build(settings: Settings, stack: AsyncExitStack) -> RunningServer:
    """The service, following and serving."""
    clock = SystemClock()
    try:
        blueprints = load_blueprints(settings.blueprint_files)
    except BlueprintError as error:
        raise SystemExit(f"PATHLOOM_JOURNEY_GRAPH_BLUEPRINTS: {error}") from None
    driver = await stack.enter_async_context(driver_of(settings))
    graph = Graph(driver, settings.neo4j_database)
    try:
        meta = await graph.open(digest(blueprints), settings.erasure_secret.get_secret_value())
    except NotPrepared as error:
        raise SystemExit(str(error)) from None
    wakeup = LocalWakeUp()
    recut = Recut(blueprints, clock, meta.generation)
    again = RecutJourneys(recut)

    upstream = channel(settings.identity_address, token=settings.rpc_token.get_secret_value())
    stack.push_async_callback(upstream.close)
    cut, watched = CutTouched(recut, later=True), blueprints.watched()
    steps = Steps(graph, cut)
    events = FollowEvents(graph, PlaceEvents(meta.secret, watched), cut)
    customers = FollowCustomers(graph, MoveRecords(meta.secret, watched, clock), cut)
    of_events = Neo4jFollowerStore(
        graph, clock, steps, events.effect, events.finish, events.keys, wakeup.signal, about=events.about
    )
    of_customers = Neo4jFollowerStore(
        graph, clock, steps, customers.effect, customers.finish, customers.keys, wakeup.signal, gated=True
    )
    log, people = (
        events_pb2_grpc.EventLogServiceStub(upstream),
        customers_pb2_grpc.CustomerServiceStub(upstream),
    )
    holder = new_id("jg")
    follows = {
        "events": _following(
            "events",
            GrpcFeed(log.FollowEvents),
            of_events,
            events_pb2.LoggedEvent.FromString,
            clock,
            settings,
            steps.next_at,
        ),
        "customers": _following(
            "customers",
            GrpcFeed(people.FollowCustomers),
            of_customers,
            customers_pb2.CustomerEntry.FromString,
            clock,
            settings,
            steps.next_at,
        ),
    }
    for feed_name, follow in follows.items():
        lease = GraphLease(graph, f"follow:{feed_name}", holder)
        spawn(stack, lease.while_held(follow), f"{feed_name} follower")
    sweeps = Sweeps(graph, again, wakeup.signal)
    sweeping = GraphLease(graph, "sweep", holder)
    history = History(graph, CutHistory(recut), wakeup.signal)

    async def sweep() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(sweeps.run(settings.due_every_s))
            group.create_task(history.run())

    spawn(stack, sweeping.while_held(sweep), "sweeps")

    feed = JourneysFeed(graph, wakeup)
    reads = JourneyReads(graph, recut)
    use_cases = UseCases(
        journeys=FeedServer(feed.read_page, renew_epoch=graph.renew_epoch, wakeup=wakeup),
        touchpoints=reads.touchpoints,
        journey=reads.journey,
        touchpoints_of=reads.touchpoints_of,
        list_variants=ListVariants(reads),
        list_transitions=ListTransitions(reads),
        trace_event=TraceEvent(reads),
        blueprints=blueprints_to_proto(blueprints.all),
        describe_feeds=feed.describe,
    )
    server = await serve(
        [(journeys_pb2_grpc.add_JourneyServiceServicer_to_server, JourneyServicer(use_cases), SERVICE)],
        address=settings.grpc_address,
        rpc_token=settings.rpc_token.get_secret_value(),
        domain=DOMAIN,
        transient=transient,
    )
    spawn(stack, follow_store(server, graph.answers), "readiness")
    spawn(stack, graph.stays_ours(), "the graph is ours")
    return server


def _following(
    feed: str,
    client: FeedClient[E],
    store: Neo4jFollowerStore[E],
    parse: Callable[[bytes], E],
    clock: Clock,
    settings: Settings,
    paced: Callable[[], float],
) -> Callable[[], Awaitable[None]]:
    """What the holder of a feed's lease does: tries what is parked again, then follows."""
    follower: Follower[E] = Follower(
        feed,
        client,
        store,
        clock,
        max_entries=settings.max_entries,
        bulk_share=settings.bulk_share,
        paced=paced,
        transient=transient,
    )

    async def follow() -> None:
        while True:
            try:
                await store.replay_parked(feed, parse)
                break
            except Exception as error:
                if not transient(error):
                    raise
                await asyncio.sleep(1)
        await follower.run()

    return follow
