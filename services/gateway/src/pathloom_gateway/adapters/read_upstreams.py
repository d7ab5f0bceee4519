"""The other services as the read side asks them."""

import asyncio
import logging

import grpc.aio
from pathloom.identity.v1 import customers_pb2, customers_pb2_grpc
from pathloom.journey_graph.v1 import journeys_pb2, journeys_pb2_grpc
from pathloom.scoring.v1 import scores_pb2, scores_pb2_grpc
from pathloom_kit.errors import DomainError

from pathloom_gateway.adapters.remote import Remote
from pathloom_gateway.adapters.spellings import Spellings

_log = logging.getLogger(__name__)
_REGIONS_EVERY_S = 60.0
_REGIONS_RETRY_S = 5.0


class IdentityBinder:
    """Binder."""

    def __init__(self, channel: grpc.aio.Channel, remote: Remote) -> None:
        self._stub = customers_pb2_grpc.CustomerServiceStub(channel)
        self._remote = remote

    async def bind(self, request: customers_pb2.BindContactRequest) -> customers_pb2.BindContactResponse:
        response: customers_pb2.BindContactResponse = await self._remote(self._stub.BindContact, request)
        return response


class JourneyPaths:
    """Paths."""

    def __init__(self, channel: grpc.aio.Channel, remote: Remote) -> None:
        self._stub = journeys_pb2_grpc.JourneyServiceStub(channel)
        self._remote = remote

    async def touchpoints(
        self, request: journeys_pb2.ListTouchpointsRequest
    ) -> journeys_pb2.ListTouchpointsResponse:
        response: journeys_pb2.ListTouchpointsResponse = await self._remote(
            self._stub.ListTouchpoints, request
        )
        return response

    async def transitions(
        self, request: journeys_pb2.ListTransitionsRequest
    ) -> journeys_pb2.ListTransitionsResponse:
        response: journeys_pb2.ListTransitionsResponse = await self._remote(
            self._stub.ListTransitions, request
        )
        return response

    async def variants(self, request: journeys_pb2.ListVariantsRequest) -> journeys_pb2.ListVariantsResponse:
        response: journeys_pb2.ListVariantsResponse = await self._remote(self._stub.ListVariants, request)
        return response


class RemoteScoring:
    """Scoring."""

    def __init__(self, channel: grpc.aio.Channel, remote: Remote) -> None:
        self._stub = scores_pb2_grpc.ScoringServiceStub(channel)
        self._remote = remote

    async def measures(self, request: scores_pb2.GetMeasuresRequest) -> scores_pb2.GetMeasuresResponse:
        response: scores_pb2.GetMeasuresResponse = await self._remote(self._stub.GetMeasures, request)
        return response

    async def journeys(self, request: scores_pb2.ListJourneysRequest) -> scores_pb2.ListJourneysResponse:
        response: scores_pb2.ListJourneysResponse = await self._remote(self._stub.ListJourneys, request)
        return response


async def follow_regions(channel: grpc.aio.Channel, remote: Remote, spellings: Spellings) -> None:
    """Keeps the countries whose national numbers the sources send, until cancelled."""
    stub = customers_pb2_grpc.SourceServiceStub(channel)
    while True:
        try:
            listed: customers_pb2.ListSourcesResponse = await remote(
                stub.ListSources, customers_pb2.ListSourcesRequest()
            )
        except DomainError as error:
            # Numbers in international form are found all the same.
            _log.info("sources' regions not read", extra={"reason": error.reason})
            await asyncio.sleep(_REGIONS_RETRY_S)
        else:
            spellings.regions = tuple(sorted({one.region for one in listed.sources if one.region}))
            await asyncio.sleep(_REGIONS_EVERY_S)
