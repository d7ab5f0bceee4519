"""Events in as CloudEvents 1.0 over HTTP: structured, binary and batched, all at /v1/events."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import msgspec
from fastapi import APIRouter, Request, Response
from pathloom.gateway.v1 import ingest_pb2
from pathloom_kit.errors import InvalidArgument

from pathloom_gateway.application.record_events import RecordEvents, SentBatch
from pathloom_gateway.domain.access import Scope
from pathloom_gateway.domain.sent_event import Sent
from pathloom_gateway.entrypoints import cloud_event
from pathloom_gateway.entrypoints.rest import ingest_answer
from pathloom_gateway.entrypoints.rest.body import check_media, not_json, read_body
from pathloom_gateway.entrypoints.rest.door import Door
from pathloom_gateway.entrypoints.rest.ingest import MAX_BATCH_BYTES
from pathloom_gateway.entrypoints.rest.ingest_paths import EVENTS
from pathloom_gateway.entrypoints.rest.ingest_schema import LANE_HEADER
from pathloom_gateway.entrypoints.rest.json_split import items
from pathloom_gateway.entrypoints.rest.proto_schema import answer

STRUCTURED, BATCHED = "application/cloudevents+json", "application/cloudevents-batch+json"
_PREFIX = "ce-"
_EVENT = {
    "type": "object",
    "required": ["specversion", "id", "source", "type"],
    "properties": {
        "specversion": {"type": "string", "enum": ["1.0"]},
        "id": {"type": "string", "minLength": 1, "maxLength": 256},
        "source": {"type": "string", "minLength": 1},
        "type": {"type": "string", "minLength": 1, "maxLength": 256},
        "subject": {"type": "string", "minLength": 1, "maxLength": 256},
        "time": {"type": "string", "format": "date-time"},
        "userid": {"type": "string", "maxLength": 256},
        "anonymousid": {"type": "string", "maxLength": 256},
        "contactid": {"type": "string", "maxLength": 256},
        "data": {},
    },
}
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            STRUCTURED: {"schema": _EVENT},
            BATCHED: {"schema": {"type": "array", "items": _EVENT, "maxItems": 2000}},
        },
    }
}


@dataclass(frozen=True, slots=True)
class _Face:
    record: RecordEvents
    door: Door

    async def events(self, request: Request) -> Response:
        """CloudEvents 1.0 in: structured, batched, or binary (attributes in `ce-` headers). A batch is answered like
        /v1/batch; a single event that is refused with 400."""
        principal = await self.door.require(request, Scope.INGEST)
        binary = _PREFIX + "specversion" in request.headers
        media = check_media(request, "application/json" if binary else STRUCTURED, STRUCTURED, BATCHED)
        bulk = ingest_answer.bulk(request)
        body = await read_body(request, MAX_BATCH_BYTES)
        if media == BATCHED:
            return ingest_answer.of_batch(await self.record(principal, SentBatch(_batch(body), bulk=bulk)))
        sent = _binary(request, body) if binary and media != STRUCTURED else _structured(_decode(body), body)
        return ingest_answer.of_single(await self.record(principal, SentBatch([sent], bulk=bulk)))


def router(record: RecordEvents, door: Door) -> APIRouter:
    """POST /v1/events."""
    routes = APIRouter(tags=["ingest"])
    routes.add_api_route(
        EVENTS,
        _Face(record, door).events,
        methods=["POST"],
        summary="CloudEvents in",
        responses=answer(ingest_pb2.RecordResponse),
        openapi_extra={**_BODY, **LANE_HEADER},
    )
    return routes


def _batch(body: bytes) -> list[Sent]:
    try:
        raws: Sequence[bytes | msgspec.Raw] = msgspec.json.decode(body, type=list[msgspec.Raw])
    except msgspec.ValidationError:
        raise InvalidArgument("the body is no batch", fields={"body": "is not a list"}) from None
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raws = _taken_apart(body, error)
    sent = []
    for raw in map(bytes, raws):
        try:
            sent.append(_structured(msgspec.json.decode(raw), raw))
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            sent.append(Sent(None, raw, len(raw), why=not_json(error).fields["body"]))
    return sent


def _taken_apart(body: bytes, why: Exception) -> list[bytes]:
    try:
        return items(body)
    except ValueError:
        raise not_json(why) from None


def _structured(found: Any, raw: bytes) -> Sent:
    if not isinstance(found, dict):
        return Sent(None, raw, len(raw), why="is not an object")
    data = found.pop("data", None)
    encoded = found.pop("data_base64", None)
    if encoded is not None:
        try:
            data = msgspec.json.decode(base64.b64decode(encoded, validate=True))
        except (binascii.Error, msgspec.MsgspecError, UnicodeError, ValueError, TypeError, RecursionError):
            known = found.get("id")
            message_id = known if isinstance(known, str) else ""
            return Sent(
                None, raw, len(raw), where="data_base64", why="is not JSON in base 64", message_id=message_id
            )
    return cloud_event.sent_of(found, data, raw)


def _binary(request: Request, body: bytes) -> Sent:
    attributes: dict[str, Any] = {}
    for name, value in request.headers.items():
        if name.startswith(_PREFIX):
            attributes[name.removeprefix(_PREFIX)] = _header(value)
    original = msgspec.json.encode({**attributes, "data": body.decode("utf-8", "replace")})
    return cloud_event.sent_of(attributes, _decode(body) if body else None, original)


def _header(value: str) -> str:
    """Percent-encoded UTF-8, as the HTTP binding has it (section 3.1.3.2)."""
    return unquote(value, errors="replace")


def _decode(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise not_json(error) from None
