"""EventLogService: translate, delegate, translate back."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from pathloom.feed.v1 import feed_pb2
from pathloom.identity.v1 import events_pb2 as pb
from pathloom.identity.v1 import events_pb2_grpc
from pathloom_kit.errors import InvalidArgument
from pathloom_kit.feeds.cursor import Cursor, Lane
from pathloom_kit.feeds.serve import FeedServer
from pathloom_kit.telemetry import current_traceparent

from pathloom_identity.application.ports import AppendRequest
from pathloom_identity.application.queries import Events, QuarantineDesk
from pathloom_identity.application.record_events import MAX_EVENTS, RecordEvents
from pathloom_identity.domain.acceptance import ACCEPTED, NewEvent, RefusedEvent, Result
from pathloom_identity.wire import from_timestamp

SERVICE = "pathloom.identity.v1.EventLogService"
#: Judges its events one by one, since one bad event must not sink the rest.
CHECKS_ITSELF = (f"/{SERVICE}/Record",)
_MISSING = -(2**62)  # out of every range: acceptance says so


@dataclass(frozen=True)
class EventLogServicer(events_pb2_grpc.EventLogServiceServicer):
    """The contract's calls; the kit's guard has checked the token and, but for Record, the rules of each message."""

    record: RecordEvents
    feed: FeedServer[pb.FollowEventsResponse]
    tracer: Events
    quarantine: QuarantineDesk

    async def Record(self, request: pb.RecordRequest, context: Any) -> pb.RecordResponse:
        appended = await self.record(_append_request(request))
        return pb.RecordResponse(
            position=appended.position.to_proto(),
            results=[_RESULTS.get(id(r)) or _result(r) for r in appended.results],
        )

    async def FollowEvents(
        self, request: feed_pb2.FollowRequest, context: Any
    ) -> AsyncIterator[pb.FollowEventsResponse]:
        _only_partition_0(request)
        async for page in self.feed.stream(request):
            yield page

    async def TraceEvent(self, request: pb.TraceEventRequest, context: Any) -> pb.TraceEventResponse:
        return await self.tracer.trace(request.message_id, request.source_id)

    async def ListQuarantine(
        self, request: pb.ListQuarantineRequest, context: Any
    ) -> pb.ListQuarantineResponse:
        return await self.quarantine.list(
            request.page_size, request.page_token, request.source_id, request.quarantine_ids
        )

    async def ReplayQuarantine(
        self, request: pb.ReplayQuarantineRequest, context: Any
    ) -> pb.ReplayQuarantineResponse:
        results = await self.quarantine.replay(request.quarantine_ids)
        return pb.ReplayQuarantineResponse(results=[_result(r) for r in results])

    async def DescribeFeeds(
        self, request: feed_pb2.DescribeFeedsRequest, context: Any
    ) -> feed_pb2.DescribeFeedsResponse:
        return await self.tracer.feeds()


def _only_partition_0(request: feed_pb2.FollowRequest) -> None:
    if Cursor.from_proto(request.after).partition:
        raise InvalidArgument(fields={"after.partition": "there is only partition 0"})


def _append_request(request: pb.RecordRequest) -> AppendRequest:
    fields = {}
    if not 1 <= len(request.source_id) <= 64 or "\x00" in request.source_id:
        fields["source_id"] = "must have 1 to 64 characters"
    if request.lane not in (0, Lane.LIVE, Lane.BULK):
        fields["lane"] = "is not a known lane"
    for name in ("events", "refused"):
        if len(getattr(request, name)) > MAX_EVENTS:
            fields[name] = f"holds more than {MAX_EVENTS}"
    if not request.events and not request.refused:
        fields["events"] = "is empty"
    if fields:
        raise InvalidArgument("; ".join(f"{k}: {v}" for k, v in fields.items()), fields=fields)
    return AppendRequest(
        request.source_id,
        Lane(request.lane or Lane.LIVE),
        [_event(e) for e in request.events],
        [
            RefusedEvent(r.message_id, r.reason, r.field, r.detail, r.original, r.claimed)
            for r in request.refused
        ],
        current_traceparent(),
    )


def _event(e: pb.Event) -> NewEvent:
    return NewEvent(
        e.message_id,
        e.type,
        e.name,
        e.user_id.strip(),
        e.anonymous_id.strip(),
        e.contact_id.strip(),
        e.previous_id.strip(),
        e.group_id.strip(),
        from_timestamp(e.occurred_at) if e.HasField("occurred_at") else _MISSING,
        from_timestamp(e.received_at) if e.HasField("received_at") else _MISSING,
        from_timestamp(e.client_time) if e.HasField("client_time") else None,
        e.payload,
        e.claimed,
        subject_kind=e.subject_kind,
        subject_id=e.subject_id.strip(),
    )


def _result(r: Result) -> pb.RecordResult:
    return pb.RecordResult(
        status=pb.RecordStatus.ValueType(int(r.status)), reason=r.reason, field=r.field, detail=r.detail
    )


_RESULTS = {id(ACCEPTED): _result(ACCEPTED)}
