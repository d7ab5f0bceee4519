"""Rows of the log, as the resolver and the feed read them."""

from typing import Any

import msgspec
from pathloom.identity.v1 import events_pb2 as e

from pathloom_identity.domain.events import Event, EventType, record_named
from pathloom_identity.domain.records import NOBODYS, RecordKey, RecordKind
from pathloom_identity.wire import timestamp

COLUMNS = (
    "lane, n, event_id, source_id, message_id, type, name, namespace, kind, user_id, anonymous_id, contact_id, "
    "previous_id, occurred_at, received_at, payload, claimed, test, erased, default_channel, traceparent"
)
_decode = msgspec.json.Decoder(dict[str, Any]).decode


def is_object(payload: bytes) -> bool:
    """Whether the resolver can read it."""
    try:
        _decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def record_of(row: Any) -> RecordKey:
    """Whom the event names."""
    if row["kind"] in NOBODYS:
        return RecordKey(row["namespace"], RecordKind(row["kind"]), row["user_id"])
    found = record_named(
        row["namespace"], row["user_id"], row["anonymous_id"], row["contact_id"], claimed=row["claimed"]
    )
    if found is None:
        raise ValueError("an event of the log names nobody")
    return found


def contact_of(row: Any) -> RecordKey | None:
    return RecordKey(row["namespace"], RecordKind.CONTACT, row["contact_id"]) if row["contact_id"] else None


def event_of(row: Any) -> Event:
    """The event for the resolver. ValueError (msgspec.DecodeError) when its payload is no JSON object."""
    return Event(
        event_id=row["event_id"].hex(),
        source_id=row["source_id"],
        message_id=row["message_id"] or "",
        type=EventType(row["type"]),
        name=row["name"],
        record=record_of(row) if not row["erased"] else RecordKey("", RecordKind.ANONYMOUS, ""),
        contact=contact_of(row),
        user_id="" if row["kind"] in NOBODYS else row["user_id"],
        anonymous_id=row["anonymous_id"],
        previous_id=row["previous_id"],
        occurred_at=row["occurred_at"],
        received_at=row["received_at"],
        payload=_decode(row["payload"]) if row["payload"] else {},
        claimed=row["claimed"],
        erased=row["erased"],
    )


def logged(row: Any) -> e.LoggedEvent:
    """The event for the feed."""
    found = e.LoggedEvent(
        n=row["n"],
        event_id="ev_" + row["event_id"].hex(),
        source_id=row["source_id"],
        type=e.EventType.ValueType(row["type"]),
        occurred_at=timestamp(row["occurred_at"]),
        received_at=timestamp(row["received_at"]),
        claimed=row["claimed"],
        test=row["test"],
        default_channel=row["default_channel"],
        traceparent=row["traceparent"],
    )
    if row["erased"]:
        found.erased = True
        return found
    found.message_id, found.name, found.payload = row["message_id"], row["name"], row["payload"]
    named = record_of(row)
    key = found.record
    key.namespace, key.kind, key.id = named.namespace, e.RecordKind.ValueType(int(named.kind)), named.id
    if row["contact_id"]:
        key = found.contact
        key.namespace, key.kind, key.id = row["namespace"], e.RECORD_KIND_CONTACT, row["contact_id"]
    return found
