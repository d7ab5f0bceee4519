"""The read side over REST. Look-ups go by POST: nothing personal stands in a URL."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.routing import APIRoute
from pathloom.gateway.v1 import view_pb2
from pathloom.journey_graph.v1 import journeys_pb2
from pathloom.scoring.v1 import scores_pb2
from pathloom_kit.errors import InvalidArgument

from pathloom_gateway.adapters.proto_json import to_json
from pathloom_gateway.adapters.rendering import look_up_json, view_json
from pathloom_gateway.application.answers import Form
from pathloom_gateway.application.look_up import Caller, Wanted
from pathloom_gateway.application.reads import ReadUseCases
from pathloom_gateway.domain.access import Scope
from pathloom_gateway.entrypoints.look_up_requests import caller_of
from pathloom_gateway.entrypoints.rest.body import check_media, read_body, read_json
from pathloom_gateway.entrypoints.rest.door import Door
from pathloom_gateway.entrypoints.rest.look_up_body import look_up_body
from pathloom_gateway.entrypoints.rest.proto_json import message_of
from pathloom_gateway.entrypoints.rest.proto_schema import answer, body
from pathloom_gateway.entrypoints.rest.streams import stream

_CustomerId = Annotated[str, Path(min_length=1, max_length=64)]
_JourneyId = Annotated[str, Path(min_length=1, max_length=64)]
_ContactId = Annotated[str, Path(min_length=1, max_length=256)]
_Namespace = Annotated[str, Query(max_length=64)]
_AtLeast = Annotated[str, Query(max_length=256)]
_WaitMs = Annotated[int, Query(ge=0, le=1000)]
_Actor = Annotated[str, Query(max_length=128)]
_Token = Annotated[str, Query(max_length=256)]
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Server-sent events `view`, each a WatchViewResponse.",
        "content": {"text/event-stream": {}},
    }
}


@dataclass(frozen=True, slots=True)
class _Face:
    use: ReadUseCases
    door: Door

    async def look_up(self, request: Request) -> Response:
        """Who is this: by identifier, customer id or contact."""
        principal = await self.door.require(request, Scope.READ)
        check_media(request, "application/json")
        asked = look_up_body(await read_body(request))
        found = await self.use.look_up(
            asked.wanted,
            caller_of(principal, asked.actor),
            Form.JSON,
            at_least=asked.at_least,
            wait_ms=asked.wait_ms,
        )
        return _json(look_up_json(found))

    async def get_view(
        self,
        request: Request,
        customer_id: _CustomerId,
        at_least: _AtLeast = "",
        wait_ms: _WaitMs = 0,
        actor: _Actor = "",
    ) -> Response:
        """The view of one customer, by any id it ever had."""
        caller = await self._caller(request, actor)
        found = await self.use.get_view(customer_id, caller, Form.JSON, at_least=at_least, wait_ms=wait_ms)
        return _json(view_json(found))

    async def get_contact(
        self,
        request: Request,
        contact_id: _ContactId,
        namespace: _Namespace = "",
        at_least: _AtLeast = "",
        wait_ms: _WaitMs = 0,
        actor: _Actor = "",
    ) -> Response:
        """The look-up by the call itself."""
        caller = await self._caller(request, actor)
        wanted = Wanted(contact_id=contact_id, namespace=namespace)
        found = await self.use.look_up(wanted, caller, Form.JSON, at_least=at_least, wait_ms=wait_ms)
        return _json(look_up_json(found))

    async def choose_caller(self, request: Request, contact_id: _ContactId) -> Response:
        """Says whose contact this is, or takes it back (no customer_id)."""
        principal = await self.door.require(request, Scope.READ)
        said = await read_json(request)
        contact = said.get("contact") or {}
        if not isinstance(contact, dict) or contact.get("contact_id", contact_id) != contact_id:
            raise InvalidArgument(fields={"contact.contact_id": "is not the one in the path"})
        asked = message_of(
            {**said, "contact": {**contact, "contact_id": contact_id}}, view_pb2.ChooseCallerRequest
        )
        position = await self.use.choose_caller(
            contact_id,
            asked.contact.namespace,
            asked.customer_id,
            asked.verified,
            caller_of(principal, asked.actor),
            asked.request_id,
        )
        return _json(to_json(view_pb2.ChooseCallerResponse(position=position)))

    async def search(self, request: Request) -> Response:
        """Customers by (part of) a name."""
        principal = await self.door.require(request, Scope.READ)
        asked = message_of(await read_json(request), view_pb2.SearchRequest)
        found, following = await self.use.search(
            asked.name, asked.page_size, asked.page_token, caller_of(principal, asked.actor)
        )
        return _json(to_json(view_pb2.SearchResponse(customers=found, next_page_token=following)))

    async def list_journeys(
        self,
        request: Request,
        customer_id: _CustomerId,
        page_size: Annotated[int, Query(ge=0, le=100)] = 0,
        page_token: _Token = "",
        actor: _Actor = "",
    ) -> Response:
        """A customer's journeys, newest first."""
        caller = await self._caller(request, actor)
        journeys, following, total = await self.use.list_journeys(customer_id, page_size, page_token, caller)
        found = view_pb2.ListJourneysResponse(journeys=journeys, next_page_token=following, total=total)
        return _json(to_json(found))

    async def list_touchpoints(
        self,
        request: Request,
        customer_id: _CustomerId,
        page_size: Annotated[int, Query(ge=0, le=200)] = 0,
        page_token: _Token = "",
        actor: _Actor = "",
    ) -> Response:
        """A customer's touchpoints, newest first."""
        caller = await self._caller(request, actor)
        touchpoints, following, total = await self.use.list_touchpoints(
            customer_id, page_size, page_token, caller
        )
        found = view_pb2.ListTouchpointsResponse(
            touchpoints=touchpoints, next_page_token=following, total=total
        )
        return _json(to_json(found))

    async def get_journey(self, request: Request, journey_id: _JourneyId, actor: _Actor = "") -> Response:
        """One journey with its scores."""
        journey, owner = await self.use.get_journey(journey_id, await self._caller(request, actor))
        return _json(to_json(view_pb2.GetJourneyResponse(journey=journey, customer_id=owner)))

    async def watch_customer(
        self, request: Request, customer_id: _CustomerId, actor: _Actor = ""
    ) -> Response:
        """The view, again with each change. Send Last-Event-ID to go on where you were."""
        caller = await self._caller(request, actor)
        return await stream(self.use.watch, Wanted(customer_id=customer_id), caller, _resume(request))

    async def watch_contact(
        self, request: Request, contact_id: _ContactId, namespace: _Namespace = "", actor: _Actor = ""
    ) -> Response:
        """The look-up by the call, again with each change; follows it to whomever it is bound."""
        caller = await self._caller(request, actor)
        wanted = Wanted(contact_id=contact_id, namespace=namespace)
        return await stream(self.use.watch, wanted, caller, _resume(request))

    async def measures(self, request: Request) -> Response:
        """Measures of the contact centre, each with n and interval."""
        await self.door.require(request, Scope.READ)
        asked = message_of(await read_json(request), scores_pb2.GetMeasuresRequest)
        return _json(to_json(await self.use.scoring.measures(asked)))

    async def measured_journeys(self, request: Request) -> Response:
        """The journeys behind a number."""
        await self.door.require(request, Scope.READ)
        asked = message_of(await read_json(request), scores_pb2.ListJourneysRequest)
        return _json(to_json(await self.use.scoring.journeys(asked)))

    async def transitions(self, request: Request) -> Response:
        """Steps from one touchpoint to the next, "other" accounted for."""
        await self.door.require(request, Scope.READ)
        asked = message_of(await read_json(request), journeys_pb2.ListTransitionsRequest)
        return _json(to_json(await self.use.paths.transitions(asked)))

    async def variants(self, request: Request) -> Response:
        """Distinct paths, "other" accounted for."""
        await self.door.require(request, Scope.READ)
        asked = message_of(await read_json(request), journeys_pb2.ListVariantsRequest)
        return _json(to_json(await self.use.paths.variants(asked)))

    async def overview(
        self,
        request: Request,
        time_zone: Annotated[str, Query(max_length=64)] = "",
        service_level_s: Annotated[float, Query(ge=0, le=86400)] = 0,
        now: Annotated[str, Query(max_length=40)] = "",
    ) -> Response:
        """Now, and today beside the same weekday before. `now` (RFC 3339) replays another moment."""
        await self.door.require(request, Scope.READ)
        said: dict[str, Any] = {"time_zone": time_zone, "service_level_s": service_level_s}
        if now:
            said["now"] = now
        return _json(to_json(await self.use.overview(message_of(said, view_pb2.GetOverviewRequest))))

    async def _caller(self, request: Request, actor: str) -> Caller:
        return caller_of(await self.door.require(request, Scope.READ), actor)


