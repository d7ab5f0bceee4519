"""Taking events in: judged one by one, recorded together, answered once they are durable."""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from pathloom.feed.v1 import feed_pb2
from pathloom.gateway.v1 import ingest_pb2
from pathloom.identity.v1 import events_pb2
from pathloom_kit import telemetry
from pathloom_kit.clock import Clock
from pathloom_kit.errors import InvalidArgument
from pathloom_kit.feeds.cursor import Cursor, position_to_text

from pathloom_gateway import telemetry_names as names
from pathloom_gateway.application.ports import EventLog
from pathloom_gateway.domain.access import Principal, Scope
from pathloom_gateway.domain.cards import mask_cards
from pathloom_gateway.domain.clean import Unclean, clean
from pathloom_gateway.domain.quarantined import quarantined, without_content
from pathloom_gateway.domain.sent_event import (
    MAX_EVENT_BYTES,
    TOO_LARGE,
    Judge,
    Refused,
    Sent,
    Taken,
    normalised,
    time_of,
)
from pathloom_gateway.domain.subject import EMPLOYEE, INCIDENT, SOURCE, Subject

MAX_EVENTS = 2_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_ORIGINAL = 64 * 1024
# identity's names of an event's fields, as clients know them.
_SAID = {
    "message_id": "messageId",
    "user_id": "userId",
    "anonymous_id": "anonymousId",
    "contact_id": "properties.contact_id",
    "previous_id": "previousId",
    "group_id": "groupId",
    "occurred_at": "timestamp",
    "client_time": "timestamp",
    "subject_id": "userId",
}
_TYPES = {
    "track": events_pb2.EVENT_TYPE_TRACK,
    "identify": events_pb2.EVENT_TYPE_IDENTIFY,
    "page": events_pb2.EVENT_TYPE_PAGE,
    "screen": events_pb2.EVENT_TYPE_SCREEN,
    "group": events_pb2.EVENT_TYPE_GROUP,
    "alias": events_pb2.EVENT_TYPE_ALIAS,
}
_SUBJECTS = {
    EMPLOYEE: events_pb2.RECORD_KIND_EMPLOYEE,
    INCIDENT: events_pb2.RECORD_KIND_INCIDENT,
    SOURCE: events_pb2.RECORD_KIND_SOURCE,
}


@dataclass(frozen=True, slots=True)
class SentBatch:
    """Events as they came. `sent_at` and `context` are the batch's, as decoded; None where it has none."""

    events: Sequence[Sent]
    sent_at: Any = None
    context: Any = None
    bulk: bool = False


