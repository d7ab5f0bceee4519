"""One event as a client sent it, judged: taken as the log wants it, or refused with the field at fault."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from pathloom_gateway.domain.clean import Unclean, check_text, clean
from pathloom_gateway.domain.plan_check import PlanCheck
from pathloom_gateway.domain.subject import NoSubject, Subject
from pathloom_gateway.tracking_plan import event_key

CALLS = ("track", "identify", "page", "screen", "group", "alias")
MAX_ID = 256
MAX_EVENT_BYTES = 32 * 1024
_TEXTS = ("messageId", "userId", "anonymousId", "previousId", "groupId", "event", "name", "category")
_TIMES = ("timestamp", "originalTimestamp", "sentAt")
_EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Sent:
    """An event as decoded. `closely`: its bytes may hold what clean() looks for. `original` is what came, for
    quarantine. `why` is set where it could not be read at all, `where` says at which field (of `message_id`)."""

    content: Any
    original: bytes
    size: int
    closely: bool = True
    why: str = ""
    where: str = ""
    message_id: str = ""


@dataclass(slots=True)
class Taken:
    """An event as it is to be recorded. `content` has the members properties, traits and context, where there are any."""

    message_id: str
    call: str
    name: str
    user_id: str
    anonymous_id: str
    contact_id: str
    previous_id: str
    group_id: str
    occurred_at: datetime
    client_time: datetime | None
    content: dict[str, Any]
    subject: Subject | None = None
    """Whom it is about, where it belongs to no customer; user_id and anonymous_id are empty then."""


class Refused(Exception):
    """An event that cannot be taken. `detail` holds nothing of the event's content."""

    def __init__(self, message_id: str, reason: str, field: str, detail: str) -> None:
        super().__init__(f"{reason} {field}")
        self.message_id = message_id
        self.reason = reason
        self.field = field
        self.detail = detail


