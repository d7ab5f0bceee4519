"""pathloom.journey_graph.v1 over gRPC: translate, delegate, translate back."""

import base64
import binascii
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from pathloom.feed.v1 import feed_pb2
from pathloom.journey_graph.v1 import journeys_pb2 as pb
from pathloom.journey_graph.v1 import journeys_pb2_grpc
from pathloom_kit.errors import InvalidArgument
from pathloom_kit.feeds.cursor import Cursor
from pathloom_kit.feeds.serve import FeedServer

from pathloom_journey_graph.application.list_paths import ListTransitions, ListVariants, PathFilter
from pathloom_journey_graph.application.trace_event import JourneyNotFound, TraceEvent

SERVICE = "pathloom.journey_graph.v1.JourneyService"
DOMAIN = "journey-graph.pathloom"
_BY = {0: "channel", 1: "channel", 2: "department", 3: "stage"}
_STATES = {"placed": 1, "unassigned": 2, "no_touchpoint": 3, "parked": 4}

TouchpointsPage = Callable[
    [str, int, tuple[int, str] | None], Awaitable[tuple[list[tuple[int, pb.Touchpoint]], int]]
]


@dataclass(frozen=True, slots=True)
class UseCases:
    """What the face delegates to."""

    journeys: FeedServer[pb.FollowJourneysResponse]
    touchpoints: TouchpointsPage
    journey: Callable[[str], Awaitable[pb.Journey | None]]
    touchpoints_of: Callable[[str], Awaitable[list[pb.Touchpoint]]]
    list_variants: ListVariants
    list_transitions: ListTransitions
    trace_event: TraceEvent
    blueprints: Sequence[pb.Blueprint]
    describe_feeds: Callable[[], Awaitable[feed_pb2.DescribeFeedsResponse]]


class JourneyServicer(journeys_pb2_grpc.JourneyServiceServicer):
    """The contract's calls; the kit's guard has checked the token and the rules of each message."""

    def __init__(self, use_cases: UseCases) -> None:
        self._do = use_cases

    async def FollowJourneys(
        self, request: feed_pb2.FollowRequest, context: Any
    ) -> AsyncIterator[pb.FollowJourneysResponse]:
        """The journeys feed."""
        async for page in self._do.journeys.stream(request):
            yield page

    async def ListTouchpoints(
        self, request: pb.ListTouchpointsRequest, context: Any
    ) -> pb.ListTouchpointsResponse:
        """Newest first."""
        size = request.page_size or 50
        found, total = await self._do.touchpoints(request.customer_id, size, _place(request.page_token))
        token = _token(found[-1][0], found[-1][1].touchpoint_id) if len(found) == size else ""
        return pb.ListTouchpointsResponse(
            touchpoints=[t for _, t in found], next_page_token=token, total=total
        )

    async def GetJourney(self, request: pb.GetJourneyRequest, context: Any) -> pb.GetJourneyResponse:
        """The newest page first; its touchpoints oldest first."""
        journey = await self._do.journey(request.journey_id)
        if journey is None:
            raise JourneyNotFound("no such journey")
        size, place = request.page_size or 200, _place(request.page_token)
        touchpoints = list(journey.touchpoints)
        if journey.omitted.touchpoints:
            touchpoints = await self._do.touchpoints_of(request.journey_id)
        if place is not None:
            touchpoints = [t for t in touchpoints if (_micros(t.start), t.touchpoint_id) < place]
        page = touchpoints[-size:]
        del journey.touchpoints[:]
        journey.touchpoints.extend(page)
        more = len(touchpoints) > size
        token = _token(_micros(page[0].start), page[0].touchpoint_id) if more else ""
        return pb.GetJourneyResponse(journey=journey, next_page_token=token)

    async def ListVariants(self, request: pb.ListVariantsRequest, context: Any) -> pb.ListVariantsResponse:
        """Distinct paths."""
        found = await self._do.list_variants(_filter(request.filter, request.step_by), request.limit or 20)
        return pb.ListVariantsResponse(
            variants=[
                pb.Variant(steps=p.steps, journeys=p.journeys, example_journey_ids=p.examples)
                for p in found.shown
            ],
            other=found.other,
            total=found.total,
            distinct=found.distinct,
            journeys_by_distinct_steps=found.by_distinct_steps,
        )

    async def ListTransitions(
        self, request: pb.ListTransitionsRequest, context: Any
    ) -> pb.ListTransitionsResponse:
        """Steps to the next."""
        found = await self._do.list_transitions(_filter(request.filter, request.step_by), request.limit or 50)
        response = pb.ListTransitionsResponse(other=found.other, total=found.total)
        for before, after, count in found.shown:
            response.transitions.append(pb.Transition(**{"from": before}, to=after, count=count))
        return response

    async def ListBlueprints(
        self, request: pb.ListBlueprintsRequest, context: Any
    ) -> pb.ListBlueprintsResponse:
        """Those in force."""
        return pb.ListBlueprintsResponse(blueprints=self._do.blueprints)

    async def TraceEvent(self, request: pb.TraceEventRequest, context: Any) -> pb.TraceEventResponse:
        """What became of an event."""
        for field in ("record_key", "contact_key"):
            key = getattr(request, field)
            if key and (key.count("|") < 2 or key.split("|")[1] not in ("user", "anonymous", "contact")):
                raise InvalidArgument(fields={field: "is not namespace|kind|id"})
        records = [key for key in (request.contact_key, request.record_key) if key]
        position = Cursor.from_proto(request.position) if request.HasField("position") else None
        found = await self._do.trace_event(request.event_id, records, position)
        return pb.TraceEventResponse(
            state=pb.TraceEventResponse.State.ValueType(_STATES[found.state]),
            touchpoint_id=found.touchpoint_id,
            journey_id=found.journey_id,
            customer_id=found.customer_id,
            reason=found.reason,
        )

    async def DescribeFeeds(
        self, request: feed_pb2.DescribeFeedsRequest, context: Any
    ) -> feed_pb2.DescribeFeedsResponse:
        """Where the journeys feed stands."""
        return await self._do.describe_feeds()


def _micros(at: Timestamp) -> int:
    return at.seconds * 1_000_000 + at.nanos // 1000


def _filter(said: pb.JourneyFilter, by: int) -> PathFilter:
    known = PathFilter(by=_BY[by], goal=said.goal, include_test=said.include_test)
    begin = getattr(said, "from")
    return PathFilter(
        known.by,
        known.goal,
        _micros(begin) if said.HasField("from") else known.opened_from,
        _micros(said.to) if said.HasField("to") else known.opened_before,
        known.include_test,
    )


def _token(start: int, key: str) -> str:
    return base64.urlsafe_b64encode(f"{start}|{key}".encode()).decode().rstrip("=")


def _place(token: str) -> tuple[int, str] | None:
    """The inverse. InvalidArgument for what was not handed out."""
    if not token:
        return None
    try:
        start, key = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode().split("|", 1)
        place = int(start), key
        if not -(2**62) < place[0] < 2**62:
            raise ValueError("beyond time")
    except (binascii.Error, ValueError) as error:
        raise InvalidArgument(fields={"page_token": "is not a token that was handed out"}) from error
    return place
