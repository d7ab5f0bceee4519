"""Whether an event is taken into the log. Pure; one bad event never costs another."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from hashlib import blake2b
from typing import Any

from pathloom_identity.domain.events import EventType, record_named
from pathloom_identity.domain.records import NOBODYS, RecordKey, RecordKind
from pathloom_identity.domain.sources import Source


class Status(IntEnum):
    """How one event fared (the contract's numbers)."""

    ACCEPTED = 1
    REPEATED = 2
    QUARANTINED = 3


@dataclass(frozen=True, slots=True)
class Result:
    """How one event fared; `detail` holds no personal data."""

    status: Status
    reason: str = ""
    field: str = ""
    detail: str = ""


ACCEPTED, REPEATED = Result(Status.ACCEPTED), Result(Status.REPEATED)
ERASED = Result(Status.QUARANTINED, "ERASED", "", "it belongs to a person who was erased; it is not kept")
ID_REUSED = Result(
    Status.QUARANTINED,
    "ID_REUSED",
    "message_id",
    "another event of this source has the same id and another content",
)


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event handed to the log. Times are microseconds since 1970 (UTC); client_time None: not given."""

    message_id: str
    type: int
    name: str
    user_id: str
    anonymous_id: str
    contact_id: str
    previous_id: str
    group_id: str
    occurred_at: int
    received_at: int
    client_time: int | None
    payload: bytes
    claimed: bool = False
    namespace: str | None = None
    """Only for what the platform itself records: the namespace of the contact that it is about."""
    about: RecordKey | None = None
    """Only for what the platform itself records: another record that it names, so that erasing finds it."""
    subject_kind: int = 0
    """EMPLOYEE, INCIDENT or SOURCE (the contract's numbers) where it belongs to no customer; 0: to a customer."""
    subject_id: str = ""

    def digest(self) -> bytes:
        """What "the same content" means: everything the client said, when it was sent aside."""
        parts = (
            self.type, self.name, self.user_id, self.anonymous_id, self.contact_id, self.previous_id, self.group_id,
            self.client_time,
            # Only where there is one: what was recorded before there were any has the digest it had.
            *((self.subject_kind, self.subject_id) if self.subject_kind else ()),
        )  # fmt: skip
        return blake2b(
            "\x1f".join(map(str, parts)).encode() + b"\x1f" + self.payload, digest_size=16
        ).digest()

    def record(self, source: Source) -> RecordKey | None:
        if self.subject_kind in NOBODYS:
            named = self.subject_id or source.source_id
            return RecordKey(source.namespace, RecordKind(self.subject_kind), named)
        return record_named(
            self.namespace or source.namespace,
            self.user_id,
            self.anonymous_id,
            self.contact_id,
            claimed=self.claimed,
        )

    def contact(self, source: Source) -> RecordKey | None:
        return (
            RecordKey(self.namespace or source.namespace, RecordKind.CONTACT, self.contact_id)
            if self.contact_id
            else None
        )

    def original(self) -> bytes:
        """The event in the tracking protocol's own shape, for the quarantine."""
        said: dict[str, Any] = {
            "messageId": self.message_id, "type": _call(self.type),
            "event" if self.type == EventType.TRACK else "name": self.name,
            "userId": self.user_id, "anonymousId": self.anonymous_id, "contactId": self.contact_id,
            "previousId": self.previous_id, "groupId": self.group_id, "occurredAt": self.occurred_at,
            "receivedAt": self.received_at, "clientTime": self.client_time,
            "subject": {"kind": _kind(self.subject_kind), "id": self.subject_id} if self.subject_kind else None,
            **_members(self.payload),
        }  # fmt: skip
        kept = {k: v for k, v in said.items() if v not in ("", None)}
        return json.dumps(kept, ensure_ascii=False).encode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class RefusedEvent:
    """An event refused before it got here, as in the contract's Refused."""

    message_id: str
    reason: str
    field: str
    detail: str
    original: bytes
    claimed: bool = False


MAX_TEXT = 256
MAX_PAYLOAD = 32_768
_TEXTS = (
    "message_id", "name", "user_id", "anonymous_id", "contact_id", "previous_id", "group_id", "subject_id",
)  # fmt: skip
_EARLIEST = -62_135_596_800_000_000  # the year 1
_LATEST = 253_402_300_799_999_999  # the end of 9999


def fault(
    event: NewEvent, now: int, future_tolerance_us: int, is_object: Callable[[bytes], bool]
) -> Result | None:
    """What is wrong with an event by itself, None when nothing is. `now` in microseconds since 1970; `is_object`
    says whether bytes are a JSON object that the resolver will be able to read."""
    for name in _TEXTS:
        text = getattr(event, name)
        if "\x00" in text:
            return _malformed(name, "holds a NUL character")
        if len(text) > MAX_TEXT:
            return _malformed(name, f"is longer than {MAX_TEXT} characters")
    if not event.message_id.strip():
        return _malformed("message_id", "is missing")
    if event.type not in EventType._value2member_map_:
        return _malformed("type", "is not a known call")
    if event.subject_kind:
        wrong = _subject_fault(event)
        if wrong is not None:
            return wrong
    elif not (event.user_id or event.anonymous_id or event.contact_id):
        return _malformed("user_id", "at least one of user_id, anonymous_id and contact_id must be set")
    for name in ("occurred_at", "received_at"):
        if not _EARLIEST <= getattr(event, name) <= _LATEST:
            return _malformed(name, "is missing or out of range")
    if len(event.payload) > MAX_PAYLOAD:
        return Result(Status.QUARANTINED, "TOO_LARGE", "payload", f"is larger than {MAX_PAYLOAD} bytes")
    if event.payload and not is_object(event.payload):
        return _malformed("payload", "is not a JSON object")
    if event.occurred_at > now + future_tolerance_us:
        return Result(Status.QUARANTINED, "IN_FUTURE", "occurred_at", "is too far in the future")
    return None


def _subject_fault(event: NewEvent) -> Result | None:
    if event.subject_kind not in NOBODYS:
        return _malformed("subject_kind", "is no kind that belongs to no customer")
    if event.type != EventType.TRACK:
        return _malformed("type", "only a track call may belong to no customer")
    if event.user_id or event.anonymous_id:
        return _malformed(
            "user_id", "what belongs to no customer names none: user_id and anonymous_id are empty"
        )
    if bool(event.subject_id.strip()) == (event.subject_kind == RecordKind.SOURCE):
        return _malformed(
            "subject_id", "names an employee or an incident, and nothing where it is the source"
        )
    return None


def _kind(number: int) -> str:
    return RecordKind(number).name.lower() if number in NOBODYS else str(number)


def _call(number: int) -> str:
    return EventType(number).name.lower() if number in EventType._value2member_map_ else str(number)


def _members(payload: bytes) -> dict[str, Any]:
    try:
        found = json.loads(payload or b"{}")
    except (ValueError, RecursionError):
        found = None
    return found if isinstance(found, dict) else {"payload": payload.decode("utf-8", "replace")}


def _malformed(field: str, detail: str) -> Result:
    return Result(Status.QUARANTINED, "MALFORMED", field, detail)


@dataclass(frozen=True, slots=True)
class Known:
    """An event that the log has already under the same id."""

    lane: int
    n: int
    digest: bytes | None
    erased: bool


def against_known(digest: bytes, known: Known | None) -> Result:
    """Accepted, repeated or refused, given what the log has under the same id."""
    if known is None:
        return ACCEPTED
    if known.erased:
        return ERASED
    return REPEATED if known.digest == digest else ID_REUSED


def subjects(original: Mapping[str, Any], namespace: str) -> list[RecordKey]:
    """The records that a refused event may be about, so that erasing them finds it. Spellings as clients send them."""
    properties = original.get("properties")
    inner = properties if isinstance(properties, Mapping) else {}
    found = []
    for names, kind in (
        (("userId", "user_id", "previousId", "previous_id"), RecordKind.USER),
        (("anonymousId", "anonymous_id", "previousId", "previous_id"), RecordKind.ANONYMOUS),
        (("contactId", "contact_id"), RecordKind.CONTACT),
    ):
        for name in names:
            said = (original.get(name), inner.get(name))
            texts = (str(v).strip() for v in said if isinstance(v, str | int) and not isinstance(v, bool))
            found += [RecordKey(namespace, kind, text) for text in texts if text]
    subject = original.get("subject")
    if isinstance(subject, Mapping) and subject.get("kind") == "employee":
        found.append(RecordKey(namespace, RecordKind.EMPLOYEE, str(subject.get("id", ""))))
    claimed = original.get("userId", original.get("user_id"))
    if isinstance(claimed, str) and claimed.strip():
        found.append(RecordKey(namespace, RecordKind.ANONYMOUS, f"claimed:{claimed.strip()}"))
    return found