MALFORMED, MISSING, TOO_LARGE, IN_FUTURE = "MALFORMED", "MISSING", "TOO_LARGE", "IN_FUTURE"


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges events against the tracking plan. `tolerance`: how far ahead of its receipt an event may be dated."""

    plan: PlanCheck
    tolerance: timedelta

    def judge(
        self, sent: Sent, received_at: datetime, skew: timedelta | None, context: Mapping[str, Any] | None
    ) -> Taken:
        """`skew` (receipt less the batch's sentAt) corrects the client's clock; None: the event's own sentAt does,
        if it has one. `context` is the batch's, clean already; the event's own goes over it. Raises Refused."""
        if sent.why:
            raise Refused(sent.message_id[:MAX_ID], MALFORMED, sent.where, sent.why)
        if not isinstance(sent.content, dict):
            raise Refused("", MALFORMED, "", "is not an object")
        event = sent.content
        message_id = _id_of(event, "messageId", "")
        if sent.size > MAX_EVENT_BYTES:
            raise Refused(message_id, TOO_LARGE, "", f"is larger than {MAX_EVENT_BYTES} bytes")
        try:
            return self._judge(event, message_id, sent.closely, received_at, skew, context)
        except Unclean as error:
            raise Refused(message_id, MALFORMED, error.field, error.what) from None

    def _judge(
        self,
        event: dict[str, Any],
        message_id: str,
        closely: bool,
        received_at: datetime,
        skew: timedelta | None,
        batch_context: Mapping[str, Any] | None,
    ) -> Taken:
        if closely:
            _check_texts(event)
        if not message_id:
            raise Refused("", MISSING, "messageId", "is missing: an event needs an id of its own")
        call = event.get("type")
        if call not in CALLS:
            raise Refused(message_id, MALFORMED, "type", f"is none of {', '.join(CALLS)}")
        event = normalised(event, batch_context)
        properties = _object(event, "properties", message_id)
        traits = _object(event, "traits", message_id)
        context = _object(event, "context", message_id)
        name = _name(event, str(call), properties, message_id)
        if closely:
            properties = clean(properties, "properties", self.plan.references) if properties else properties
            traits = clean(traits, "traits") if traits else traits
            context = clean(context, "context") if context else context
            name = clean(name, "event" if call == "track" else "name")
        if properties:
            wrong = self.plan.check(_key_of(name) if call == "track" else None, properties)
            if wrong is not None:
                raise Refused(message_id, MALFORMED, *wrong)
        occurred_at, client_time = self._when(event, message_id, received_at, skew)
        contact_id = str(properties.get("contact_id") or "").strip() if properties else ""
        # The tracking SDKs insist on a user or anonymous id: who knows only the contact sends its id as anonymousId.
        anonymous_id = _id_of(event, "anonymousId", message_id)
        anonymous_id = "" if anonymous_id == contact_id else anonymous_id
        taken = Taken(
            message_id=message_id,
            call=str(call),
            name=name,
            user_id=_id_of(event, "userId", message_id),
            anonymous_id=anonymous_id,
            contact_id=contact_id,
            previous_id=_id_of(event, "previousId", message_id),
            group_id=_id_of(event, "groupId", message_id),
            occurred_at=occurred_at,
            client_time=client_time,
            content={
                member: value
                for member, value in (("context", context), ("properties", properties), ("traits", traits))
                if value
            },
        )
        taken.subject = self.subject_of(event)
        if taken.subject is not None:
            taken.user_id = taken.anonymous_id = ""
        _check_whom(taken)
        return taken

    def subject_of(self, event: Mapping[str, Any]) -> Subject | None:
        """Whom an event (as `normalised` leaves it) is about by its name, where it belongs to no customer; None: to
        one. Refused where nobody is named and the plan demands it."""
        name = event.get("event")
        if event.get("type") != "track" or not isinstance(name, str):
            return None
        rule = self.plan.subjects.get(_key_of(name.strip()))
        if rule is None:
            return None
        message_id = _id_of(event, "messageId", "")
        properties = _object(event, "properties", message_id) or {}
        contact_id = str(properties.get("contact_id") or "").strip()
        anonymous_id = _id_of(event, "anonymousId", message_id)
        anonymous_id = "" if anonymous_id == contact_id else anonymous_id
        try:
            return rule.subject(properties, contact_id, _id_of(event, "userId", message_id), anonymous_id)
        except NoSubject as error:
            reason = MISSING if error.missing else TOO_LARGE
            raise Refused(message_id, reason, error.field, error.what) from None

    def _when(
        self, event: dict[str, Any], message_id: str, received_at: datetime, skew: timedelta | None
    ) -> tuple[datetime, datetime | None]:
        for given in _TIMES:  # also one that another goes before: what is wrong is said, not passed over
            if event.get(given) is not None and time_of(event[given]) is None:
                raise Refused(message_id, MALFORMED, given, "is not a time (RFC 3339)")
        field = "timestamp" if event.get("timestamp") is not None else "originalTimestamp"
        said = event.get(field)
        if said is None:
            return received_at, None
        client_time = time_of(said)
        if client_time is None or client_time < _EARLIEST:
            raise Refused(message_id, MALFORMED, field, "is not a time (RFC 3339) since 1900")
        if skew is None:
            skew = _own_skew(event, received_at)
        try:
            occurred_at = client_time + skew
        except OverflowError:
            raise Refused(message_id, MALFORMED, field, "cannot be corrected by sentAt") from None
        if occurred_at > received_at + self.tolerance:
            raise Refused(
                message_id,
                IN_FUTURE,
                field,
                f"is more than {self.tolerance.total_seconds():g} s ahead of when it was received",
            )
        return occurred_at, client_time


def normalised(event: dict[str, Any], batch_context: Mapping[str, Any] | None) -> dict[str, Any]:
    """What SDKs say in different places, in one: the batch's context under the event's own, the person's traits out
    of the context (Rudder's way), a page's category among its properties. The event itself stays as it is."""
    context = event.get("context")
    if batch_context and (context is None or isinstance(context, dict)):
        context = {**batch_context, **(context or {})}
        event = {**event, "context": context}
    persons = isinstance(context, dict) and isinstance(context.get("traits"), dict)
    if context and persons and event.get("type") != "group" and not event.get("traits"):
        rest = {name: value for name, value in context.items() if name != "traits"}
        event = {**event, "traits": context["traits"], "context": rest}
    category, properties = event.get("category"), event.get("properties")
    categorised = category and isinstance(category, str) and event.get("type") in ("page", "screen")
    if categorised and (properties is None or isinstance(properties, dict)):
        event = {**event, "properties": {"category": category, **(properties or {})}}
    return event


# Names come in by the million, different ones by the hundred.
_key_of = lru_cache(maxsize=4096)(event_key)


def time_of(said: object) -> datetime | None:
    """RFC 3339, read as UTC where it names no offset; None for anything else."""
    if not isinstance(said, str) or len(said) > 64:
        return None
    try:
        found = datetime.fromisoformat(said)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _own_skew(event: Mapping[str, Any], received_at: datetime) -> timedelta:
    sent_at = time_of(event.get("sentAt"))
    return timedelta() if sent_at is None else received_at - sent_at


def _id_of(event: Mapping[str, Any], field: str, message_id: str) -> str:
    """An id as text, trimmed; "" where there is none. A whole number is taken as its digits."""
    said = event.get(field)
    if said is None:
        return ""
    if said.__class__ is str and len(said) <= MAX_ID:
        return str(said.strip())
    if isinstance(said, int) and not isinstance(said, bool) and -(2**63) <= said < 2**64:
        return str(said)
    if not isinstance(said, str):
        raise Refused(message_id, MALFORMED, field, "is not a text")
    trimmed = said.strip()
    if len(trimmed) > MAX_ID:
        raise Refused(message_id, TOO_LARGE, field, f"is longer than {MAX_ID} characters")
    return trimmed


def _check_texts(event: Mapping[str, Any]) -> None:
    for field in _TEXTS:
        said = event.get(field)
        if isinstance(said, str):
            check_text(said, field)


def _object(event: Mapping[str, Any], field: str, message_id: str) -> dict[str, Any] | None:
    said = event.get(field)
    if said is None or isinstance(said, dict):
        return said
    raise Refused(message_id, MALFORMED, field, "is not an object")


def _name(event: Mapping[str, Any], call: str, properties: dict[str, Any] | None, message_id: str) -> str:
    """What happened, or which page or screen: its name, else its category, else the title in its properties."""
    field = "event" if call == "track" else "name"
    if call not in ("track", "page", "screen"):
        return ""
    said = event.get(field)
    if call != "track" and not said:
        said = event.get("category") or (properties or {}).get("title") or ""
        said = said[:MAX_ID] if isinstance(said, str) else ""
    if not isinstance(said, str):
        raise Refused(message_id, MISSING if said is None else MALFORMED, field, "is not a text")
    trimmed = said.strip()
    if call == "track" and not trimmed:
        raise Refused(message_id, MISSING, field, "is empty: say what happened")
    if len(trimmed) > MAX_ID:
        raise Refused(message_id, TOO_LARGE, field, f"is longer than {MAX_ID} characters")
    return trimmed


def _check_whom(taken: Taken) -> None:
    if taken.call == "alias":
        if not taken.previous_id:
            raise Refused(taken.message_id, MISSING, "previousId", "is missing: the id used before")
        if not taken.user_id:
            raise Refused(taken.message_id, MISSING, "userId", "is missing: the id used from now on")
    elif not (taken.user_id or taken.anonymous_id or taken.contact_id or taken.subject):
        raise Refused(
            taken.message_id,
            MISSING,
            "userId",
            "is missing, and so are anonymousId and properties.contact_id: one of them says whom it is about",
        )
    if taken.call == "group" and not taken.group_id:
        raise Refused(taken.message_id, MISSING, "groupId", "is missing")
