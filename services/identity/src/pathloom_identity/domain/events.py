"""An event of the log as the resolver reads it, and whom it names."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from pathloom_identity.domain.records import RecordKey, RecordKind, Stamp


class EventType(IntEnum):
    """The call of the tracking protocol (the contract's numbers)."""

    TRACK = 1
    IDENTIFY = 2
    PAGE = 3
    SCREEN = 4
    GROUP = 5
    ALIAS = 6


@dataclass(frozen=True, slots=True)
class Event:
    """A fact of the log. Times are microseconds since 1970 (UTC). `payload` has the members properties, traits
    and context, each a mapping and each optional."""

    event_id: str
    source_id: str
    message_id: str
    type: EventType
    name: str
    record: RecordKey
    contact: RecordKey | None
    user_id: str
    anonymous_id: str
    previous_id: str
    occurred_at: int
    received_at: int
    payload: Mapping[str, Any]
    claimed: bool = False
    erased: bool = False

    @property
    def stamp(self) -> Stamp:
        return Stamp(self.occurred_at, self.received_at, self.event_id)

    def part(self, name: str) -> Mapping[str, Any]:
        """A member of the payload, empty where it is absent or no object."""
        found = self.payload.get(name)
        return found if isinstance(found, dict) else {}  # not Mapping: asked a dozen times for each event


def record_named(
    namespace: str, user_id: str, anonymous_id: str, contact_id: str, *, claimed: bool
) -> RecordKey | None:
    """Whom an event names: the user's record, else the anonymous one, else the contact's; None: nobody.

    A public key cannot speak for a user's record: its user id is only a claim. Such an event names the anonymous
    record, else the contact's, else an anonymous record made for the claim itself, so that what one page says
    about "user 42" stays together without ever touching user 42.
    """
    if user_id and not claimed:
        return RecordKey(namespace, RecordKind.USER, user_id)
    if anonymous_id:
        return RecordKey(namespace, RecordKind.ANONYMOUS, anonymous_id)
    if contact_id:
        return RecordKey(namespace, RecordKind.CONTACT, contact_id)
    if user_id:
        return RecordKey(namespace, RecordKind.ANONYMOUS, f"claimed:{user_id}")
    return None