@dataclass(frozen=True, slots=True)
class RecordEvents:
    """The one use case behind every way in. `encode` makes JSON with sorted keys."""

    event_log: EventLog
    clock: Clock
    judge: Judge
    encode: Callable[[Any], bytes]
    _events: Any = field(
        default_factory=lambda: telemetry.meter().create_counter(names.INGEST_EVENTS), repr=False
    )
    _duration: Any = field(default_factory=lambda: telemetry.durations(names.INGEST_DURATION), repr=False)

    async def __call__(self, principal: Principal, batch: SentBatch) -> ingest_pb2.RecordResponse:
        """Bad events are reported by index and kept in quarantine; the others are taken. Answers only after the
        commit. ScopeMissing; InvalidArgument for a batch that is wrong as a whole; Unavailable when nothing could be
        committed (the same again has one effect)."""
        principal.require(Scope.INGEST)
        started = time.perf_counter()
        received_at = self.clock.now()
        received = _timestamp(received_at)
        skew, context = self._of_batch(batch, received_at)
        request = events_pb2.RecordRequest(
            source_id=principal.source_id, lane=feed_pb2.LANE_BULK if batch.bulk else feed_pb2.LANE_LIVE
        )
        answer = ingest_pb2.RecordResponse()
        indexes = []
        for index, sent in enumerate(batch.events):
            try:
                taken = self.judge.judge(sent, received_at, skew, context)
                self._add(request, taken, received, principal.public)
                indexes.append(index)
            except Refused as refused:
                self._refuse(request, answer, index, refused)
                kept = self._kept(sent, skew, context)
                request.refused[-1].original, request.refused[-1].claimed = kept, principal.public
        if batch.events:
            self._report(answer, indexes, request, await self.event_log.record(request))
        self._measure(answer, batch.bulk, time.perf_counter() - started)
        return answer

    def _of_batch(
        self, batch: SentBatch, received_at: datetime
    ) -> tuple[timedelta | None, Mapping[str, Any] | None]:
        if len(batch.events) > MAX_EVENTS:
            raise InvalidArgument(
                "the batch is too long", fields={"batch": f"has more than {MAX_EVENTS} events"}
            )
        skew = None
        if batch.sent_at is not None:
            sent_at = time_of(batch.sent_at)
            if sent_at is None:
                raise InvalidArgument("sentAt is wrong", fields={"sentAt": "is not a time (RFC 3339)"})
            skew = received_at - sent_at
        if batch.context is not None and not isinstance(batch.context, dict):
            raise InvalidArgument("context is wrong", fields={"context": "is not an object"})
        try:
            return skew, clean(batch.context, "context") if batch.context else None
        except Unclean as error:
            raise InvalidArgument("context is wrong", fields={error.field: error.what}) from None

    def _add(
        self, request: events_pb2.RecordRequest, taken: Taken, received: Timestamp, claimed: bool
    ) -> None:
        payload = self.encode(taken.content) if taken.content else b""
        if len(payload) > MAX_EVENT_BYTES:
            raise Refused(taken.message_id, TOO_LARGE, "", f"is larger than {MAX_EVENT_BYTES} bytes")
        request.events.add(
            message_id=taken.message_id,
            type=_TYPES[taken.call],
            name=taken.name,
            user_id=taken.user_id,
            anonymous_id=taken.anonymous_id,
            contact_id=taken.contact_id,
            previous_id=taken.previous_id,
            group_id=taken.group_id,
            occurred_at=_timestamp(taken.occurred_at),
            received_at=received,
            client_time=None if taken.client_time is None else _timestamp(taken.client_time),
            payload=payload,
            claimed=claimed,
        )
        if taken.subject is not None and taken.subject.kind in _SUBJECTS:
            event = request.events[-1]
            event.subject_kind, event.subject_id = _SUBJECTS[taken.subject.kind], taken.subject.id

    def _refuse(
        self,
        request: events_pb2.RecordRequest,
        answer: ingest_pb2.RecordResponse,
        index: int,
        refused: Refused,
    ) -> None:
        message_id = mask_cards(refused.message_id)
        if "\0" in message_id or not _encodes(message_id):
            message_id = ""
        said = {
            "message_id": message_id,
            "reason": refused.reason,
            "field": _presentable(refused.field),
            "detail": refused.detail,
        }
        answer.errors.add(index=index, **said)
        request.refused.add(**said)

    def _kept(self, sent: Sent, skew: timedelta | None, context: Mapping[str, Any] | None) -> bytes:
        """What quarantine keeps: the event as it would have been judged, with card numbers masked, as JSON where it
        is any. A replay reads it again."""
        if isinstance(sent.content, dict):
            try:
                event = clean(normalised(sent.content, context), "", self.judge.plan.references)
                kept = quarantined(event, skew, self._subject(event))
                whole = self.encode(kept)
                # Never half of it: erasing a person must find what is about them. Too large it stays, so its
                # content is of no use.
                return whole if len(whole) <= _MAX_ORIGINAL else self.encode(without_content(kept))
            except (Unclean, ValueError, RecursionError):
                pass  # not clean: kept as text
        text = sent.original[: 2 * _MAX_ORIGINAL].decode("utf-8", "replace").replace("\0", "\ufffd")
        return mask_cards(text).encode()[:_MAX_ORIGINAL]

    def _subject(self, event: Mapping[str, Any]) -> Subject | None:
        try:
            return self.judge.subject_of(event)
        except Refused:
            return None  # that is why it is refused, and so it will be again

    def _report(
        self,
        answer: ingest_pb2.RecordResponse,
        indexes: Sequence[int],
        request: events_pb2.RecordRequest,
        recorded: events_pb2.RecordResponse,
    ) -> None:
        for index, event, result in zip(indexes, request.events, recorded.results, strict=True):
            if result.status == events_pb2.RECORD_STATUS_QUARANTINED:
                answer.errors.add(
                    index=index,
                    message_id=event.message_id,
                    reason=result.reason,
                    field=_SAID.get(result.field, result.field),
                    detail=result.detail,
                )
            else:
                answer.accepted += 1
        answer.errors.sort(key=lambda error: error.index)
        if answer.accepted:
            answer.position = position_to_text(Cursor.from_proto(recorded.position))

    def _measure(self, answer: ingest_pb2.RecordResponse, bulk: bool, seconds: float) -> None:
        lane = "bulk" if bulk else "live"
        counts = Counter(error.reason for error in answer.errors)
        counts["accepted"] = answer.accepted
        for outcome, count in counts.items():
            self._events.add(count, {names.OUTCOME: outcome, names.LANE: lane})
        self._duration.record(seconds, {names.LANE: lane})


def _timestamp(moment: datetime) -> Timestamp:
    """Three times as fast as FromDatetime, and there are three for each event."""
    since = moment - _EPOCH
    return Timestamp(seconds=since.days * 86_400 + since.seconds, nanos=since.microseconds * 1_000)


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _presentable(field_path: str) -> str:
    """A path may name a member that the client made up: bounded, and in characters that a log can show."""
    return mask_cards(field_path.encode("ascii", "backslashreplace").decode()[:256].replace("\0", "\\x00"))
