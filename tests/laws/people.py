"""What one made-up person sends: two systems, three records that turn out to be one, contacts of several legs, a visit."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

SHOP, DESK = "law1-shop", "law1-desk"
SOURCES = (SHOP, DESK)

Place = tuple[str, str]
"""What a piece is folded into: ("contact", root id), ("visit", ""), ("survey", id), ("order", id); ("", "") for none."""

NOWHERE: Place = ("", "")
_BEGIN = datetime(2026, 3, 2, 9, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Event:
    """An event on its way, and where it must turn up. `spare`: nothing else hangs on it, so it may stay unsent."""

    source: str
    message_id: str
    person: int
    place: Place
    body: dict[str, Any]
    spare: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """The id under which it may have one effect: (source, message id)."""
        return self.source, self.message_id


def call_ids(person: int) -> tuple[str, str]:
    """A call that is passed on: the platform gives the second half an id of its own. The first is the root."""
    return f"call-{person}", f"call-{person}-b"


CALL_LEGS = ("agent", "agent", "alert", "ivr", "queue", "queue")
"""The kinds of legs of a whole call, sorted."""


def identifiers(person: int) -> list[tuple[str, str, str]]:
    """Every identifier (type, namespace, value) by which somebody must find this one customer."""
    return [
        ("user_id", SHOP, f"shop-{person}"),
        ("anonymous_id", SHOP, f"browser-{person}"),
        ("user_id", DESK, f"desk-{person}"),
        ("email", "", _email(person)),
    ]


RECORDS = 3
"""The shop's user, the shop's browser, the desk's user: joined by an identify and by the e-mail address."""


def events_of(person: int) -> list[Event]:
    """Everything one person sends, oldest first; always the same for the same person."""
    return [*_identities(person), *_visit(person), *_call(person), *_chat(person), *_rest(person)]


def _identities(person: int) -> Iterator[Event]:
    traits = {"email": _email(person)}
    shop = {"userId": f"shop-{person}", "anonymousId": f"browser-{person}", "traits": traits}
    desk = {"userId": f"desk-{person}", "traits": traits}
    yield _event(SHOP, person, "identify", NOWHERE, 0, {"type": "identify", **shop})
    yield _event(DESK, person, "identify", NOWHERE, 0, {"type": "identify", **desk})


def _visit(person: int) -> Iterator[Event]:
    for page in range(5):
        said = {"type": "page", "anonymousId": f"browser-{person}", "name": f"Page {page}"}
        yield _event(SHOP, person, f"page-{page}", ("visit", ""), 10 + page, said, spare=page > 0)


def _call(person: int) -> Iterator[Event]:
    first, second = call_ids(person)
    steps: list[tuple[str, str, str, dict[str, Any]]] = [
        (first, "IVR Menu Entered", "i1 ivr", {}),
        (first, "IVR Exited", "i1 ivr", {}),
        (first, "Contact Offered", "", {}),
        (first, "Contact Queued", "q1 queue", {"queue": "general"}),
        (first, "Contact Alerting", "a1 alert", {"agent_id": "ag-7"}),
        (first, "Contact Answered", "g1 agent", {"agent_id": "ag-7"}),
        (first, "Contact Transferred", "g1 agent", {"transfer": "blind"}),
        (second, "Contact Queued", "q2 queue", {"queue": "experts"}),
        (second, "Contact Answered", "g2 agent", {"agent_id": "ag-8"}),
        (second, "Contact Ended", "", {"by": "customer"}),
        (first, "Contact Wrapped Up", "g1 agent", {"agent_id": "ag-7", "codes": ["GEN"]}),
        (second, "Contact Wrapped Up", "g2 agent", {"agent_id": "ag-8", "codes": ["GEN"]}),
    ]
    for number, (contact, name, leg, said) in enumerate(steps):
        properties: dict[str, Any] = {"contact_id": contact, "channel": "voice", **said}
        if leg:
            properties |= dict(zip(("leg_id", "leg_kind"), leg.split(), strict=True))
        if contact == second:
            properties |= {"related_contact_id": first, "relation": "transfer_of"}
        # Half of the pieces name the customer; the others only the contact, as a queue knows no more.
        who = {"userId": f"desk-{person}"} if number % 2 else {"anonymousId": contact}
        said = {"type": "track", **who, "event": name, "properties": properties}
        yield _event(DESK, person, f"call-{number}", ("contact", first), 60 + number, said)


def _chat(person: int) -> Iterator[Event]:
    contact = f"chat-{person}"
    for turn in range(4):
        properties = {"contact_id": contact, "channel": "chat", "turn": turn, "sender": "customer"}
        said = {
            "type": "track",
            "userId": f"shop-{person}",
            "event": "Message Sent",
            "properties": properties,
        }
        yield _event(SHOP, person, f"chat-{turn}", ("contact", contact), 120 + turn, said, spare=turn > 0)


def _rest(person: int) -> Iterator[Event]:
    for number in range(2):
        order = f"order-{person}-{number}"
        properties: dict[str, Any] = {"order_id": order, "amount": 10, "currency": "EUR"}
        what = {"event": "Order Placed", "properties": properties}
        body = {"type": "track", "userId": f"shop-{person}", **what}
        yield _event(SHOP, person, f"order-{number}", ("order", order), 180 + number, body, spare=number > 0)
    survey = f"survey-{person}"
    for number, scale in enumerate(("csat", "ces")):
        said: dict[str, Any] = {
            "survey_id": survey,
            "scale": scale,
            "scale_min": 1,
            "scale_max": 5,
            "value": 4,
        }
        body = {
            "type": "track",
            "userId": f"desk-{person}",
            "event": "Survey Answered",
            "properties": {**said, "about": "contact", "about_id": call_ids(person)[0]},
        }
        yield _event(DESK, person, f"survey-{number}", ("survey", survey), 240 + number, body)


def _event(
    source: str, person: int, name: str, place: Place, minute: int, body: dict[str, Any], spare: bool = False
) -> Event:
    at = _BEGIN + timedelta(minutes=minute, seconds=person % 60)
    said = {**body, "messageId": f"{person}-{name}", "timestamp": at.isoformat()}
    return Event(source, f"{person}-{name}", person, place, said, spare)


def _email(person: int) -> str:
    return f"person{person}@law-one.example.com"