def router(use: ReadUseCases, door: Door) -> APIRouter:
    """Everything under /v1 that is read."""
    face = _Face(use, door)
    routes = APIRouter(tags=["read"])

    def add(
        method: str, path: str, handler: Any, answers: Any, asked: Any = None, route: Any = APIRoute
    ) -> None:
        routes.add_api_route(
            path,
            handler,
            methods=[method],
            responses=answers if isinstance(answers, dict) else answer(answers),
            openapi_extra=body(asked) if asked is not None else None,
            response_class=Response,
            route_class_override=route,
        )

    view = view_pb2
    add("POST", "/v1/lookup", face.look_up, view.LookUpResponse, view.LookUpRequest, _Direct)
    add("POST", "/v1/search", face.search, view.SearchResponse, view.SearchRequest)
    add("GET", "/v1/customers/{customer_id:id}", face.get_view, view.GetViewResponse)
    add("GET", "/v1/customers/{customer_id:id}/journeys", face.list_journeys, view.ListJourneysResponse)
    add(
        "GET",
        "/v1/customers/{customer_id:id}/touchpoints",
        face.list_touchpoints,
        view.ListTouchpointsResponse,
    )
    add("GET", "/v1/customers/{customer_id:id}/stream", face.watch_customer, _STREAM)
    add("GET", "/v1/journeys/{journey_id:id}", face.get_journey, view.GetJourneyResponse)
    add("GET", "/v1/contacts/{contact_id:id}", face.get_contact, view.LookUpResponse)
    add(
        "POST",
        "/v1/contacts/{contact_id:id}/caller",
        face.choose_caller,
        view.ChooseCallerResponse,
        view.ChooseCallerRequest,
    )
    add("GET", "/v1/contacts/{contact_id:id}/stream", face.watch_contact, _STREAM)
    scores, journeys = scores_pb2, journeys_pb2
    add("POST", "/v1/measures", face.measures, scores.GetMeasuresResponse, scores.GetMeasuresRequest)
    add(
        "POST",
        "/v1/measures/journeys",
        face.measured_journeys,
        scores.ListJourneysResponse,
        scores.ListJourneysRequest,
    )
    add(
        "POST",
        "/v1/transitions",
        face.transitions,
        journeys.ListTransitionsResponse,
        journeys.ListTransitionsRequest,
    )
    add("POST", "/v1/variants", face.variants, journeys.ListVariantsResponse, journeys.ListVariantsRequest)
    add("GET", "/v1/overview", face.overview, view.GetOverviewResponse)
    return routes


class _Direct(APIRoute):
    """Its endpoint takes the request as it is: nothing is resolved for it, which costs as much as the look-up's query."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        return self.endpoint


def _json(content: bytes) -> Response:
    return Response(content, media_type="application/json")


def _resume(request: Request) -> str:
    said = request.headers.get("last-event-id", "")
    if len(said) > 128:
        raise InvalidArgument(fields={"Last-Event-ID": "is longer than 128"})
    return said
