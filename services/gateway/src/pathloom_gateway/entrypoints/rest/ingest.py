"""Events in by the tracking SDKs' own calls: /v1/batch and one path for each call."""

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response
from pathloom.gateway.v1 import ingest_pb2

from pathloom_gateway.application.record_events import RecordEvents, SentBatch
from pathloom_gateway.domain.access import Principal, Scope
from pathloom_gateway.entrypoints.rest import ingest_answer, sdk_json
from pathloom_gateway.entrypoints.rest.body import check_media, read_body
from pathloom_gateway.entrypoints.rest.door import Door
from pathloom_gateway.entrypoints.rest.ingest_paths import BATCH, CALLS
from pathloom_gateway.entrypoints.rest.ingest_schema import BATCH_BODY, LANE_HEADER, event_body
from pathloom_gateway.entrypoints.rest.proto_schema import answer

MAX_BATCH_BYTES = 500 * 1024
# text/plain is what a page's sendBeacon sends without asking first; Rudder's Node client says form or octets of a
# gzip body. All of it is JSON.
_MEDIA = ("application/json", "text/plain", "application/x-www-form-urlencoded", "application/octet-stream")


@dataclass(frozen=True, slots=True)
class _Face:
    record: RecordEvents
    door: Door

    async def batch(self, request: Request) -> Response:
        """Events in, up to 2,000 of 32 KB each and 500 KB in all (inflated; gzip is read). 200 as soon as the request
        itself is well-formed: bad events are reported by index and kept in quarantine, the others are taken."""
        check_media(request, *_MEDIA)
        principal = await self._header_key(request)
        body = await read_body(request, MAX_BATCH_BYTES)
        batch, write_key = sdk_json.batch_of(body, ingest_answer.bulk(request))
        return ingest_answer.of_batch(await self._record(principal, write_key, batch))

    async def single(self, request: Request) -> Response:
        """One event. 400 that names the field when it is refused; it is kept in quarantine then."""
        call = request.url.path.rpartition("/")[2]
        check_media(request, *_MEDIA)
        principal = await self._header_key(request)
        body = await read_body(request, MAX_BATCH_BYTES)
        batch, write_key = sdk_json.single_of(body, call, ingest_answer.bulk(request))
        return ingest_answer.of_single(await self._record(principal, write_key, batch))

    async def _header_key(self, request: Request) -> Principal | None:
        if "authorization" not in request.headers:
            return None
        return await self.door.require(request, Scope.INGEST)

    async def _record(
        self, principal: Principal | None, write_key: str, batch: SentBatch
    ) -> ingest_pb2.RecordResponse:
        if principal is None:
            principal = await self.door.authenticate.by_key(write_key)
        return await self.record(principal, batch)


def router(record: RecordEvents, door: Door) -> APIRouter:
    """POST /v1/batch (and /v1/import, its other name) and /v1/track, identify, page, screen, group, alias."""
    face = _Face(record, door)
    routes = APIRouter(tags=["ingest"])
    answers: dict[int | str, dict[str, Any]] = answer(ingest_pb2.RecordResponse)
    routes.add_api_route(
        BATCH,
        face.batch,
        methods=["POST"],
        summary="Events in",
        responses=answers,
        openapi_extra={**BATCH_BODY, **LANE_HEADER},
    )
    routes.add_api_route("/v1/import", face.batch, methods=["POST"], include_in_schema=False)
    for call in CALLS:
        routes.add_api_route(
            f"/v1/{call}",
            face.single,
            methods=["POST"],
            name=call,
            summary=f"One {call} event in",
            responses=answers,
            openapi_extra={**event_body(call), **LANE_HEADER},
        )
    return routes
