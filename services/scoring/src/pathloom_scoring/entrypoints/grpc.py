"""pathloom.scoring.v1 over gRPC: translate, delegate, translate back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from pathloom.feed.v1 import feed_pb2
from pathloom.scoring.v1 import scores_pb2 as pb
from pathloom.scoring.v1 import scores_pb2_grpc
from pathloom_kit.feeds.serve import FeedServer

from pathloom_scoring.application.get_measures import GetMeasures, Measured
from pathloom_scoring.application.list_journeys import ListJourneys
from pathloom_scoring.application.ports import ListedJourney
from pathloom_scoring.domain.measures import Parameters
from pathloom_scoring.domain.selection import GroupBy, Having
from pathloom_scoring.entrypoints.selection_proto import selection_from

SERVICE = "pathloom.scoring.v1.ScoringService"
DOMAIN = "scoring.pathloom"


@dataclass(frozen=True, slots=True)
class UseCases:
    """What the face delegates to."""

    get_measures: GetMeasures
    list_journeys: ListJourneys
    scores: FeedServer[pb.FollowScoresResponse]
    describe_feeds: Callable[[], Awaitable[feed_pb2.DescribeFeedsResponse]]


class ScoringServicer(scores_pb2_grpc.ScoringServiceServicer):
    """The contract's calls; the kit's guard has checked the token and the rules of each message."""

    def __init__(self, use_cases: UseCases) -> None:
        self._do = use_cases

    async def FollowScores(
        self, request: feed_pb2.FollowRequest, context: Any
    ) -> AsyncIterator[pb.FollowScoresResponse]:
        """The scores feed."""
        async for page in self._do.scores.stream(request):
            yield page

    async def GetMeasures(self, request: pb.GetMeasuresRequest, context: Any) -> pb.GetMeasuresResponse:
        """Measures with n and interval."""
        default = Parameters()
        parameters = Parameters(
            service_level_s=request.service_level_s or default.service_level_s,
            fcr_days=request.fcr_days or default.fcr_days,
        )
        as_of = await self._do.get_measures.as_of()  # before the sums: never younger than they are
        measured = await self._do.get_measures(
            selection_from(request.filter), tuple(request.measures), GroupBy(request.group_by), parameters
        )
        response = pb.GetMeasuresResponse(measures=[_measure(one) for one in measured])
        if as_of is not None:
            response.as_of.FromDatetime(as_of)
        return response

    async def ListJourneys(self, request: pb.ListJourneysRequest, context: Any) -> pb.ListJourneysResponse:
        """The journeys behind a number."""
        page = await self._do.list_journeys(
            selection_from(request.filter), Having(request.having), request.page_size, request.page_token
        )
        return pb.ListJourneysResponse(
            journeys=[_row(journey) for journey in page.journeys],
            next_page_token=page.next_token,
            total=page.total,
        )

    async def DescribeFeeds(
        self, request: feed_pb2.DescribeFeedsRequest, context: Any
    ) -> feed_pb2.DescribeFeedsResponse:
        """Where the scores feed stands."""
        return await self._do.describe_feeds()


def _measure(measured: Measured) -> pb.Measure:
    estimate = measured.estimate
    return pb.Measure(
        name=measured.name,
        group_by=measured.group_by.value,
        group=measured.group,
        value=estimate.value,
        n=estimate.n,
        low=estimate.low,
        high=estimate.high,
        unit=measured.unit,
        definition=measured.definition,
        coverage=estimate.coverage,
    )


def _row(journey: ListedJourney) -> pb.JourneyRow:
    row = pb.JourneyRow(
        journey_id=journey.journey_id,
        customer_id=journey.customer_id,
        goal_label=journey.goal_label,
        state=journey.state,
        channels=journey.channels,
        touchpoints=journey.touchpoints,
        friction=journey.friction,
        satisfaction=pb.Satisfaction.FromString(journey.satisfaction),
    )
    row.last_at.FromDatetime(journey.last_at)
    if journey.opened_at is not None:
        row.opened_at.FromDatetime(journey.opened_at)
    return row
