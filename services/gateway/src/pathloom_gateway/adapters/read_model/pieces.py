"""Pieces of contacts: from events, and packed into a contact's row."""

from typing import Any

import msgspec
from pathloom.identity.v1.events_pb2 import EventType, LoggedEvent, RecordKind

from pathloom_gateway.domain.instants import stamp_micros
from pathloom_gateway.domain.live_contact import Piece
from pathloom_gateway.tracking_plan import event_key

_decode = msgspec.json.Decoder().decode
_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder().decode
# Each piece with the epoch it was read in, so that a restored upstream's lost events can be dropped afterwards.
Epoched = tuple[str, Piece]

_CUSTOMERS = frozenset(
    {RecordKind.RECORD_KIND_USER, RecordKind.RECORD_KIND_ANONYMOUS, RecordKind.RECORD_KIND_CONTACT}
)


def piece_of(event: LoggedEvent) -> Piece | None:
    """What an event says about the contact it names; None where it says nothing a live contact shows."""
    if event.erased or event.type != EventType.EVENT_TYPE_TRACK or not event.HasField("contact"):
        return None
    if event.record.kind not in _CUSTOMERS:
        return None  # an employee's event refers to a contact, it is no piece of it
    said: Any = _decode(event.payload) if event.payload else {}
    props = said.get("properties") if isinstance(said, dict) else None
    if not isinstance(props, dict):
        props = {}

    def text(name: str) -> str:
        value = props.get(name)
        return value if isinstance(value, str) else str(value) if isinstance(value, int | float) else ""

    return Piece(
        event_id=event.event_id,
        key=event_key(event.name),
        at=stamp_micros(event.occurred_at),
        received=stamp_micros(event.received_at),
        source_id=event.source_id,
        message_id=event.message_id,
        relation=text("relation"),
        related=text("related_contact_id"),
        leg_kind=text("leg_kind"),
        channel=text("channel") or event.default_channel,
        direction=text("direction"),
        queue=text("queue"),
        department=text("department"),
        agent=text("agent_id"),
        reason=text("stated_reason") or text("intent"),
        ended_by=text("ended_by"),
        abandoned=props.get("abandoned") is True,
        short=props.get("short_call") is True,
        amends=text("amends"),
        retracts=text("retracts"),
        test=event.test or props.get("test") is True,
    )


def pack(pieces: dict[str, Epoched]) -> bytes:
    """Pieces by event id, for a row."""
    rows = []
    for event_id in sorted(pieces):
        epoch, piece = pieces[event_id]
        rows.append([epoch, *(getattr(piece, name) for name in Piece.__slots__)])
    return _pack(rows)


def unpack(data: bytes | None) -> dict[str, Epoched]:
    """The inverse."""
    if not data:
        return {}
    return {row[1]: (row[0], Piece(*row[1:])) for row in _unpack(data)}
