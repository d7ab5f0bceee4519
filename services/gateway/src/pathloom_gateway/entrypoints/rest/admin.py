"""Operating the platform over REST: AdminService's messages under paths."""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter, Request, Response

from pathloom_gateway.application.administer import Administer
from pathloom_gateway.domain.access import Principal
from pathloom_gateway.entrypoints.admin_calls import AdminCalls, opened_by
from pathloom_gateway.entrypoints.rest import proto_schema
from pathloom_gateway.entrypoints.rest.admin_routes import ROUTES, Route
from pathloom_gateway.entrypoints.rest.body import read_json
from pathloom_gateway.entrypoints.rest.door import Door
from pathloom_gateway.entrypoints.rest.proto_json import message_of, response_of


def router(administer: Administer, door: Door) -> APIRouter:
    """Every call of AdminService, tagged with the least scope that it needs."""
    routes = APIRouter()
    calls = AdminCalls(administer)
    for route in ROUTES:
        routes.add_api_route(
            route.path,
            _handler(route, calls, door),
            methods=[route.method],
            name=route.call.__name__,
            summary=route.summary,
            tags=[opened_by(route.call)[0]],
            responses=proto_schema.answer(route.answers),
            openapi_extra=_described(route),
        )
    return routes


def _handler(route: Route, calls: AdminCalls, door: Door) -> Callable[[Request], Awaitable[Response]]:
    async def handle(request: Request) -> Response:
        principal = await door.require(request, *opened_by(route.call))
        message = message_of(await _said(route, request, principal), route.asks)
        return response_of(await route.call(calls, principal, message))

    return handle


async def _said(route: Route, request: Request, principal: Principal) -> dict[str, Any]:
    """The request as its message's JSON, from path, query and body."""
    said: dict[str, Any] = {}
    if route.method in ("POST", "PUT"):
        body = await read_json(request, route.limit)
        said = {route.wrap: body} if route.wrap else body
    elif route.query:
        said = {name: request.query_params[name] for name in route.query if name in request.query_params}
    if route.fixed is not None:
        parameter, target = route.fixed
        *outer, member = target.split(".")
        within = said
        for name in outer:
            within = within.setdefault(name, {})
        within[member] = request.path_params[parameter]
    if "actor" in route.asks.DESCRIPTOR.fields_by_name and not said.get("actor"):
        # A contract between services demands an actor; here the caller is one.
        said["actor"] = principal.actor("")
    return said


def _described(route: Route) -> dict[str, Any]:
    described: dict[str, Any] = {}
    parameters: list[dict[str, Any]] = []
    if route.method in ("POST", "PUT"):
        described.update(proto_schema.body(route.wrapped or route.asks))
    if route.fixed is not None:
        schema = {"type": "string", "minLength": 1, "maxLength": 64}
        parameters.append({"name": route.fixed[0], "in": "path", "required": True, "schema": schema})
    for name, found in (route.query or {}).items():
        parameters.append(
            {"name": name, "in": "query", "required": name in route.needed, "schema": dict(found)}
        )
    if parameters:
        described["parameters"] = parameters
    return described
