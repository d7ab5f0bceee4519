"""JSON Schemas of the contracts' messages, so that OpenAPI says what the protos say: types, bounds, words."""

from typing import Any

from buf.validate import validate_pb2
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.message import Message

_INT64 = {"type": "string", "pattern": "^-?[0-9]{1,20}$", "description": "A 64-bit number, as text."}
_WELL_KNOWN: dict[str, dict[str, Any]] = {
    "google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
    "google.protobuf.Duration": {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]{1,9})?s$"},
    "google.protobuf.Struct": {"type": "object", "additionalProperties": True},
    "google.protobuf.Value": {},
}
_SCALARS: dict[int, dict[str, Any]] = {
    FieldDescriptor.TYPE_STRING: {"type": "string"},
    FieldDescriptor.TYPE_BYTES: {"type": "string", "contentEncoding": "base64"},
    FieldDescriptor.TYPE_BOOL: {"type": "boolean"},
    FieldDescriptor.TYPE_DOUBLE: {"type": "number"},
    FieldDescriptor.TYPE_FLOAT: {"type": "number"},
    FieldDescriptor.TYPE_INT32: {"type": "integer", "minimum": -(2**31), "maximum": 2**31 - 1},
    FieldDescriptor.TYPE_UINT32: {"type": "integer", "minimum": 0, "maximum": 2**32 - 1},
    FieldDescriptor.TYPE_INT64: _INT64,
    FieldDescriptor.TYPE_UINT64: _INT64,
}
_components: dict[str, dict[str, Any]] = {}


def ref(message: type[Message]) -> dict[str, str]:
    """A reference to the message's schema, which from now on is among components()."""
    return _ref(message.DESCRIPTOR)


def body(message: type[Message]) -> dict[str, Any]:
    """For `openapi_extra`: a required JSON body that is this message."""
    content = {"application/json": {"schema": ref(message)}}
    return {"requestBody": {"required": True, "content": content}}


def answer(message: type[Message]) -> dict[int | str, dict[str, Any]]:
    """For `responses`: 200 with this message."""
    return {200: {"description": "Done.", "content": {"application/json": {"schema": ref(message)}}}}


def components() -> dict[str, dict[str, Any]]:
    """The schemas of all messages referred to so far, by name."""
    return dict(_components)


def _ref(descriptor: Any) -> dict[str, str]:
    name = descriptor.full_name.removeprefix("pathloom.")
    if name not in _components:
        _components[name] = {}
        _components[name] = _schema(descriptor)
    return {"$ref": f"#/components/schemas/{name}"}


def _schema(descriptor: Descriptor) -> dict[str, Any]:
    properties, required = {}, []
    for field in descriptor.fields:
        rules = field.GetOptions().Extensions[validate_pb2.field]
        properties[field.name] = _of_field(field, rules)
        if rules.required or (not field.is_repeated and rules.string.min_len > 0):
            if field.containing_oneof is None:
                required.append(field.name)
        elif field.is_repeated and rules.repeated.min_items > 0:
            required.append(field.name)
    schema: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
    if required:
        schema["required"] = required
    return schema


def _of_field(field: FieldDescriptor, rules: validate_pb2.FieldRules) -> dict[str, Any]:
    message = field.message_type
    if message is not None and message.GetOptions().map_entry:
        value = message.fields_by_name["value"]
        return {"type": "object", "additionalProperties": _of_one(value, validate_pb2.FieldRules())}
    if not field.is_repeated:
        return _of_one(field, rules)
    schema: dict[str, Any] = {"type": "array", "items": _of_one(field, rules.repeated.items)}
    if rules.repeated.min_items:
        schema["minItems"] = rules.repeated.min_items
    if rules.repeated.max_items:
        schema["maxItems"] = rules.repeated.max_items
    return schema


def _of_one(field: FieldDescriptor, rules: validate_pb2.FieldRules) -> dict[str, Any]:
    if field.message_type is not None:
        known = _WELL_KNOWN.get(field.message_type.full_name)
        return dict(known) if known is not None else dict(_ref(field.message_type))
    if field.enum_type is not None:
        return _of_enum(field.enum_type, rules)
    schema = dict(_SCALARS[field.type])
    if field.type == FieldDescriptor.TYPE_STRING:
        text = rules.string
        bounds = {"minLength": text.min_len, "maxLength": text.max_len, "pattern": text.pattern}
        schema.update({name: bound for name, bound in bounds.items() if bound})
        allowed = list(getattr(text, "in"))
        if allowed:
            schema["enum"] = allowed
    elif field.type == FieldDescriptor.TYPE_UINT32 and rules.uint32.HasField("lte"):
        schema["maximum"] = rules.uint32.lte
    elif field.type == FieldDescriptor.TYPE_DOUBLE:
        if rules.double.HasField("gte"):
            schema["minimum"] = rules.double.gte
        if rules.double.HasField("lte"):
            schema["maximum"] = rules.double.lte
    return schema


def _of_enum(enum: EnumDescriptor, rules: validate_pb2.FieldRules) -> dict[str, Any]:
    refused = set(rules.enum.not_in)
    return {"type": "string", "enum": [value.name for value in enum.values if value.number not in refused]}
