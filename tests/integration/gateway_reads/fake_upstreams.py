"""The three services as the gateway meets them: real gRPC servers that serve feeds from memory."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from pathloom.feed.v1.feed_pb2 import (
    Cursor,
    DescribeFeedsResponse,
    FeedState,
    FollowRequest,
    Lane,
    PageHeader,
    Watermark,
)
from pathloom.identity.v1 import customers_pb2, customers_pb2_grpc, events_pb2, events_pb2_grpc
from pathloom.journey_graph.v1 import journeys_pb2, journeys_pb2_grpc
from pathloom.scoring.v1 import scores_pb2, scores_pb2_grpc
from pathloom_kit.errors import DomainError, FeedReset, Kind
from pathloom_kit.rpc.server import serve

TOKEN = "between-services"


class NotThere(DomainError):
    kind = Kind.NOT_FOUND
    reason = "CUSTOMER_NOT_FOUND"


@dataclass
class Feed:
    """One feed of one partition; entries are kept as given, by lane."""

    epoch: str = "e1"
    lanes: dict[int, list[Any]] = field(default_factory=lambda: {Lane.LANE_LIVE: [], Lane.LANE_BULK: []})
    marks: list[Watermark] = field(default_factory=list)
    refilling: bool = False
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    def cursor(self, lane: int, n: int) -> Cursor:
        return Cursor(epoch=self.epoch, partition=0, lane=Lane.ValueType(lane), n=n)

    def head(self, lane: int) -> int:
        return self.lanes[lane][-1].n if self.lanes[lane] else 0

    async def add(self, *entries: Any, lane: int = Lane.LANE_LIVE) -> Cursor:
        async with self.changed:
            self.lanes[lane].extend(entries)
            self.changed.notify_all()
        return self.cursor(lane, self.head(lane))

    async def mark(self, **cursors: Cursor) -> None:
        """What the upstream had read of its own upstreams."""
        async with self.changed:
            self.marks = [mark for mark in self.marks if mark.feed not in cursors]
            self.marks += [Watermark(feed=name, cursor=cursor) for name, cursor in cursors.items()]
            self.changed.notify_all()

    async def begin_again(self, epoch: str, *, refilling: bool = False) -> None:
        async with self.changed:
            self.epoch = epoch
            self.refilling = refilling
            self.lanes = {Lane.LANE_LIVE: [], Lane.LANE_BULK: []}
            self.marks = []
            self.changed.notify_all()

    async def is_full(self) -> None:
        async with self.changed:
            self.refilling = False
            self.changed.notify_all()

    async def follow(self, request: FollowRequest, response: Any) -> AsyncIterator[Any]:
        lane = request.after.lane or Lane.LANE_LIVE
        after, epoch, said = request.after.n, self.epoch, None
        if request.after.epoch not in ("", epoch) or after > self.head(lane):
            raise FeedReset(epoch)
        while True:
            if self.epoch != epoch:
                raise FeedReset(self.epoch)
            entries = [entry for entry in self.lanes[lane] if entry.n > after][: request.max_entries or 500]
            after = entries[-1].n if entries else after
            marks = [mark.SerializeToString() for mark in self.marks]
            state = (after, self.head(lane), marks, self.refilling)
            if entries or state != said:
                said = state
                header = PageHeader(
                    cursor=self.cursor(lane, after),
                    head=self.head(lane),
                    caught_up=after == self.head(lane),
                    watermarks=self.marks,
                    refilling=self.refilling,
                )
                yield response(header=header, entries=entries)
                continue
            async with self.changed:
                try:
                    await asyncio.wait_for(self.changed.wait(), 1)
                except TimeoutError:
                    said = None

    def describe(self, name: str) -> list[FeedState]:
        return [
            FeedState(feed=name, head=self.cursor(lane, self.head(lane)), refilling=self.refilling)
            for lane in self.lanes
        ]


@dataclass
class Upstreams:
    """The feeds, and what else the gateway asks."""

    events: Feed = field(default_factory=Feed)
    customers: Feed = field(default_factory=Feed)
    journeys: Feed = field(default_factory=Feed)
    scores: Feed = field(default_factory=Feed)
    bound: list[customers_pb2.BindContactRequest] = field(default_factory=list)
    asked_to_erase: list[str] = field(default_factory=list)
    measured: list[scores_pb2.GetMeasuresRequest] = field(default_factory=list)
    touchpoints: dict[str, Sequence[journeys_pb2.Touchpoint]] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    scoring_stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def settle_marks(self) -> None:
        """Every service has read everything of its upstreams."""
        lanes = (Lane.LANE_LIVE, Lane.LANE_BULK)
        for feed, of in (
            (self.customers, {"events": self.events}),
            (self.journeys, {"events": self.events, "customers": self.customers}),
            (self.scores, {"events": self.events, "customers": self.customers, "journeys": self.journeys}),
        ):
            async with feed.changed:
                feed.marks = [
                    Watermark(feed=name, cursor=one.cursor(lane, one.head(lane)))
                    for name, one in of.items()
                    for lane in lanes
                ]
                feed.changed.notify_all()


class _Log(events_pb2_grpc.EventLogServiceServicer):
    def __init__(self, up: Upstreams) -> None:
        self.up = up

    async def FollowEvents(self, request: FollowRequest, context: Any) -> AsyncIterator[Any]:
        async for page in self.up.events.follow(request, events_pb2.FollowEventsResponse):
            yield page

    async def DescribeFeeds(self, request: Any, context: Any) -> DescribeFeedsResponse:
        return DescribeFeedsResponse(
            feeds=[*self.up.events.describe("events"), *self.up.customers.describe("customers")]
        )


class _Customers(customers_pb2_grpc.CustomerServiceServicer):
    def __init__(self, up: Upstreams) -> None:
        self.up = up

    async def FollowCustomers(self, request: FollowRequest, context: Any) -> AsyncIterator[Any]:
        async for page in self.up.customers.follow(request, customers_pb2.FollowCustomersResponse):
            yield page

    async def EraseCustomer(
        self, request: customers_pb2.EraseCustomerRequest, context: Any
    ) -> customers_pb2.EraseCustomerResponse:
        self.up.asked_to_erase.append(request.customer_id)
        return customers_pb2.EraseCustomerResponse(certificate_id="era_1")

    async def BindContact(
        self, request: customers_pb2.BindContactRequest, context: Any
    ) -> customers_pb2.BindContactResponse:
        if request.customer_id == "cus_nobody":
            raise NotThere()
        self.up.bound.append(request)
        return customers_pb2.BindContactResponse(position=self.up.events.cursor(Lane.LANE_LIVE, 77))


class _Sources(customers_pb2_grpc.SourceServiceServicer):
    async def ListSources(self, request: Any, context: Any) -> customers_pb2.ListSourcesResponse:
        return customers_pb2.ListSourcesResponse(sources=[customers_pb2.Source(source_id="acd", region="US")])


class _Journeys(journeys_pb2_grpc.JourneyServiceServicer):
    def __init__(self, up: Upstreams) -> None:
        self.up = up

    async def FollowJourneys(self, request: FollowRequest, context: Any) -> AsyncIterator[Any]:
        async for page in self.up.journeys.follow(request, journeys_pb2.FollowJourneysResponse):
            yield page

    async def ListTouchpoints(
        self, request: journeys_pb2.ListTouchpointsRequest, context: Any
    ) -> journeys_pb2.ListTouchpointsResponse:
        held = self.up.touchpoints.get(request.customer_id, [])
        begin = int(request.page_token or 0)
        end = begin + (request.page_size or 50)
        return journeys_pb2.ListTouchpointsResponse(
            touchpoints=held[begin:end],
            next_page_token=str(end) if end < len(held) else "",
            total=len(held),
        )

    async def ListVariants(self, request: Any, context: Any) -> journeys_pb2.ListVariantsResponse:
        return journeys_pb2.ListVariantsResponse(
            variants=[journeys_pb2.Variant(steps=["web", "voice"], journeys=3)], other=2, total=5, distinct=3
        )

    async def ListTransitions(self, request: Any, context: Any) -> journeys_pb2.ListTransitionsResponse:
        step = journeys_pb2.Transition(to="voice", count=3)
        setattr(step, "from", "web")
        return journeys_pb2.ListTransitionsResponse(transitions=[step], other=1, total=4)

    async def DescribeFeeds(self, request: Any, context: Any) -> DescribeFeedsResponse:
        return DescribeFeedsResponse(feeds=self.up.journeys.describe("journeys"))


class _Scoring(scores_pb2_grpc.ScoringServiceServicer):
    def __init__(self, up: Upstreams) -> None:
        self.up = up

    async def FollowScores(self, request: FollowRequest, context: Any) -> AsyncIterator[Any]:
        async for page in self.up.scores.follow(request, scores_pb2.FollowScoresResponse):
            yield page

    async def DescribeFeeds(self, request: Any, context: Any) -> DescribeFeedsResponse:
        return DescribeFeedsResponse(feeds=self.up.scores.describe("scores"))

    async def GetMeasures(
        self, request: scores_pb2.GetMeasuresRequest, context: Any
    ) -> scores_pb2.GetMeasuresResponse:
        self.up.measured.append(request)
        return scores_pb2.GetMeasuresResponse(
            measures=[
                scores_pb2.Measure(
                    name=name, group="voice" if request.group_by else "", value=4.0, n=4, unit="count"
                )
                for name in request.measures
            ]
        )

    async def ListJourneys(self, request: Any, context: Any) -> scores_pb2.ListJourneysResponse:
        return scores_pb2.ListJourneysResponse(
            journeys=[scores_pb2.JourneyRow(journey_id="j1", touchpoints=2)], total=1
        )


def _made(servicer: Any, *args: Any) -> Any:
    """A servicer of the calls that the gateway's reads make; the others answer UNIMPLEMENTED."""
    return servicer(*args)


