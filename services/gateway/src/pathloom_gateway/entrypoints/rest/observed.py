"""Every REST call observed: a span in the caller's trace, and its duration by route and status.

By hand, because FastAPI's own telemetry, like the ready-made instrumentation, writes the whole path into its spans, and
a path may hold the id of a call.
"""

import time

from opentelemetry.trace import SpanKind, Status, StatusCode
from pathloom_kit import telemetry
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pathloom_gateway import telemetry_names as names

_PROBES = "/healthz/"


class Observed:
    """Around the whole application, where somebody wants to know: the caller, whose trace goes on, or we. A call that
    matches no route is told as the route "none": its path could be anything."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._durations = telemetry.durations(names.HTTP_SERVER_DURATION)
        self._exporting = telemetry.exporting()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(_PROBES):
            await self._app(scope, receive, send)
            return
        caller = _traceparent(scope)
        if not (caller or self._exporting):
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        method = scope["method"]
        parent = telemetry.context_from(caller)
        with telemetry.tracer().start_as_current_span(
            method, context=parent, kind=SpanKind.SERVER, record_exception=False
        ) as span:
            try:
                await self._app(scope, receive, noting)
            finally:
                attributes = {
                    names.HTTP_METHOD: method,
                    names.HTTP_ROUTE: _route(scope),
                    names.HTTP_STATUS: status,
                }
                self._durations.record(time.perf_counter() - started, attributes)
                span.update_name(f"{method} {attributes[names.HTTP_ROUTE]}")
                span.set_attributes(attributes)
                if status >= 500:
                    span.set_status(Status(StatusCode.ERROR))


def _traceparent(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"traceparent":
            return str(value, "latin-1")
    return None


def _route(scope: Scope) -> str:
    return getattr(scope.get("route"), "path", None) or "none"
