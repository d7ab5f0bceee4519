"""protobuf's Struct as plain values: what JSON would have said, whole numbers as whole numbers."""

from typing import Any

from google.protobuf import struct_pb2

_EXACT = 2**53


def object_of(struct: struct_pb2.Struct) -> dict[str, Any]:
    """A dict as json would decode it. A number that is none (NaN) stays one, for the judge to refuse."""
    return {name: _value(value) for name, value in struct.fields.items()}


def _value(value: struct_pb2.Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        return value.string_value
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() and abs(number) <= _EXACT else number
    if kind == "bool_value":
        return value.bool_value
    if kind == "struct_value":
        return object_of(value.struct_value)
    if kind == "list_value":
        return [_value(item) for item in value.list_value.values]
    return None