@asynccontextmanager
async def running(up: Upstreams) -> AsyncIterator[Upstreams]:
    """All three listening; `up.addresses` says where. `up.scoring_stack.aclose()` stops scoring."""
    async with AsyncExitStack() as stack:

        async def start(name: str, services: Sequence[Any]) -> None:
            server = await serve(services, address="127.0.0.1:0", rpc_token=TOKEN, domain=f"{name}.pathloom")
            up.addresses[name] = f"127.0.0.1:{server.port}"
            (up.scoring_stack if name == "scoring" else stack).push_async_callback(server.stop, 0)

        await start(
            "identity",
            [
                (
                    events_pb2_grpc.add_EventLogServiceServicer_to_server,
                    _made(_Log, up),
                    "pathloom.identity.v1.EventLogService",
                ),
                (
                    customers_pb2_grpc.add_CustomerServiceServicer_to_server,
                    _made(_Customers, up),
                    "pathloom.identity.v1.CustomerService",
                ),
                (
                    customers_pb2_grpc.add_SourceServiceServicer_to_server,
                    _made(_Sources),
                    "pathloom.identity.v1.SourceService",
                ),
            ],
        )
        await start(
            "journey_graph",
            [
                (
                    journeys_pb2_grpc.add_JourneyServiceServicer_to_server,
                    _made(_Journeys, up),
                    "pathloom.journey_graph.v1.JourneyService",
                )
            ],
        )
        await start(
            "scoring",
            [
                (
                    scores_pb2_grpc.add_ScoringServiceServicer_to_server,
                    _made(_Scoring, up),
                    "pathloom.scoring.v1.ScoringService",
                )
            ],
        )
        stack.push_async_callback(up.scoring_stack.aclose)
        yield up
