"""Messages as JSON values: as google.protobuf.json_format does with preserving_proto_field_name, several times faster.

Snake-case names, RFC 3339 times, enums by name, 64-bit integers as strings, unset left out.
"""

import base64
import math
from collections.abc import Callable
from typing import Any

import msgspec
from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from pathloom_gateway.domain.instants import from_micros

_Writer = Callable[[Any], Any]
_writers: dict[FieldDescriptor, _Writer] = {}
_AS_IS = {
    FieldDescriptor.TYPE_BOOL,
    FieldDescriptor.TYPE_STRING,
    FieldDescriptor.TYPE_INT32,
    FieldDescriptor.TYPE_UINT32,
    FieldDescriptor.TYPE_SINT32,
    FieldDescriptor.TYPE_FIXED32,
    FieldDescriptor.TYPE_SFIXED32,
}


def to_value(message: Message) -> dict[str, Any]:
    """The message as a JSON object."""
    out: dict[str, Any] = {}
    for field, value in message.ListFields():
        writer = _writers.get(field)
        if writer is None:
            writer = _writers[field] = _writer_of(field)
        out[field.name] = writer(value)
    return out


def to_json(message: Message) -> bytes:
    """The message as JSON."""
    return msgspec.json.encode(to_value(message))


def _writer_of(field: FieldDescriptor) -> _Writer:
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        value = _single(field.message_type.fields_by_name["value"])
        return lambda entries: {_key(key): value(entries[key]) for key in sorted(entries)}
    single = _single(field)
    if field.is_repeated:
        return lambda values: [single(value) for value in values]
    return single


def _key(key: Any) -> str:
    return ("true" if key else "false") if isinstance(key, bool) else str(key)


def _single(field: FieldDescriptor) -> _Writer:
    if field.type in _AS_IS:
        return lambda value: value
    if field.type in (FieldDescriptor.TYPE_DOUBLE, FieldDescriptor.TYPE_FLOAT):
        return _number
    if field.type == FieldDescriptor.TYPE_BYTES:
        return lambda value: base64.b64encode(value).decode()
    if field.enum_type is not None:
        names = {number: one.name for number, one in field.enum_type.values_by_number.items()}
        return lambda value: names.get(value, value)
    if field.message_type is not None:
        if field.message_type.full_name == "google.protobuf.Timestamp":
            return timestamp_text
        if field.message_type.full_name.startswith("google.protobuf."):
            return lambda value: json_format.MessageToDict(value, preserving_proto_field_name=True)
        return to_value
    return str


def _number(value: float) -> float | str:
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def timestamp_text(value: Any) -> str:
    """RFC 3339, in UTC."""
    # As protobuf does: no fraction, or three, six or nine digits of it.
    text = from_micros(value.seconds * 1_000_000).isoformat()[:19]
    nanos = value.nanos
    if not nanos:
        return text + "Z"
    if nanos % 1_000_000 == 0:
        return f"{text}.{nanos // 1_000_000:03d}Z"
    return f"{text}.{nanos // 1_000:06d}Z" if nanos % 1_000 == 0 else f"{text}.{nanos:09d}Z"
