"""The REST face, put together from its routers."""

from collections.abc import Sequence

from fastapi import APIRouter, FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pathloom_gateway import __version__
from pathloom_gateway.entrypoints.rest import openapi, problems
from pathloom_gateway.entrypoints.rest.ingest_paths import INGEST_PATHS
from pathloom_gateway.entrypoints.rest.observed import Observed
from pathloom_gateway.entrypoints.rest.path_ids import PathIds

_SECURITY_HEADERS = ((b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer"))


def build_app(routers: Sequence[APIRouter], cors_origins: Sequence[str]) -> ASGIApp:
    """The whole HTTP application. Only the ingest paths answer to other origins, and never with credentials."""
    app = FastAPI(
        title="Pathloom",
        version=__version__,
        description=openapi.DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        redirect_slashes=False,
        # See observed.py: FastAPI's own would write whole paths.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    problems.install(app)
    app.add_middleware(PathIds)
    for router in routers:
        # Not include_router: it looks for the route of each call twice more.
        app.router.routes.extend(router.routes)
    openapi.install(app)
    return Observed(SecurityHeaders(IngestCors(app, cors_origins) if cors_origins else app))


class IngestCors:
    """CORS for the paths that a public key may post to, and for no other."""

    def __init__(self, app: ASGIApp, origins: Sequence[str]) -> None:
        self._app = app
        self._cors = CORSMiddleware(
            app,
            allow_origins=list(origins),
            allow_methods=["POST"],
            allow_headers=["authorization", "content-type", "content-encoding", "pathloom-lane"],
            allow_credentials=False,
            max_age=3600,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        ingest = scope["type"] == "http" and scope["path"] in INGEST_PATHS
        await (self._cors if ingest else self._app)(scope, receive, send)


class SecurityHeaders:
    """Adds what every answer carries, unless the answer says otherwise; answers to reads are not to be cached."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message["headers"]
                names = {name for name, _ in headers}
                headers = [*headers, *(pair for pair in _SECURITY_HEADERS if pair[0] not in names)]
                if b"cache-control" not in names:
                    headers.append((b"cache-control", b"no-store"))
                message["headers"] = headers
            await send(message)

        await self._app(scope, receive, with_headers)
