"""The services that the gateway follows, asked where they stand, and journey-graph, asked about one event."""

import asyncio
from collections.abc import Sequence
from typing import Any

import grpc.aio
from pathloom.feed.v1 import feed_pb2
from pathloom.gateway.v1 import admin_pb2
from pathloom.identity.v1 import events_pb2_grpc
from pathloom.journey_graph.v1 import journeys_pb2, journeys_pb2_grpc
from pathloom.scoring.v1 import scores_pb2_grpc
from pathloom_kit.errors import DomainError

from pathloom_gateway.adapters.remote import Remote


class GrpcUpstreams:
    """Upstreams and JourneyTrace."""

    def __init__(
        self,
        identity: grpc.aio.Channel,
        journey_graph: grpc.aio.Channel,
        scoring: grpc.aio.Channel,
        remote: Remote,
    ) -> None:
        self._remote = remote
        self._journeys = journeys_pb2_grpc.JourneyServiceStub(journey_graph)
        self._describe = {
            "identity": events_pb2_grpc.EventLogServiceStub(identity).DescribeFeeds,
            "journey-graph": self._journeys.DescribeFeeds,
            "scoring": scores_pb2_grpc.ScoringServiceStub(scoring).DescribeFeeds,
        }

    async def describe(self) -> Sequence[admin_pb2.ServiceStatus]:
        return await asyncio.gather(*(self._status(name, method) for name, method in self._describe.items()))

    async def trace(self, request: journeys_pb2.TraceEventRequest) -> journeys_pb2.TraceEventResponse:
        answer: journeys_pb2.TraceEventResponse = await self._remote(self._journeys.TraceEvent, request)
        return answer

    async def _status(self, name: str, method: Any) -> admin_pb2.ServiceStatus:
        try:
            answer = await self._remote(method, feed_pb2.DescribeFeedsRequest())
        except DomainError:
            return admin_pb2.ServiceStatus(name=name, reachable=False)
        return admin_pb2.ServiceStatus(name=name, reachable=True, feeds=answer.feeds)
