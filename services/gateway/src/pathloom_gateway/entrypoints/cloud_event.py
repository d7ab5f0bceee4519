"""CloudEvents 1.0 as the tracking protocol would have said them. docs/ingest.md has the table."""

from collections.abc import Mapping
from typing import Any

from cloudevents.core.exceptions import CloudEventValidationError
from cloudevents.core.v1.event import CloudEvent

from pathloom_gateway.domain.sent_event import CALLS, Sent, time_of
from pathloom_gateway.tracking_plan import event_key, planned_events

_IDS = {
    "userid": "userId",
    "anonymousid": "anonymousId",
    "previousid": "previousId",
    "groupid": "groupId",
    "sentat": "sentAt",
}
_OWN = frozenset({"id", "type", "time", "specversion", "data", "datacontenttype", "contactid", *_IDS})


def sent_of(attributes: Mapping[str, Any], data: Any, original: bytes, closely: bool = True) -> Sent:
    """From attributes as JSON has them (time as text) and decoded data. An event that is no CloudEvent comes back
    as one that cannot be judged, with what is wrong."""
    attributes = {name: value for name, value in attributes.items() if value is not None}
    problem = _problem(attributes)
    if problem is not None:
        known = attributes.get("id")
        return Sent(
            None,
            original,
            len(original),
            where=problem[0],
            why=problem[1],
            message_id=known if isinstance(known, str) else "",
        )
    call, name = _call_of(attributes["type"])
    event: dict[str, Any] = {"type": call, "messageId": attributes["id"]}
    if attributes.get("time") is not None:
        event["timestamp"] = attributes["time"]
    if name:
        event["event" if call == "track" else "name"] = name
    for extension, field in _IDS.items():
        if attributes.get(extension) is not None:
            event[field] = attributes[extension]
    content = data if isinstance(data, dict) else {} if data is None else {"data": data}
    contact = attributes.get("contactid")
    if contact is not None:
        content = {**content, "contact_id": contact}
    if not (event.get("userId") or event.get("anonymousId") or content.get("contact_id")):
        # The subject is whom the event is about, unless an extension says it better.
        event["userId"] = attributes.get("subject")
    event["traits" if call in ("identify", "group") else "properties"] = content
    kept = {key: value for key, value in attributes.items() if key not in _OWN}
    event["context"] = {"cloudevent": {**kept, "type": attributes["type"]}}
    return Sent(event, original, len(original), closely)


def _call_of(said: str) -> tuple[str, str]:
    """The call and the event's name. A type of the plan may stand behind a reverse-DNS prefix
    (`edu.example.contact.queued`); `identify`, `page` … are those calls."""
    parts = said.split(".")
    if parts[-1] in CALLS and parts[-1] != "track":
        return parts[-1], ""
    plan = planned_events()
    for start in range(len(parts)):
        name = ".".join(parts[start:])
        if event_key(name) in plan:
            return "track", name
    return "track", said


def _problem(attributes: Mapping[str, Any]) -> tuple[str, str] | None:
    """(attribute, what is wrong with it) for the first that is not as the specification says."""
    # The library makes up what is missing; here it is the sender's to say.
    for name in ("specversion", "id", "source", "type"):
        if not attributes.get(name):
            return name, "is missing"
    checked = dict(attributes)
    if "time" in checked:
        checked["time"] = time_of(checked["time"])
        if checked["time"] is None:
            return "time", "is not a time (RFC 3339)"
    try:
        CloudEvent(checked)
    except CloudEventValidationError as error:
        name = next(iter(error.errors))
        return name, "is not what CloudEvents 1.0 allows there"
    return None
