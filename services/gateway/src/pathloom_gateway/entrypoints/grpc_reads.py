"""The read side over gRPC."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from pathloom.gateway.v1 import view_pb2, view_pb2_grpc
from pathloom.journey_graph.v1 import journeys_pb2
from pathloom.scoring.v1 import scores_pb2
from pathloom_kit.rpc.server import ServiceEntry

from pathloom_gateway.adapters.rendering import look_up_message, view_message
from pathloom_gateway.application.answers import Form
from pathloom_gateway.application.look_up import Caller
from pathloom_gateway.application.reads import ReadUseCases
from pathloom_gateway.domain.access import Scope
from pathloom_gateway.entrypoints.grpc_guard import GrpcGuard
from pathloom_gateway.entrypoints.look_up_requests import caller_of, wanted_of

_SERVICE = view_pb2.DESCRIPTOR.services_by_name["CustomerViewService"].full_name


class CustomerViewServicer(view_pb2_grpc.CustomerViewServiceServicer):
    """CustomerViewService; each call needs the scope read."""

    def __init__(self, use: ReadUseCases, guard: GrpcGuard) -> None:
        self._use = use
        self._guard = guard

    async def LookUp(self, request: view_pb2.LookUpRequest, context: Any) -> view_pb2.LookUpResponse:
        caller = await self._caller(context, request.actor)
        asked = request.consistency
        answer = await self._use.look_up(
            wanted_of(request), caller, Form.MESSAGE, at_least=asked.at_least, wait_ms=asked.wait_ms
        )
        return look_up_message(answer)

    async def GetView(self, request: view_pb2.GetViewRequest, context: Any) -> view_pb2.GetViewResponse:
        caller = await self._caller(context, request.actor)
        asked = request.consistency
        answer = await self._use.get_view(
            request.customer_id, caller, Form.MESSAGE, at_least=asked.at_least, wait_ms=asked.wait_ms
        )
        return view_message(answer)

    async def WatchView(
        self, request: view_pb2.WatchViewRequest, context: Any
    ) -> AsyncIterator[view_pb2.WatchViewResponse]:
        caller = await self._caller(context, request.actor)
        watched = self._use.watch(wanted_of(request), caller, Form.MESSAGE, request.resume_after)
        async for one in watched:
            if one.answer is not None:
                yield view_pb2.WatchViewResponse(
                    event_id=one.event_id, look_up=look_up_message(one.answer), now_known_as=one.now_known_as
                )

    async def Search(self, request: view_pb2.SearchRequest, context: Any) -> view_pb2.SearchResponse:
        caller = await self._caller(context, request.actor)
        found, following = await self._use.search(request.name, request.page_size, request.page_token, caller)
        return view_pb2.SearchResponse(customers=found, next_page_token=following)

    async def ListJourneys(
        self, request: view_pb2.ListJourneysRequest, context: Any
    ) -> view_pb2.ListJourneysResponse:
        caller = await self._caller(context)
        journeys, following, total = await self._use.list_journeys(
            request.customer_id, request.page_size, request.page_token, caller
        )
        return view_pb2.ListJourneysResponse(journeys=journeys, next_page_token=following, total=total)

    async def GetJourney(
        self, request: view_pb2.GetJourneyRequest, context: Any
    ) -> view_pb2.GetJourneyResponse:
        journey, owner = await self._use.get_journey(request.journey_id, await self._caller(context))
        return view_pb2.GetJourneyResponse(journey=journey, customer_id=owner)

    async def ListTouchpoints(
        self, request: view_pb2.ListTouchpointsRequest, context: Any
    ) -> view_pb2.ListTouchpointsResponse:
        caller = await self._caller(context)
        touchpoints, following, total = await self._use.list_touchpoints(
            request.customer_id, request.page_size, request.page_token, caller
        )
        return view_pb2.ListTouchpointsResponse(
            touchpoints=touchpoints, next_page_token=following, total=total
        )

    async def ChooseCaller(
        self, request: view_pb2.ChooseCallerRequest, context: Any
    ) -> view_pb2.ChooseCallerResponse:
        caller = await self._caller(context, request.actor)
        position = await self._use.choose_caller(
            request.contact.contact_id,
            request.contact.namespace,
            request.customer_id,
            request.verified,
            caller,
            request.request_id,
        )
        return view_pb2.ChooseCallerResponse(position=position)

    async def GetMeasures(
        self, request: scores_pb2.GetMeasuresRequest, context: Any
    ) -> scores_pb2.GetMeasuresResponse:
        await self._caller(context)
        return await self._use.scoring.measures(request)

    async def ListMeasuredJourneys(
        self, request: scores_pb2.ListJourneysRequest, context: Any
    ) -> scores_pb2.ListJourneysResponse:
        await self._caller(context)
        return await self._use.scoring.journeys(request)

    async def ListTransitions(
        self, request: journeys_pb2.ListTransitionsRequest, context: Any
    ) -> journeys_pb2.ListTransitionsResponse:
        await self._caller(context)
        return await self._use.paths.transitions(request)

    async def ListVariants(
        self, request: journeys_pb2.ListVariantsRequest, context: Any
    ) -> journeys_pb2.ListVariantsResponse:
        await self._caller(context)
        return await self._use.paths.variants(request)

    async def GetOverview(
        self, request: view_pb2.GetOverviewRequest, context: Any
    ) -> view_pb2.GetOverviewResponse:
        await self._caller(context)
        return await self._use.overview(request)

    async def _caller(self, context: Any, actor: str = "") -> Caller:
        return caller_of(await self._guard(context, Scope.READ), actor)


def entries(use: ReadUseCases, guard: GrpcGuard) -> Sequence[ServiceEntry]:
    """For the server."""
    servicer = CustomerViewServicer(use, guard)
    return [(view_pb2_grpc.add_CustomerViewServiceServicer_to_server, servicer, _SERVICE)]
