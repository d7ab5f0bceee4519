"""JSON bodies that are the contracts' messages, and back: snake_case, RFC 3339, unset left out."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import msgspec
from fastapi import Response
from google.protobuf import json_format
from google.protobuf.message import Message
from pathloom_kit.errors import InvalidArgument
from pathloom_kit.rpc.texts import check_texts
from pathloom_kit.rpc.validate import check

M = TypeVar("M", bound=Message)

# json_format quotes the value it could not read; only the field's name may leave.
_FIELD_AT = re.compile(
    r"(?:Failed to parse (\S+?) field|no field named \"([^\"]{1,100})\"|at \"?([\w.\[\]]{1,200})\"?)"
)


def message_of(said: Mapping[str, Any], message: type[M]) -> M:
    """The message, checked by its own rules. InvalidArgument that names each field at fault."""
    found = message()
    if nulls := list(_nulls(said, message.DESCRIPTOR)):
        # Protobuf's JSON takes null for unset; the description of the API does not.
        raise InvalidArgument(
            "the request is wrong",
            fields=dict.fromkeys(nulls, "is null: leave it out where there is nothing to say"),
        )
    try:
        json_format.ParseDict(dict(said), found)
    except (json_format.ParseError, ValueError, TypeError, RecursionError, OverflowError) as error:
        raise _wrong(error) from None
    check(found)
    check_texts(found)
    return found


def json_of(message: Message) -> bytes:
    """As the REST API says it."""
    return msgspec.json.encode(json_format.MessageToDict(message, preserving_proto_field_name=True))


def response_of(message: Message, status: int = 200) -> Response:
    return Response(json_of(message), status, media_type="application/json")


def _nulls(said: Mapping[str, Any], message: Any, path: str = "") -> Iterator[str]:
    """Members that are null where the contract knows a value; what is free JSON may hold as many as it likes."""
    for name, value in said.items():
        field = message.fields_by_name.get(name) or message.fields_by_camelcase_name.get(name)
        inside = field.message_type if field else None
        if field and value is None and (inside is None or inside.full_name != "google.protobuf.Value"):
            yield f"{path}{name}"
        if inside and (inside.file.package == "google.protobuf" or inside.GetOptions().map_entry):
            inside = None
        for one in value if isinstance(value, list) else [value]:
            if inside and isinstance(one, Mapping):
                yield from _nulls(one, inside, f"{path}{name}.")


def _wrong(error: Exception) -> InvalidArgument:
    found = _FIELD_AT.search(str(error)) if isinstance(error, json_format.ParseError) else None
    field = next((name for name in found.groups() if name), "body") if found else "body"
    return InvalidArgument("the request is wrong", fields={field: "is not known here or not of its type"})
