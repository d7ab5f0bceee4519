"""Is it alive, is it ready. Neither tells anything else, so neither needs a key."""

from collections.abc import Awaitable, Callable

import msgspec
from fastapi import APIRouter, Response

Check = Callable[[], Awaitable[bool]]


def router(checks: dict[str, Check]) -> APIRouter:
    """/healthz/live: the process answers. /healthz/ready: every check holds, else 503 that names those that do not.
    identity's absence is no reason to be unready: the view is served without it."""
    routes = APIRouter(tags=["health"])

    async def live() -> Response:
        """The process answers."""
        return Response(b'{"live":true}', media_type="application/json")

    async def ready() -> Response:
        """It can serve."""
        failing = [name for name, check in checks.items() if not await check()]
        body = msgspec.json.encode({"ready": not failing, "failing": failing})
        return Response(body, 503 if failing else 200, media_type="application/json")

    routes.add_api_route("/healthz/live", live, methods=["GET"])
    routes.add_api_route(
        "/healthz/ready", ready, methods=["GET"], responses={503: {"description": "not ready"}}
    )
    return routes
