"""From the contracts of identity's feeds to what the use cases take."""

import json
import math
from collections.abc import Iterable
from typing import Any

import msgspec
from google.protobuf.timestamp_pb2 import Timestamp
from pathloom.identity.v1 import customers_pb2, events_pb2

from pathloom_journey_graph.application.move_records import ContactIs, CustomerIs, Entry, Erased
from pathloom_journey_graph.domain.names import event_key
from pathloom_journey_graph.domain.values import Piece

_TYPES = {1: "track", 2: "identify", 3: "page", 4: "screen", 5: "group", 6: "alias"}
_KINDS = {1: "user", 2: "anonymous", 3: "contact"}  # others (employee, incident, source) are no customer's
_VIEWS = {"page": "page_viewed", "screen": "screen_viewed"}
_LONGEST_TEXT = 8192
_decode = msgspec.json.Decoder().decode


def key_text(key: events_pb2.RecordKey) -> str:
    """namespace|kind|id."""
    return f"{key.namespace}|{_KINDS.get(key.kind, '')}|{key.id}"


def micros(at: Timestamp) -> int:
    """Microseconds since 1970."""
    return at.seconds * 1_000_000 + at.nanos // 1000


def piece_of(event: events_pb2.LoggedEvent, epoch: str) -> Piece | None:
    """The piece that an event is; None once it is blanked, and for what belongs to no customer. ValueError for a payload that is no JSON object: the log
    promises one, so it is set aside and not guessed at."""
    if event.erased or not event.HasField("record") or event.record.kind not in _KINDS:
        return None
    payload = _decoded(event.payload) if event.payload else {}
    if not isinstance(payload, dict):
        raise ValueError("the payload is no object")
    said, context = payload.get("properties"), payload.get("context")
    props = _kept(said) if isinstance(said, dict) else {}
    if "device" not in props and isinstance(context, dict):
        device = context.get("device")
        if isinstance(device, dict) and isinstance(device.get("type"), str):
            props["device"] = device["type"]
    kind = _TYPES.get(event.type, "track")
    channel = props.get("channel")
    return Piece(
        event_id=event.event_id,
        source_id=event.source_id,
        message_id=event.message_id,
        type=kind,
        name=event.name,
        key=_VIEWS.get(kind) or event_key(event.name),
        record=key_text(event.record),
        contact=key_text(event.contact) if event.HasField("contact") else "",
        at=micros(event.occurred_at),
        received=micros(event.received_at),
        props=props,
        channel=channel if isinstance(channel, str) and channel else event.default_channel,
        test=event.test or props.get("test") is True,
        epoch=epoch,
    )


def _decoded(payload: bytes) -> Any:
    try:
        return _decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return json.loads(payload)  # four times as slow, and lenient: half characters, integers of any size


def _kept(said: dict[str, Any]) -> dict[str, Any]:
    """What touchpoints are made of: scalars and lists of texts. Integers beyond 64 bit become floats."""
    kept: dict[str, Any] = {}
    for name, value in said.items():
        if isinstance(value, str):
            kept[name] = _text(value)
        elif isinstance(value, bool):
            kept[name] = value
        elif isinstance(value, int):
            kept[name] = value if -(2**63) <= value < 2**63 else _float(value)
        elif isinstance(value, float) and math.isfinite(value):
            kept[name] = value
        elif isinstance(value, list):
            kept[name] = [_text(item) for item in value if isinstance(item, str)]
    return kept


def _text(value: str) -> str:
    """Bounded, and without halves of characters, which JSON can say and no store can hold."""
    kept = value[:_LONGEST_TEXT]
    return kept if kept.isascii() else kept.encode("utf-8", "replace").decode()


def _float(value: int) -> float:
    try:
        return float(value)
    except OverflowError:
        return 0.0


def entries_of(entries: Iterable[customers_pb2.CustomerEntry], epoch: str) -> list[Entry]:
    """What each entry of the customers feed says."""
    found: list[Entry] = []
    for entry in entries:
        match entry.WhichOneof("thing"):
            case "customer":
                records = tuple(key_text(r.key) for r in entry.customer.records)
                found.append(CustomerIs(entry.customer.customer_id, entry.version, epoch, records))
            case "merged":
                found.append(CustomerIs(entry.merged.customer_id, entry.version, epoch, ()))
            case "erased":
                gone = tuple(key_text(key) for key in entry.erased.records)
                found.append(Erased(entry.erased.customer_id, gone, micros(entry.erased.erased_at)))
            case "contact":
                found.append(_binding(entry, epoch))
            case _:
                pass  # a thing that a newer identity knows
    return found


def _binding(entry: customers_pb2.CustomerEntry, epoch: str) -> Entry:
    said = entry.contact
    contact = key_text(said.contact)
    if said.erased:
        # No instant is said: the contact's record is gone, and the log has blanked its events.
        return Erased("", (contact,), 0)
    return ContactIs(
        contact,
        entry.version,
        epoch,
        key_text(said.root) if said.HasField("root") else contact,
        key_text(said.bound_to) if said.HasField("bound_to") else None,
        said.own_customer_id,
    )
