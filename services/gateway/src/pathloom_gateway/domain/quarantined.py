"""An event as the quarantine keeps it, so that it can be judged again: the time at which it happened stays corrected."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pathloom_gateway.domain.sent_event import time_of
from pathloom_gateway.domain.subject import Subject

# Members that mean something in the quarantine and must not come from a client.
_OURS = frozenset({"occurredAt", "receivedAt", "clientTime", "contactId", "writeKey", "sentAt", "subject"})
_WHOM = frozenset(
    {f"{who}{spelled}" for who in ("user", "anonymous", "contact", "previous") for spelled in ("Id", "_id")}
)
_ENVELOPE = _WHOM | {
    "type", "event", "name", "messageId", "message_id", "groupId", "group_id", "timestamp", "originalTimestamp",
    "occurredAt", "subject",
}  # fmt: skip
_LONGEST_ID = 1024
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)


def quarantined(
    event: Mapping[str, Any], skew: timedelta | None, subject: Subject | None = None
) -> dict[str, Any]:
    """The event with `occurredAt` (microseconds since 1970) where the client's clock is wrong by a minute or more,
    and with its `subject` where it belongs to no customer.

    The correction is in whole minutes: a client that sends the event again does so with another `sentAt`, and the
    same event should be kept once.
    """
    kept = {name: value for name, value in event.items() if name not in _OURS}
    if subject is not None:
        kept["subject"] = {"kind": subject.kind, "id": subject.id}
    client_time = time_of(event.get("timestamp") or event.get("originalTimestamp"))
    if client_time is None:
        return kept
    minutes = round((skew or timedelta()) / _MINUTE)
    if minutes:
        kept["occurredAt"] = (client_time - _EPOCH + minutes * _MINUTE) // timedelta(microseconds=1)
    return kept


def without_content(kept: Mapping[str, Any]) -> dict[str, Any]:
    """Of an event too large to keep: its call, ids and times, and of its properties those that say whom it is about."""
    short = {
        name: value for name, value in kept.items() if name in _ENVELOPE and len(str(value)) <= _LONGEST_ID
    }
    properties = kept.get("properties")
    if isinstance(properties, dict):
        named = {n: v for n, v in properties.items() if n in _WHOM and len(str(v)) <= _LONGEST_ID}
        short["properties"] = named
    return short


def subject_kept(kept: Mapping[str, Any]) -> Subject | None:
    """The subject that `quarantined` wrote down; None where it wrote none."""
    said = kept.get("subject")
    return Subject(str(said.get("kind")), str(said.get("id"))) if isinstance(said, dict) else None


def skew_of(kept: Mapping[str, Any]) -> timedelta:
    """The correction that `quarantined` wrote down; zero where it wrote none."""
    occurred_at = kept.get("occurredAt")
    client_time = time_of(kept.get("timestamp") or kept.get("originalTimestamp"))
    if not isinstance(occurred_at, int) or client_time is None:
        return timedelta()
    return _EPOCH + timedelta(microseconds=occurred_at) - client_time
