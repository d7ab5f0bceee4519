"""Requests as bytes, built from the descriptors below the level of protobuf's own checks: right, almost right, and wrong
in every way that the wire allows (types, encodings, bounds, depth)."""

import math
import struct
from collections.abc import Sequence

from buf.validate import validate_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from hypothesis import strategies as st

_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5
_MAX_DEPTH = 4
_VARINTS = {
    FieldDescriptor.TYPE_BOOL,
    FieldDescriptor.TYPE_ENUM,
    FieldDescriptor.TYPE_INT32,
    FieldDescriptor.TYPE_INT64,
    FieldDescriptor.TYPE_UINT32,
    FieldDescriptor.TYPE_UINT64,
}
_NUMBERS = st.one_of(
    st.integers(0, 3), st.sampled_from([200, 1_001, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**63, 2**64 - 1])
)
_HOSTILE_TEXTS = (
    b"\xff\xfe",  # no UTF-8
    b"\xed\xa0\x80",  # half a surrogate pair
    b"\xc0\x80",  # an overlong NUL
    b"a\0b",
    b"\x00",
    b"x" * 70_000,
    "\U0010ffff\u202e\u0301".encode(),
    b"%2F../..;'\"--${x}",
)
_DOUBLES = (0.0, -0.0, -1.0, 20.0, 1e308, math.inf, -math.inf, math.nan, 5e-324)


def requests(descriptor: Descriptor) -> st.SearchStrategy[bytes]:
    """Bytes for a method that takes this message."""
    built = message(descriptor)
    return st.one_of(
        built,
        built,
        built,
        st.builds(_cut, built, st.integers(0, 64)),
        st.builds(_flip, built, st.integers(0, 2**20), st.integers(1, 255)),
        st.binary(max_size=200),
        st.sampled_from([nested(descriptor, depth) for depth in (20, 200, 5_000)]),
    )


def message(descriptor: Descriptor, depth: int = 0) -> st.SearchStrategy[bytes]:
    """A message's bytes: some of its fields, each in its wire type or, now and then, in another."""
    if not descriptor.fields:
        return st.sampled_from([b"", _field(1, b"x"), b"\x08\x01"])
    fields = [_one(field, depth) for field in descriptor.fields]
    return st.lists(st.one_of(*fields), max_size=min(6, 2 + len(fields))).map(b"".join)


def fitting(descriptor: Descriptor) -> bytes:
    """The smallest message that keeps its rules."""
    made, chosen = b"", set()
    for field in descriptor.fields:
        rules = field.GetOptions().Extensions[validate_pb2.field]
        oneof = field.containing_oneof
        if oneof is not None:
            needed = oneof.GetOptions().Extensions[validate_pb2.oneof].required and oneof.name not in chosen
            chosen.add(oneof.name)
        else:
            needed = rules.required or rules.repeated.min_items > 0 or rules.string.min_len > 0
        text = rules.repeated.items.string if field.is_repeated else rules.string
        allowed: Sequence[str] = list(getattr(text, "in"))
        if field.message_type is not None:
            made += _field(field.number, fitting(field.message_type)) if needed else b""
        elif field.type in _VARINTS and (rules.required or rules.enum.not_in):
            made += _tag(field.number, _VARINT) + _varint(1)
        elif field.type == FieldDescriptor.TYPE_STRING and (
            needed or text.pattern or (allowed and "" not in allowed)
        ):
            said = allowed[0] if allowed else "x" * max(1, text.min_len)
            made += _field(field.number, said.encode())
    return made


def nested(descriptor: Descriptor, depth: int) -> bytes:
    """As deep as a message that holds itself (or a Struct) can be; where none does, a group that never ends."""
    for field in descriptor.fields:
        inner = field.message_type
        if inner is None:
            continue
        if inner.full_name == "google.protobuf.Struct":
            return _field(field.number, _struct(depth))
        for below in inner.fields:
            if below.message_type is not None and below.message_type.full_name == "google.protobuf.Struct":
                return _field(field.number, _field(below.number, _struct(depth)))
    return b"\x0b" * depth


def _struct(depth: int) -> bytes:
    made = b""
    for _ in range(depth):
        made = _field(1, _field(1, b"n") + _field(2, _field(5, made)))
    return made


def _one(field: FieldDescriptor, depth: int) -> st.SearchStrategy[bytes]:
    right = _right(field, depth)
    wrong = st.sampled_from(
        [
            _tag(field.number, _VARINT) + b"\xff" * 11,  # a number that never ends
            _tag(field.number, _LENGTH) + b"\xff\xff\xff\xff\x0f",  # a length beyond everything
            _tag(field.number, _FIXED32) + b"\0\0\0\0",  # another type
            _tag(field.number, _FIXED64) + b"\xff" * 8,
            _field(field.number, b"\x08\x01"),
        ]
    )
    return st.one_of(right, right, right, right, right, wrong)


def _right(field: FieldDescriptor, depth: int) -> st.SearchStrategy[bytes]:
    number, inner = field.number, field.message_type
    if field.type in _VARINTS:
        return _NUMBERS.map(lambda value: _tag(number, _VARINT) + _varint(value))
    if field.type == FieldDescriptor.TYPE_DOUBLE:
        return st.sampled_from(_DOUBLES).map(lambda value: _tag(number, _FIXED64) + struct.pack("<d", value))
    if inner is not None:
        if depth >= _MAX_DEPTH:
            return st.just(_field(number, b""))
        return message(inner, depth + 1).map(lambda raw: _field(number, raw))
    return _texts(field).map(lambda raw: _field(number, raw))


def _texts(field: FieldDescriptor) -> st.SearchStrategy[bytes]:
    rules = field.GetOptions().Extensions[validate_pb2.field]
    text = rules.repeated.items.string if field.is_repeated else rules.string
    allowed: Sequence[str] = list(getattr(text, "in"))
    fitting = st.sampled_from(allowed) if allowed else st.text(max_size=min(text.max_len or 40, 40))
    wellformed = fitting.map(lambda said: said.encode("utf-8", "replace"))
    bound = [b"x" * text.max_len, b"x" * (text.max_len + 1)] if text.max_len else []
    return st.one_of(wellformed, wellformed, st.sampled_from([*_HOSTILE_TEXTS, *bound]))


def _field(number: int, content: bytes) -> bytes:
    return _tag(number, _LENGTH) + _varint(len(content)) + content


def _tag(number: int, kind: int) -> bytes:
    return _varint(number << 3 | kind)


def _varint(value: int) -> bytes:
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    made.append(value)
    return bytes(made)


def _cut(raw: bytes, at: int) -> bytes:
    return raw[: max(0, len(raw) - at)]


def _flip(raw: bytes, at: int, bits: int) -> bytes:
    if not raw:
        return bytes([bits])
    at %= len(raw)
    return raw[:at] + bytes([raw[at] ^ bits]) + raw[at + 1 :]
