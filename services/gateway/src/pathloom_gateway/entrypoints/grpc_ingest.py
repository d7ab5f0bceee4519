"""Events in over gRPC: the same use case as REST."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from pathloom.gateway.v1 import ingest_pb2, ingest_pb2_grpc
from pathloom_kit.errors import InvalidArgument
from pathloom_kit.rpc.server import ServiceEntry
from pathloom_kit.rpc.validate import check

from pathloom_gateway.application.record_events import RecordEvents, SentBatch
from pathloom_gateway.domain.access import Scope
from pathloom_gateway.domain.sent_event import Sent
from pathloom_gateway.entrypoints.grpc_guard import GrpcGuard
from pathloom_gateway.entrypoints.struct_json import object_of

_SERVICE = ingest_pb2.DESCRIPTOR.services_by_name["IngestService"].full_name
CHECKS_ITSELF = (f"/{_SERVICE}/Record",)
"""Judges the texts of its events one by one, since one bad event must not sink the rest."""
MAX_REQUEST_BYTES = 500 * 1024
_TEXTS = (
    ("message_id", "messageId"),
    ("type", "type"),
    ("user_id", "userId"),
    ("anonymous_id", "anonymousId"),
    ("previous_id", "previousId"),
    ("group_id", "groupId"),
)
_OBJECTS = ("properties", "traits", "context")


@dataclass(frozen=True, slots=True)
class IngestServicer(ingest_pb2_grpc.IngestServiceServicer):
    """pathloom.gateway.v1.IngestService."""

    record: RecordEvents
    guard: GrpcGuard

    async def Record(self, request: ingest_pb2.RecordRequest, context: Any) -> ingest_pb2.RecordResponse:
        principal = await self.guard(context, Scope.INGEST)
        check(request)
        size = request.ByteSize()
        if size > MAX_REQUEST_BYTES:
            raise InvalidArgument(
                "the request is too large",
                fields={"events": f"are larger than {MAX_REQUEST_BYTES} bytes in all"},
            )
        sent_at = _time(request.sent_at) if request.HasField("sent_at") else None
        return await self.record(
            principal, SentBatch([_sent(event) for event in request.events], sent_at, None, request.bulk)
        )


def entries(record: RecordEvents, guard: GrpcGuard) -> Sequence[ServiceEntry]:
    """For pathloom_kit.rpc.server.serve."""
    servicer = IngestServicer(record, guard)
    return [(ingest_pb2_grpc.add_IngestServiceServicer_to_server, servicer, _SERVICE)]


def _sent(event: ingest_pb2.Event) -> Sent:
    content: dict[str, Any] = {}
    for field, name in _TEXTS:
        said = getattr(event, field)
        if said:
            content[name] = said
    if event.name:
        content["event" if event.type == "track" else "name"] = event.name
    if event.HasField("timestamp"):
        content["timestamp"] = _time(event.timestamp)
    for field in _OBJECTS:
        if event.HasField(field):  # type: ignore[arg-type]
            content[field] = object_of(getattr(event, field))
    original = json.dumps(content, ensure_ascii=False).encode()
    return Sent(content, original, event.ByteSize())


def _time(timestamp: Timestamp) -> str:
    """RFC 3339; "" (which is no time) for one out of range, so that the event is refused by its field."""
    try:
        return timestamp.ToJsonString()
    except ValueError:
        return ""
